//! h2's end of the transport: memory.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::proto::h2::transport::first_frame::Beginning;
#[cfg(feature = "client")]
use crate::proto::h2::transport::first_frame::FirstFrame;
use crate::proto::h2::transport::inbound::Intake;
use crate::proto::h2::transport::outlet::Outlet;

/// What h2 takes for the transport.
///
/// Wakes nobody. Whatever it makes h2 wait for, the [`Port`](super::port::Port) brings about, and
/// polls h2 again.
pub(crate) struct Wire {
    intake: Arc<Intake>,
    outlet: Arc<Outlet>,
    /// Looks out for the first frame, where somebody wants to know of it.
    beginning: Option<Beginning>,
}

impl Wire {
    pub(super) fn new(intake: Arc<Intake>, outlet: Arc<Outlet>) -> Wire {
        Wire {
            intake,
            outlet,
            beginning: None,
        }
    }

    /// For the side whose peer begins with a frame, not with a preface.
    #[cfg(feature = "client")]
    pub(crate) fn watch_first_frame(&mut self) -> FirstFrame {
        self.beginning
            .get_or_insert_with(Beginning::default)
            .first_frame()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // h2 asks for more when all that it got is parsed, and SETTINGS among that are in force.
        if this.beginning.as_ref().is_some_and(Beginning::conclude) {
            this.beginning = None;
        }
        this.intake.poll_take(buf.remaining(), |bytes| {
            if let Some(beginning) = &mut this.beginning {
                beginning.see(bytes);
            }
            buf.put_slice(bytes);
        })
    }
}

impl AsyncWrite for Wire {
    fn is_write_vectored(&self) -> bool {
        true
    }

    /// h2 writes its own buffer in the first slice, and the payload of a DATA frame in the second.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match bufs {
            [head, payload, ..] => self.outlet.poll_accept(head, payload),
            [head] => self.outlet.poll_accept(head, &[]),
            [] => Poll::Ready(Ok(0)),
        }
    }

    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outlet.poll_accept(buf, &[])
    }

    /// Ready at once: the port flushes when h2 has said all it has to say.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.outlet.accept_flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outlet.poll_shut_down()
    }
}
