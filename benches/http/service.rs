//! The service that is measured, on whatever hyper is the `subject` of the module that includes this.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tokio::net::TcpStream;

use super::subject;
use subject::body::Incoming;
use subject::service::service_fn;

use crate::http::scenario::{Protocol, CONTENT, SMALL_FRAME, SMALL_FRAMES};

#[path = "../support/tokio_rt.rs"]
mod tokio_rt;
use self::tokio_rt::{TokioExecutor, TokioIo, TokioTimer};

/// Serves one connection to its end.
pub async fn serve(socket: TcpStream, protocol: Protocol) {
    let io = TokioIo(socket);
    // A peer that goes away is how every connection ends here.
    let _ = match protocol {
        Protocol::Http1 => {
            subject::server::conn::http1::Builder::new()
                .timer(TokioTimer)
                .serve_connection(io, service_fn(answer))
                .await
        }
        Protocol::Http2 => {
            subject::server::conn::http2::Builder::new(TokioExecutor)
                .timer(TokioTimer)
                .initial_connection_window_size(1 << 30)
                .initial_stream_window_size(1 << 24)
                .serve_connection(io, service_fn(answer))
                .await
        }
    };
}

async fn answer(request: Request<Incoming>) -> Result<Response<Reply>, Infallible> {
    let body = match request.uri().path() {
        "/hello" => Reply::exact(Bytes::from_static(b"Hello, world!")),
        "/fields" => return Ok(with_fields()),
        "/exact" => Reply::exact(Bytes::from_static(&CONTENT.0)),
        "/unknown" => Reply::frames(Bytes::from_static(&CONTENT.0[..16 << 10]), 64),
        "/small" => Reply::frames(Bytes::from_static(&CONTENT.0[..SMALL_FRAME]), SMALL_FRAMES),
        _ => {
            read(request.into_body()).await;
            Reply::exact(Bytes::from_static(b"taken"))
        }
    };
    Ok(Response::new(body))
}

fn with_fields() -> Response<Reply> {
    let mut response = Response::new(Reply::exact(Bytes::from_static(b"Hello, world!")));
    for nth in 0..16 {
        let name = HeaderName::from_bytes(format!("x-field-{nth}").as_bytes());
        let value = HeaderValue::from_static("a value as long as such values are");
        response.headers_mut().insert(name.expect("a token"), value);
    }
    response
}

async fn read(mut body: Incoming) {
    let mut body = Pin::new(&mut body);
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        drop(frame);
    }
}

/// Frames of the same bytes, with or without a length that is told beforehand.
struct Reply {
    frame: Bytes,
    left: usize,
    is_exact: bool,
}

impl Reply {
    fn exact(bytes: Bytes) -> Reply {
        Reply {
            frame: bytes,
            left: 1,
            is_exact: true,
        }
    }

    fn frames(frame: Bytes, count: usize) -> Reply {
        Reply {
            frame,
            left: count,
            is_exact: false,
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_exact {
            SizeHint::with_exact((self.left * self.frame.len()) as u64)
        } else {
            SizeHint::default()
        }
    }
}
