//! hyper brings no runtime: this is what it needs to run on tokio.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Spawns the tasks of a connection on the current tokio runtime.
#[derive(Debug, Clone, Copy)]
pub struct TokioExecutor;

impl<F> rt::Executor<F> for TokioExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        tokio::spawn(task);
    }
}

/// Tells hyper the time by tokio's clock.
#[derive(Debug, Clone, Copy)]
pub struct TokioTimer;

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

/// An `Upgraded` as tokio's I/O traits want it.
#[derive(Debug)]
pub struct TokioUpgraded(pub Upgraded);

impl AsyncRead for TokioUpgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut unfilled = rt::ReadBuf::new(buffer.initialize_unfilled());
        ready!(rt::Read::poll_read(
            Pin::new(&mut self.0),
            cx,
            unfilled.unfilled()
        ))?;
        let filled = unfilled.filled().len();
        buffer.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TokioUpgraded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        rt::Write::poll_write(Pin::new(&mut self.0), cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        rt::Write::poll_flush(Pin::new(&mut self.0), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        rt::Write::poll_shutdown(Pin::new(&mut self.0), cx)
    }
}
