//! Failures of targets, told behind the bytes that came before them.
//!
//! `copy_bidirectional` ends at the first failure, and what it has read by then is lost: the last bytes of a server that
//! answers and resets. So a target's failure is an end to it, and what is then refused is to end the client's side.
//!
//! Invariants:
//! - A [`FailsLate`] has failed if its meter says so; whoever reads it sees an end, whoever writes it is rid of the bytes.
//! - A [`NotEndedBy`] is never shut down because of a target that failed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::metered::{Meter, Metered};

#[cfg(test)]
mod tests;

/// A target whose failure looks like an end until all is read.
pub struct FailsLate<T>(Metered<T>);

impl<T> FailsLate<T> {
    pub fn new(target: Metered<T>) -> FailsLate<T> {
        FailsLate(target)
    }

    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for FailsLate<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The meter has noted it.
        let _ = ready!(Pin::new(&mut self.0).poll_read(cx, buf));
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for FailsLate<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, bytes));
        Poll::Ready(Ok(written.unwrap_or(bytes.len())))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = ready!(Pin::new(&mut self.0).poll_flush(cx));
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = ready!(Pin::new(&mut self.0).poll_shutdown(cx));
        Poll::Ready(Ok(()))
    }
}

/// A client that is told of no end which was a failure.
pub struct NotEndedBy<T> {
    client: Metered<T>,
    target: Arc<Meter>,
}

impl<T> NotEndedBy<T> {
    pub fn new(target: Arc<Meter>, client: Metered<T>) -> NotEndedBy<T> {
        NotEndedBy { client, target }
    }

    pub fn into_inner(self) -> T {
        self.client.into_inner()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for NotEndedBy<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for NotEndedBy<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.client).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(kind) = self.target.failure() {
            return Poll::Ready(Err(kind.into()));
        }
        Pin::new(&mut self.client).poll_shutdown(cx)
    }
}
