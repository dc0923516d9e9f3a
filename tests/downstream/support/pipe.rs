//! A transport in memory, as hyper-util's client wants one from its connector.

use std::convert::Infallible;
use std::future::{ready, Ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tower::Service;

/// One end of a pipe.
pub struct Pipe(TokioIo<DuplexStream>);

impl Pipe {
    /// A pipe of 64 KiB each way, and its other end.
    pub fn new() -> (Self, DuplexStream) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        (Pipe(TokioIo::new(near)), far)
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// What connects hyper-util's client by a pipe, and gives the other end to `meet`, with how many there were before.
pub fn connector<F>(
    meet: F,
) -> impl Service<Uri, Response = Pipe, Error = Infallible, Future = Ready<Result<Pipe, Infallible>>>
       + Clone
       + Send
       + Sync
       + 'static
where
    F: Fn(usize, DuplexStream) + Clone + Send + Sync + 'static,
{
    let made = Arc::new(AtomicUsize::new(0));
    tower::service_fn(move |_| {
        let (near, far) = Pipe::new();
        meet(made.fetch_add(1, Ordering::SeqCst), far);
        ready(Ok(near))
    })
}
