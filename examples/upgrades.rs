//! From a request to a protocol of one's own: a server that offers `shout`, and a client that takes it.
//!
//! ```text
//! cargo run --release --features full --example upgrades
//! cargo run --release --features full --example upgrades -- 127.0.0.1:3000
//! ```
//!
//! Without an address, both talk over loopback and the client tells what was said; with one, the server waits there for
//! clients of others. `shout` is lines, answered in upper case.

use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::upgrade::{self, OnUpgrade};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

mod arguments;
mod listening;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "upgrades [ADDRESS]";
const PROTOCOL: &str = "shout";

/// Longest line the server takes, in bytes. What is longer is taken as several.
const LINE: u64 = 1024;

#[tokio::main]
async fn main() -> Result<()> {
    let [address] = arguments::take(USAGE);
    let talk = address.is_none();
    let listener = listening::listen(address, 0, USAGE).await;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));
    match talk {
        true => ask(address).await,
        false => Ok(server.await?),
    }
}

fn names_protocol(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(PROTOCOL.as_bytes()))
}

// ----- server -----

async fn serve(listener: TcpListener) {
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        tokio::spawn(async move {
            // Without `with_upgrades` the connection would end with the 101, and every upgrade fail.
            let served = server::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(offer))
                .with_upgrades()
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn offer(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>> {
    let asked = names_protocol(request.headers());
    let status = match asked {
        true => StatusCode::SWITCHING_PROTOCOLS,
        false => StatusCode::UPGRADE_REQUIRED,
    };
    if asked {
        // The connection is handed over once the 101 is written, so this waits in a task of its own.
        let on_upgrade = upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Err(error) = shout(on_upgrade).await {
                eprintln!("shout: {error}");
            }
        });
    }
    let response = Response::builder()
        .status(status)
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, PROTOCOL);
    Ok(response.body(Empty::new())?)
}

async fn shout(on_upgrade: OnUpgrade) -> Result<()> {
    let mut io = BufReader::new(TokioIo::new(on_upgrade.await?));
    let mut line = Vec::new();
    while (&mut io).take(LINE).read_until(b'\n', &mut line).await? > 0 {
        io.write_all(&line.to_ascii_uppercase()).await?;
        line.clear();
    }
    Ok(io.shutdown().await?)
}

// ----- client -----

async fn ask(address: SocketAddr) -> Result<()> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let request = Request::get("/")
        .header(HOST, address.to_string())
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, PROTOCOL)
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS || !names_protocol(response.headers()) {
        return Err(format!("no upgrade, but {}", response.status()).into());
    }

    let mut io = BufReader::new(TokioIo::new(upgrade::on(response).await?));
    for line in ["hello\n", "is anybody there?\n"] {
        io.write_all(line.as_bytes()).await?;
        let mut answer = String::new();
        io.read_line(&mut answer).await?;
        print!("> {line}< {answer}");
    }
    io.shutdown().await?;
    let mut rest = String::new();
    io.read_to_string(&mut rest).await?;
    println!(
        "the server closed as well, and had {} bytes to add",
        rest.len()
    );
    Ok(())
}
