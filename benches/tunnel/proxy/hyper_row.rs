//! A proxy on hyper, as one would write it. Compiled for each hyper that is measured: `subject` is
//! the crate.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::subject::body::Incoming;
use super::subject::rt;
use super::subject::server::conn::http2;
use super::subject::service::service_fn;
use super::subject::upgrade;
use super::subject::{Error, Result};
use crate::load::Load;
use crate::proxy::relay::{relay, ByteStream};
use crate::proxy::{CONNECTION_WINDOW, SEND_BUFFER, STREAM_WINDOW};

pub async fn serve(client: TcpStream, load: Load) -> Result<()> {
    http2::Builder::new(TokioExecutor)
        .timer(TokioTimer)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_concurrent_streams(200)
        .serve_connection(
            TokioIo(client),
            service_fn(move |request| connect(request, load)),
        )
        .await
}

async fn connect(mut request: Request<Incoming>, load: Load) -> Result<Response<Empty<Bytes>>> {
    let origin = request
        .uri()
        .authority()
        .filter(|_| request.method() == Method::CONNECT)
        .and_then(|authority| authority.as_str().parse().ok());
    let mut response = Response::new(Empty::new());
    let Some(origin) = origin else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let upgrade = upgrade::on(&mut request);
    tokio::spawn(async move {
        let tunnel = TokioIo(upgrade.await?);
        // How a relay ends is seen by its client.
        let _ = relay(ByteStream(tunnel), origin, load).await;
        Ok::<(), Error>(())
    });
    Ok(response)
}

/// Between tokio's I/O traits and hyper's, in both directions, without a copy in either.
struct TokioIo<T>(T);

impl<T: AsyncRead + Unpin> rt::Read for TokioIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: tokio's buffer writes initialized bytes to the memory and takes none back.
        let mut room = tokio::io::ReadBuf::uninit(unsafe { cursor.as_mut() });
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut room))?;
        let filled = room.filled().len();
        // SAFETY: this many bytes are initialized, as tokio's buffer calls them filled.
        unsafe { cursor.advance(filled) };
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> rt::Write for TokioIo<T> {
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

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}

impl<T: rt::Read + Unpin> AsyncRead for TokioIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        target: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut room = rt::ReadBuf::new(target.initialize_unfilled());
        ready!(Pin::new(&mut self.0).poll_read(cx, room.unfilled()))?;
        let filled = room.filled().len();
        target.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl<T: rt::Write + Unpin> AsyncWrite for TokioIo<T> {
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

#[derive(Clone, Copy)]
struct TokioExecutor;

impl<F> rt::Executor<F> for TokioExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        tokio::spawn(task);
    }
}

#[derive(Clone, Copy)]
struct TokioTimer;

struct TokioSleep(Pin<Box<tokio::time::Sleep>>);

impl Future for TokioSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl rt::Sleep for TokioSleep {}

impl rt::Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(TokioSleep(Box::pin(tokio::time::sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        let sleep = tokio::time::sleep_until(deadline.into());
        Box::pin(TokioSleep(Box::pin(sleep)))
    }
}
