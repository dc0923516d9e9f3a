//! The transport as h2 wants it: tokio's traits over this crate's.
//!
//! Invariant: every flush that completes is reported to the connection's
//! `Outlet`. h2 asks for a flush only once its own write buffer is empty, so a
//! report means that the socket took all that h2 had framed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::proto::h2::ledger::Outlet;
use crate::rt::io::poll_read_tokio;
use crate::rt::{Read, Write};

pub(crate) struct Compat<T> {
    io: T,
    outlet: Arc<Outlet>,
}

impl<T> Compat<T> {
    pub(crate) fn new(io: T, outlet: Arc<Outlet>) -> Compat<T> {
        Compat { io, outlet }
    }
}

impl<T: Read + Unpin> AsyncRead for Compat<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_tokio(Pin::new(&mut self.io), cx, buf)
    }
}

impl<T: Write + Unpin> AsyncWrite for Compat<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.outlet.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
