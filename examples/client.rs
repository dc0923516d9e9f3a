//! Requests to `http://` addresses: GET, or POST if there is something to send.
//!
//! ```text
//! cargo run --release --features full --example client -- http://127.0.0.1:3000/
//! cargo run --release --features full --example client -- --data "to send" http://127.0.0.1:3000/
//! ```
//!
//! Bodies go to stdout, heads and trailers to stderr. Addresses in a row that have their server in common share a
//! connection, if the server keeps it open.

use std::error::Error;
use std::future::Future;
use std::process::{self, ExitCode};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper::http::uri::{Authority, Scheme};
use hyper::{ext, HeaderMap, Method, Request, Uri};
use hyper_util::rt::TokioIo;
use lexopt::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "client [--data TEXT] URL...";

/// How long the server may take to be reached, to answer, and for each piece of a body.
const PATIENCE: Duration = Duration::from_secs(10);

struct Options {
    data: Option<String>,
    urls: Vec<Uri>,
}

fn options() -> Result<Options> {
    let (mut data, mut urls) = (None, Vec::new());
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("data") => data = Some(arguments.value()?.string()?),
            Value(url) => {
                let url: Uri = url.parse()?;
                if url.scheme() != Some(&Scheme::HTTP) {
                    return Err(format!("not an http:// address: {url}").into());
                }
                urls.push(url);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if urls.is_empty() {
        return Err("an address is missing".into());
    }
    Ok(Options { data, urls })
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = options().unwrap_or_else(|error| {
        eprintln!("{error}\nusage: {USAGE}");
        process::exit(2)
    });
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(Options { data, urls }: Options) -> Result<()> {
    let mut kept: Option<(Authority, Sender)> = None;
    for url in urls {
        let authority = url.authority().ok_or("a host is missing")?;
        let mut sender = match kept.take() {
            Some((same, sender)) if same == *authority => sender,
            _ => connect(authority).await?,
        };
        // The server may have closed after the last response.
        if sender.ready().await.is_err() {
            sender = connect(authority).await?;
        }
        exchange(&mut sender, &url, data.clone()).await?;
        kept = Some((authority.clone(), sender));
    }
    Ok(())
}

type Sender = SendRequest<Full<Bytes>>;

async fn connect(authority: &Authority) -> Result<Sender> {
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().unwrap_or(80);
    let stream = patiently(TcpStream::connect((host, port))).await??;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The connection does the reading and writing; the sender only talks to it, and is told if it fails.
    tokio::spawn(connection);
    Ok(sender)
}

async fn exchange(sender: &mut Sender, url: &Uri, data: Option<String>) -> Result<()> {
    // HTTP/1 sends the path as its target, and the host in a field of its own (RFC 9112, section 3.2).
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let mut request = Request::builder()
        .method(if data.is_some() {
            Method::POST
        } else {
            Method::GET
        })
        .uri(target)
        .header(HOST, url.authority().map_or("", Authority::as_str))
        .body(Full::from(data.unwrap_or_default()))?;
    ext::on_informational(&mut request, |response| {
        eprintln!("{:?} {}", response.version(), response.status());
        print_fields(response.headers());
    });

    let mut response = patiently(sender.send_request(request)).await??;
    eprintln!("{:?} {}", response.version(), response.status());
    print_fields(response.headers());
    let mut stdout = tokio::io::stdout();
    while let Some(frame) = patiently(response.frame()).await? {
        match frame?.into_data() {
            Ok(data) => stdout.write_all(&data).await?,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    print_fields(&trailers);
                }
            }
        }
    }
    Ok(stdout.flush().await?)
}

fn print_fields(fields: &HeaderMap) {
    for (name, value) in fields {
        eprintln!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
}

async fn patiently<F: Future>(future: F) -> Result<F::Output> {
    let result = timeout(PATIENCE, future).await;
    result.map_err(|_| "the server takes too long".into())
}
