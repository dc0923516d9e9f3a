//! A server that lets its clients finish: on Ctrl-C it takes no more connections, and waits for those it has.
//!
//! ```text
//! cargo run --release --features full --example graceful_shutdown
//! curl -i http://127.0.0.1:3000/   # takes two seconds; press Ctrl-C meanwhile
//! ```

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;

mod arguments;
mod listening;

const USAGE: &str = "graceful_shutdown [ADDRESS]";

/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(10);

async fn slow(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    println!("answering in two seconds");
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(Response::new(Full::from("worth waiting for\n")))
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let [address] = arguments::take(USAGE);
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    // It is the first poll that takes Ctrl-C over. Before, it ends the program, whoever was told that this listens.
    if let Some(result) = interrupted.as_mut().now_or_never() {
        return result;
    }
    let listener = listening::listen(address, 3000, USAGE).await;

    let graceful = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listening::accept(&listener) => accepted,
            result = &mut interrupted => {
                result?;
                break;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service_fn(slow));
        // Once asked to, it finishes the request it has, says `connection: close`, and ends.
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{peer}: {error}");
            }
        });
    }
    // Nobody else is let in while the last clients are served.
    drop(listener);
    println!("shutting down");
    match tokio::time::timeout(PATIENCE, graceful.shutdown()).await {
        Ok(()) => println!("every client was served"),
        Err(_) => println!("some clients took too long"),
    }
    Ok(())
}
