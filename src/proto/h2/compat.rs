//! The transport as h2 wants it: tokio's traits over this crate's.
//!
//! Invariant: every flush that completes is reported to the connection's
//! `Outlet`. h2 asks for a flush only once its own write buffer is empty, so a
//! report means that the socket took all that h2 had framed.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::proto::h2::ledger::Outlet;
use crate::rt::io::poll_read_tokio;
use crate::rt::{Read, Write};

pub(crate) struct Compat<T> {
    io: T,
    outlet: Arc<Outlet>,
    /// Looks out for the first frame, where somebody wants to know of it.
    beginning: Option<Beginning>,
}

/// Tells whether the peer's first frame is here, which is its SETTINGS (RFC 9113 §3.4).
#[derive(Clone, Default)]
pub(crate) struct FirstFrame(Arc<AtomicBool>);

/// The beginning of what was read, as far as it is needed to see the first frame's end.
#[derive(Default)]
struct Beginning {
    first_frame: FirstFrame,
    /// The length of the first frame's payload.
    length: [u8; 3],
    read: usize,
}

impl<T> Compat<T> {
    pub(crate) fn new(io: T, outlet: Arc<Outlet>) -> Compat<T> {
        Compat {
            io,
            outlet,
            beginning: None,
        }
    }

    /// For the side whose peer begins with a frame, not with a preface.
    #[cfg(feature = "client")]
    pub(crate) fn with_first_frame(io: T, outlet: Arc<Outlet>) -> (Compat<T>, FirstFrame) {
        let beginning = Beginning::default();
        let first_frame = beginning.first_frame.clone();
        let mut compat = Compat::new(io, outlet);
        compat.beginning = Some(beginning);
        (compat, first_frame)
    }
}

impl FirstFrame {
    #[cfg(feature = "client")]
    pub(crate) fn has_arrived(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Beginning {
    /// Whether the first frame is complete with `bytes`, which follow what was seen before.
    fn is_complete_with(&mut self, bytes: &[u8]) -> bool {
        const HEADER: usize = 9;
        for (at, byte) in bytes.iter().enumerate() {
            match self.length.get_mut(self.read + at) {
                Some(place) => *place = *byte,
                None => break,
            }
        }
        self.read = self.read.saturating_add(bytes.len());
        let [high, middle, low] = self.length;
        let length = u32::from_be_bytes([0, high, middle, low]);
        self.read >= HEADER + length as usize
    }
}

impl<T: Read + Unpin> AsyncRead for Compat<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        ready!(poll_read_tokio(Pin::new(&mut this.io), cx, buf))?;
        if let Some(beginning) = &mut this.beginning {
            if beginning.is_complete_with(&buf.filled()[before..]) {
                beginning.first_frame.0.store(true, Ordering::Release);
                this.beginning = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> AsyncWrite for Compat<T> {
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.outlet.note(written)
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.outlet.note(written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        ready!(self.outlet.note(flushed))?;
        self.outlet.flushed();
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
