//! Bodies three ways: passed through, changed on the way, and collected first.
//!
//! ```text
//! cargo run --release --features full --example echo
//! curl http://127.0.0.1:3000/ --data "hello"           # hello
//! curl http://127.0.0.1:3000/shout --data "hello"      # HELLO
//! curl http://127.0.0.1:3000/backwards --data "hello"  # olleh
//! ```

use std::error::Error;

use bytes::Bytes;
use futures_util::{stream, StreamExt};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, BodyStream, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderValue, ALLOW, CONTENT_LENGTH};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

mod arguments;
mod listening;

type BoxError = Box<dyn Error + Send + Sync>;
type Answer = Response<BoxBody<Bytes, hyper::Error>>;

const USAGE: &str = "echo [ADDRESS]";

/// Most bytes that are collected of one body. Without a limit a client decides how much memory it takes.
const COLLECTED: usize = 64 * 1024;

async fn echo(request: Request<Incoming>) -> Result<Answer, BoxError> {
    let answer = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => text(
            StatusCode::OK,
            "POST something to /, /shout or /backwards\n",
        ),
        (&Method::POST, "/") => pass_through(request.into_body()).await?,
        (&Method::POST, "/shout") => shout(request.into_body()).await?,
        (&Method::POST, "/backwards") => backwards(request.into_body()).await?,
        (_, "/" | "/shout" | "/backwards") => {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "POST it\n");
            let allowed = HeaderValue::from_static("POST");
            answer.headers_mut().insert(ALLOW, allowed);
            answer
        }
        _ => text(StatusCode::NOT_FOUND, "nothing here\n"),
    };
    Ok(answer)
}

/// The body as it is, read no faster than the client takes it back: what is not read is not held.
async fn pass_through(body: Incoming) -> Result<Answer, BoxError> {
    let length = body.size_hint().exact();
    let mut answer = Response::new(begun(body).await?);
    if let Some(length) = length {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Ok(answer)
}

async fn shout(body: Incoming) -> Result<Answer, BoxError> {
    let body = begun(body).await?;
    let shouted = body.map_frame(|frame| frame.map_data(|data| data.to_ascii_uppercase().into()));
    Ok(Response::new(shouted.boxed()))
}

/// The body, once its beginning is there.
///
/// It is reading that sends who said `expect: 100-continue` the 100, if nothing was answered before. An answer that begins
/// first would wait for a body that waits for the 100.
async fn begun(mut body: Incoming) -> Result<BoxBody<Bytes, hyper::Error>, hyper::Error> {
    let first = body.frame().await.transpose()?;
    let frames = stream::iter(first.map(Ok)).chain(BodyStream::new(body));
    Ok(BodyExt::boxed(StreamBody::new(frames)))
}

async fn backwards(body: Incoming) -> Result<Answer, BoxError> {
    let too_large = || text(StatusCode::PAYLOAD_TOO_LARGE, "64 KiB are the most\n");
    // A body that is not read is not asked for: who sent `expect: 100-continue` may keep it.
    if body.size_hint().lower() > COLLECTED as u64 {
        return Ok(too_large());
    }
    match Limited::new(body, COLLECTED).collect().await {
        Ok(body) => {
            let backwards: Bytes = body.to_bytes().iter().rev().copied().collect();
            Ok(Response::new(full(backwards)))
        }
        Err(error) if error.is::<LengthLimitError>() => Ok(too_large()),
        // The client went away, or sent something that is no body: there is nobody to answer.
        Err(error) => Err(error),
    }
}

fn text(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = Response::new(full(text));
    *answer.status_mut() = status;
    answer
}

fn full(bytes: impl Into<Bytes>) -> BoxBody<Bytes, hyper::Error> {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

#[tokio::main]
async fn main() {
    let [address] = arguments::take(USAGE);
    let listener = listening::listen(address, 3000, USAGE).await;
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        tokio::spawn(async move {
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(echo))
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
