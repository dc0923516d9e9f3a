//! A forward proxy: CONNECT opens a tunnel, other requests are passed on.
//!
//! ```text
//! cargo run --release --features full --example http_proxy
//! curl --proxy http://127.0.0.1:8100 http://example.org/
//! curl --proxy http://127.0.0.1:8100 https://example.org/
//! ```
//!
//! It connects wherever it is told to, so it listens on loopback unless it is given another address.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::header::{HeaderValue, HOST, VIA};
use hyper::http::uri::Scheme;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;

mod arguments;
mod hop_by_hop;
mod listening;

type BoxError = Box<dyn Error + Send + Sync>;
type Answer = Response<BoxBody<Bytes, hyper::Error>>;

const USAGE: &str = "http_proxy [ADDRESS]";

/// How long a server may take to be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client is told where its request cannot be passed on.
struct Refusal(StatusCode, String);

fn bad_request(reason: &str) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, reason.to_owned())
}

fn bad_gateway(error: impl Into<BoxError>) -> Refusal {
    Refusal(StatusCode::BAD_GATEWAY, error.into().to_string())
}

async fn proxy(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let passed = match *request.method() {
        Method::CONNECT => tunnel(request).await,
        _ => forward(request).await,
    };
    Ok(passed.unwrap_or_else(|Refusal(status, reason)| {
        let body = Full::from(format!("{reason}\n"));
        let mut answer = Response::new(body.map_err(|never| match never {}).boxed());
        *answer.status_mut() = status;
        answer
    }))
}

/// Answers 200 once the target is reached, then carries bytes both ways.
async fn tunnel(request: Request<Incoming>) -> Result<Answer, Refusal> {
    let mut target = connect(request.uri(), None).await?;
    tokio::spawn(async move {
        let carried = async {
            let upgraded = hyper::upgrade::on(request).await?;
            let mut client = TokioIo::new(upgraded);
            let (up, down) = tokio::io::copy_bidirectional(&mut client, &mut target).await?;
            println!("tunnel closed: {up} bytes up, {down} bytes down");
            Ok::<_, BoxError>(())
        };
        if let Err(error) = carried.await {
            eprintln!("tunnel: {error}");
        }
    });
    let empty = Empty::new().map_err(|never| match never {});
    Ok(Response::new(empty.boxed()))
}

/// Sends the request to the server its target names, and passes the response back as it comes.
async fn forward(mut request: Request<Incoming>) -> Result<Answer, Refusal> {
    if request.uri().scheme() != Some(&Scheme::HTTP) {
        return Err(bad_request("a proxy is asked for http://HOST/PATH"));
    }
    let stream = connect(request.uri(), Some(80)).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream))
        .await
        .map_err(bad_gateway)?;
    // It fails with its request or response, so there is nothing to tell here.
    tokio::spawn(connection);

    // What a proxy gets in absolute form, a server gets as path and Host (RFC 9112, section 3.2.2).
    let authority = request
        .uri()
        .authority()
        .map_or("", |authority| authority.as_str());
    let host = HeaderValue::from_str(authority).map_err(|_| bad_request("this is no host"))?;
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = target.map_or(Uri::default(), Uri::from);
    pass_on(request.version(), request.headers_mut());
    request.headers_mut().insert(HOST, host);
    *request.version_mut() = Version::HTTP_11;

    let mut response = sender.send_request(request).await.map_err(bad_gateway)?;
    pass_on(response.version(), response.headers_mut());
    *response.version_mut() = Version::HTTP_11;
    Ok(response.map(BodyExt::boxed))
}

/// Removes what is about one connection, and says that somebody stands between (RFC 9110, sections 7.6.1 and 7.6.3).
fn pass_on(received: Version, headers: &mut HeaderMap) {
    hop_by_hop::remove(headers);
    let via = match received {
        Version::HTTP_10 => "1.0 http_proxy",
        _ => "1.1 http_proxy",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

async fn connect(target: &Uri, default_port: Option<u16>) -> Result<TcpStream, Refusal> {
    let missing = || bad_request("a proxy is asked for a host and a port");
    let authority = target.authority().ok_or_else(missing)?;
    let host = authority.host().trim_matches(['[', ']']);
    let port = authority.port_u16().or(default_port).ok_or_else(missing)?;
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port))).await;
    let stream = connected.map_err(bad_gateway)?.map_err(bad_gateway)?;
    stream.set_nodelay(true).map_err(bad_gateway)?;
    Ok(stream)
}

#[tokio::main]
async fn main() {
    let [address] = arguments::take(USAGE);
    let listener = listening::listen(address, 8100, USAGE).await;
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        tokio::spawn(async move {
            let served = server::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(proxy))
                .with_upgrades()
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
