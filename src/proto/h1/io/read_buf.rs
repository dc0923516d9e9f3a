//! Bytes that were received and not understood yet.
//!
//! Invariants:
//! - At no time are more than `limit` bytes held.
//! - A read asks for what the last ones made likely: the size doubles when a read fills it and halves when two in a row
//!   fill less than half, within 8 KiB and the limit.

use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Bytes, BytesMut};

use crate::rt::io::poll_read_append;
use crate::rt::Read;

/// The smallest read, in bytes, and the least that `max_buf_size` may be set to.
pub(crate) const MIN_READ: usize = 8 * 1024;

/// How much a read asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadSize {
    /// As the peer's pace suggests, with at most this many bytes held.
    UpTo(usize),
    /// This many bytes, which are also the most that is held.
    Exactly(usize),
}

pub(crate) struct ReadBuffer {
    bytes: BytesMut,
    size: Size,
    limit: usize,
}

enum Size {
    Exact,
    Adaptive {
        next: usize,
        /// Whether the last read filled less than half of what it asked for.
        was_small: bool,
    },
}

impl ReadBuffer {
    pub(crate) fn new(size: ReadSize) -> ReadBuffer {
        let (size, limit) = match size {
            ReadSize::Exactly(limit) => (Size::Exact, limit),
            ReadSize::UpTo(limit) => {
                let adaptive = Size::Adaptive {
                    next: MIN_READ,
                    was_small: false,
                };
                (adaptive, limit)
            }
        };
        ReadBuffer {
            bytes: BytesMut::new(),
            size,
            limit,
        }
    }

    /// What has been received, for a parser to take from its front.
    pub(crate) fn bytes(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many more bytes fit before some are taken out.
    pub(crate) fn room(&self) -> usize {
        self.limit - self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes.freeze()
    }

    /// Reads once. Ready with how many bytes were added: zero means that the transport has ended, so there must be
    /// room before this is called. Wakes when the transport has bytes, or its end.
    pub(crate) fn poll_fill<R: Read + Unpin>(
        &mut self,
        io: &mut R,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let room = self.room();
        debug_assert_ne!(room, 0, "a full buffer makes a read look like the end");
        let asked = match self.size {
            Size::Exact => room,
            Size::Adaptive { next, .. } => next.min(room),
        };
        let count = ready!(poll_read_append(Pin::new(io), cx, &mut self.bytes, asked))?;
        self.adapt(count);
        Poll::Ready(Ok(count))
    }

    fn adapt(&mut self, count: usize) {
        let Size::Adaptive { next, was_small } = &mut self.size else {
            return;
        };
        if count >= *next {
            *next = next.saturating_mul(2).min(self.limit);
            *was_small = false;
        } else if count >= *next / 2 {
            *was_small = false;
        } else if *was_small {
            *next = (*next / 2).max(MIN_READ);
            *was_small = false;
        } else {
            *was_small = true;
        }
    }
}

#[cfg(test)]
mod tests;
