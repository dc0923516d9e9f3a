//! HTTP/1 and HTTP/2 on one port.
//!
//! ```text
//! cargo run --release --features full --example multi_server
//! curl -i http://127.0.0.1:3000/
//! curl -i --http2-prior-knowledge http://127.0.0.1:3000/
//! ```
//!
//! hyper-util's `auto` looks at the first bytes of a connection: HTTP/2 without TLS begins with a preface of its own.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;

mod arguments;
mod listening;

const USAGE: &str = "multi_server [ADDRESS]";

async fn tell(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("you speak {:?}\n", request.version());
    Ok(Response::new(Full::from(text)))
}

#[tokio::main]
async fn main() {
    let [address] = arguments::take(USAGE);
    let listener = listening::listen(address, 3000, USAGE).await;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        let builder = builder.clone();
        tokio::spawn(async move {
            let served = builder
                .serve_connection(TokioIo::new(stream), service_fn(tell))
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
