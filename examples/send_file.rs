//! Files of a directory, streamed: none is held in memory.
//!
//! ```text
//! cargo run --release --features full --example send_file -- .
//! curl -i http://127.0.0.1:3000/README.md
//! ```

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderValue, ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

mod arguments;
mod listening;

type Answer = Response<BoxBody<Bytes, io::Error>>;

const USAGE: &str = "send_file DIRECTORY [ADDRESS]";

async fn send(root: Arc<Path>, request: Request<Incoming>) -> io::Result<Answer> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "GET it\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(ALLOW, allowed);
        return Ok(answer);
    }
    let Some(path) = path_under(&root, request.uri().path()) else {
        return Ok(text(StatusCode::NOT_FOUND, "not found\n"));
    };
    match open(&root, &path).await {
        Ok((file, length)) => {
            // A file that grows while it is sent must not exceed what was announced.
            let pieces = ReaderStream::new(file.take(length)).map_ok(Frame::data);
            let mut answer = Response::new(BodyExt::boxed(StreamBody::new(pieces)));
            let headers = answer.headers_mut();
            headers.insert(CONTENT_LENGTH, length.into());
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
            Ok(answer)
        }
        Err(_) => Ok(text(StatusCode::NOT_FOUND, "not found\n")),
    }
}

/// The path that a target names, unless it leads out of `root`. Percent-encoding is not undone: such names are not found.
fn path_under(root: &Path, target: &str) -> Option<PathBuf> {
    let relative = Path::new(target.trim_start_matches('/'));
    let plain = |part| matches!(part, Component::Normal(_));
    relative
        .components()
        .all(plain)
        .then(|| root.join(relative))
}

/// Opens a regular file, wherever links lead, if that is still under `root`.
async fn open(root: &Path, path: &Path) -> io::Result<(File, u64)> {
    let real = tokio::fs::canonicalize(path).await?;
    // To open what is no regular file may wait for ever.
    if !real.starts_with(root) || !tokio::fs::metadata(&real).await?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(real).await?;
    let length = file.metadata().await?.len();
    Ok((file, length))
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt" | "md" | "rs" | "toml") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text(status: StatusCode, text: &'static str) -> Answer {
    let body = Full::from(text).map_err(|never| match never {});
    let mut answer = Response::new(body.boxed());
    *answer.status_mut() = status;
    answer
}

#[tokio::main]
async fn main() {
    let [directory, address] = arguments::take(USAGE);
    let Some(directory) = directory else {
        arguments::refuse("a directory is missing", USAGE);
    };
    let root: Arc<Path> = match tokio::fs::canonicalize(&directory).await {
        Ok(root) if root.is_dir() => root.into(),
        _ => arguments::refuse(&format!("no directory: {directory}"), USAGE),
    };
    let listener = listening::listen(address, 3000, USAGE).await;
    loop {
        let (stream, peer) = listening::accept(&listener).await;
        let root = root.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| send(root.clone(), request));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
