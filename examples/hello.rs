//! The smallest useful server: HTTP/1, one answer for everything.
//!
//! ```text
//! cargo run --release --features full --example hello
//! curl -i http://127.0.0.1:3000/
//! ```

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};

mod arguments;
mod listening;

const USAGE: &str = "hello [ADDRESS]";

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("Hello, world!\n")))
}

#[tokio::main]
async fn main() {
    let [address] = arguments::take(USAGE);
    let listener = listening::listen(address, 3000, USAGE).await;
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        tokio::spawn(async move {
            // With a timer, a client has 30 seconds to send the head of a request.
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(hello))
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
