//! [`Upgraded`]: the bytes of the new protocol.

use std::fmt;
use std::io::{IoSlice, Result as IoResult};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::rt::{Read, ReadBufCursor, Write};
use crate::upgrade::held::Held;
use crate::upgrade::rewind::Rewind;
use crate::upgrade::transport::Transport;
use crate::upgrade::tunnel::Tunnel;

/// A connection, or a stream of one, that has left HTTP behind.
///
/// Bytes of the new protocol that were received along with the end of the old one are read first.
/// Writing, flushing and shutting down reach the transport or stream underneath as they are, and so
/// do their errors.
///
/// Over HTTP/2, [`poll_shutdown`](Write::poll_shutdown) ends the writing direction only; reading
/// may go on. Dropping an `Upgraded` ends its stream once all that was accepted has left, as a complete
/// one; use [`end_with_error`](Upgraded::end_with_error) where it is not.
pub struct Upgraded {
    io: Rewind<Box<dyn Tunnel>>,
}

/// What an [`Upgraded`] consists of; see [`Upgraded::downcast`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<T> {
    /// The transport that was given to the connection.
    pub io: T,
    /// Bytes that were received but not read yet. They come before anything read from `io`, and may
    /// well be of the new protocol: a peer need not wait before it speaks.
    pub read_buf: Bytes,
}

impl Upgraded {
    pub(crate) fn new(io: impl Tunnel, read_buf: Bytes) -> Upgraded {
        Upgraded {
            io: Rewind::new(read_buf, Box::new(io)),
        }
    }

    /// Tells the tunnel that the caller has it now.
    pub(super) fn claim(&mut self) {
        self.io.io_mut().claimed();
    }

    /// Gives back the transport, if it is a `T`.
    ///
    /// `T` must be exactly the type that was given to the connection. Over HTTP/2 no type fits, as
    /// the transport still belongs to the connection.
    ///
    /// # Errors
    ///
    /// This same `Upgraded`, with nothing lost, if the transport is of another type.
    pub fn downcast<T: Read + Write + Unpin + 'static>(self) -> Result<Parts<T>, Self> {
        let tunnel: &dyn Tunnel = &**self.io.io();
        if !tunnel.as_any().is::<Transport<T>>() {
            return Err(self);
        }
        let (read_buf, tunnel) = self.io.into_parts();
        let transport = tunnel
            .into_any()
            .downcast::<Transport<T>>()
            .expect("the type was just looked at");
        Ok(Parts {
            io: transport.into_inner(),
            read_buf,
        })
    }
}

impl Upgraded {
    /// Ends the tunnel as one that failed, so that the peer does not take what it gets for all there is.
    ///
    /// A proxy does this when the connection to its target has failed: RFC 9113, section 8.5, wants that
    /// told as a stream error, where dropping the `Upgraded` would end the stream as a complete
    /// one.
    ///
    /// Over HTTP/2 the bytes that were accepted are delivered, and RST_STREAM with CONNECT_ERROR follows
    /// them in the place of END_STREAM; behind a shutdown it comes as well, unless both sides have ended. What
    /// the peer sends is not read any more. As after a drop, a peer that takes nothing for the
    /// builder's `tunnel_linger` is not waited for.
    ///
    /// Over HTTP/1 the transport is dropped without a shutdown of its own, as dropping the `Upgraded` does.
    /// Of a TCP connection the peer sees a reset then only if `SO_LINGER` was set to zero, for which
    /// [`downcast`](Upgraded::downcast) gives access to the socket.
    pub fn end_with_error(mut self) {
        self.io.io_mut().end_with_error();
    }

    /// Gives the tunnel up at once, as a proxy does with one that has waited for too long.
    ///
    /// This is [`end_with_error`](Upgraded::end_with_error) without patience: bytes that were accepted and have
    /// not left are thrown away, and RST_STREAM with CONNECT_ERROR is next.
    pub fn abort(mut self) {
        self.io.io_mut().abort();
    }

    /// Gives what tells how many bytes the tunnel holds, at any later time.
    pub fn held(&self) -> Held {
        self.io.io().held()
    }
}

impl Read for Upgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<IoResult<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Upgraded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}

impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgraded")
    }
}
