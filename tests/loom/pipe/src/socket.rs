//! The transport, whose other end is the peer. Used by the connection's thread alone.

use std::cell::{Ref, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{ready, Context, Poll};

use crate::frames::Received;
use crate::rt::{Read, ReadBufCursor, Write};

/// Cloned, it is the same socket.
///
/// Wakes nobody: whoever changes it polls the connection afterwards.
#[derive(Clone, Default)]
pub(crate) struct Socket(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// One piece a read.
    to_read: VecDeque<Vec<u8>>,
    received: Received,
    writes: Writes,
    is_flushed: bool,
}

/// What becomes of a write.
#[derive(Clone, Copy, Default)]
pub(crate) enum Writes {
    #[default]
    Taken,
    /// The peer leaves its end unread.
    Blocked,
    /// The peer is gone.
    Broken,
}

impl Socket {
    pub(crate) fn deliver(&self, bytes: Vec<u8>) {
        self.0.borrow_mut().to_read.push_back(bytes);
    }

    pub(crate) fn set_writes(&self, writes: Writes) {
        self.0.borrow_mut().writes = writes;
    }

    pub(crate) fn received(&self) -> Ref<'_, Received> {
        Ref::map(self.0.borrow(), |state| &state.received)
    }

    /// Whether the stream's end is out.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.0.borrow();
        state.is_flushed && state.received.is_over()
    }
}

impl State {
    fn poll_writable(&self) -> Poll<io::Result<()>> {
        match self.writes {
            Writes::Taken => Poll::Ready(Ok(())),
            Writes::Blocked => Poll::Pending,
            Writes::Broken => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let to_read = &mut self.0.borrow_mut().to_read;
        let Some(mut piece) = to_read.pop_front() else {
            return Poll::Pending;
        };
        let rest = piece.split_off(piece.len().min(buf.remaining()));
        buf.put_slice(&piece);
        if !rest.is_empty() {
            to_read.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        ready!(state.poll_writable())?;
        state.is_flushed = false;
        state.received.decode(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        ready!(state.poll_writable())?;
        state.is_flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
