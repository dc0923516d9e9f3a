//! Writing as hard as a tunnel lets one.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::upgrade::Upgraded;
use tokio::io::AsyncWrite;

use super::pattern::{self, bytes_at};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::settle;

/// A DATA frame that every peer must accept, and the most a tunnel may stage (RFC 9113, section 4.2).
pub const FRAME: usize = 16 * 1024;

/// The most a stalled tunnel may cost above an idle one, in bytes of heap.
pub const STALLED_COST: usize = 24 * 1024;

/// What a tunnel with a full send buffer may cost beyond that buffer, in bytes of heap.
pub const FULL_EXTRA: usize = 32 * 1024;

/// hyper's end of a tunnel.
pub type Io = TokioIo<Upgraded>;

/// One `poll_write`, for tests that bring their own waker.
pub fn poll_write(tunnel: &mut Io, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    Pin::new(tunnel).poll_write(cx, bytes)
}

/// One write, awaited.
pub async fn write(tunnel: &mut Io, bytes: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| poll_write(tunnel, cx, bytes)).await
}

/// One write that must be accepted, if only in part, before the runtime is idle; `None` where it pends.
pub async fn offer(tunnel: &mut Io, bytes: &[u8]) -> Option<usize> {
    let mut write = poll_fn(|cx| poll_write(tunnel, cx, bytes));
    match settle(&mut write).await {
        Poll::Ready(accepted) => {
            let accepted = accepted.expect("the tunnel is open");
            assert_ne!(accepted, 0, "a write of something is never of nothing");
            Some(accepted)
        }
        Poll::Pending => None,
    }
}

/// Repeats a write of `piece` until it pends with all else at rest. Returns how many bytes were accepted.
///
/// # Panics
///
/// If that is more than `most`.
pub async fn fill(tunnel: &mut Io, piece: &[u8], most: usize) -> usize {
    let mut accepted = 0;
    while let Some(n) = offer(tunnel, piece).await {
        accepted += n;
        assert!(
            accepted <= most,
            "{accepted} bytes accepted, where {most} were to be the most"
        );
    }
    accepted
}

/// Writes the [`pattern`], and knows how far it got.
#[derive(Debug, Default)]
pub struct PatternWriter {
    accepted: usize,
}

impl PatternWriter {
    /// Bytes accepted so far.
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Offers the next `len` bytes, or as many as the pattern gives at once; tells whether some were accepted.
    pub async fn offer(&mut self, tunnel: &mut Io, len: usize) -> bool {
        let bytes = bytes_at(self.accepted, len.min(pattern::MOST));
        let accepted = offer(tunnel, bytes).await;
        self.accepted += accepted.unwrap_or(0);
        accepted.is_some()
    }

    /// Offers pieces of `sizes`, over and over, until one pends with all else at rest.
    ///
    /// # Panics
    ///
    /// If more than `most` bytes are accepted in all.
    pub async fn fill(&mut self, tunnel: &mut Io, sizes: &[usize], most: usize) {
        for size in sizes.iter().cycle() {
            if !self.offer(tunnel, *size).await {
                return;
            }
            let accepted = self.accepted;
            assert!(
                accepted <= most,
                "{accepted} bytes accepted, where {most} were to be the most"
            );
        }
    }

    /// Writes the pattern up to offset `end`, in pieces of `size` bytes.
    pub async fn write_to(&mut self, tunnel: &mut Io, end: usize, size: usize) -> io::Result<()> {
        while self.accepted < end {
            let len = size.min(pattern::MOST).min(end - self.accepted);
            let bytes = bytes_at(self.accepted, len);
            self.accepted += poll_fn(|cx| poll_write(tunnel, cx, bytes)).await?;
        }
        Ok(())
    }
}
