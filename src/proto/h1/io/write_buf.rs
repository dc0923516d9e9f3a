//! Bytes on their way out.
//!
//! Invariants:
//! - Bytes leave in the order in which they came: as `data` says, to which `text` is the copies.
//! - All text stands in one buffer, however much data lies between its pieces, so that a body of any number of
//!   chunks allocates nothing.
//! - Copies of the caller's data never make more than `limit` bytes wait. Data that does not fit is not copied: it waits
//!   where it is, as one buffer.
//! - Nothing is taken on while `limit` bytes or 16 buffers of data wait; so what waits at most is the limit and one
//!   buffer of the caller's making.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::proto::segments::{Piece, Segments};
use crate::rt::Write;

/// How many slices are written at once: beyond this, transports gain nothing.
const MAX_SLICES: usize = 64;

/// How many buffers of data may wait.
const MAX_QUEUED: usize = 16;

/// Data of this many bytes is copied sooner than a slice more is passed to a transport.
const SMALL: usize = 1024;

/// What an idle connection keeps allocated.
const KEPT_WHILE_IDLE: usize = 8 * 1024;

/// How the caller's data gets behind the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteStrategy {
    /// It is copied there, so that one plain write takes all.
    Flatten,
    /// It stays where it is, and a vectored write takes all.
    Queue,
    /// It is queued unless it is so small that a copy costs less.
    QueueLarge,
}

impl WriteStrategy {
    pub(crate) fn vectored(enabled: bool) -> WriteStrategy {
        match enabled {
            true => WriteStrategy::Queue,
            false => WriteStrategy::Flatten,
        }
    }
}

impl Piece for Bytes {
    fn as_slice(&self) -> &[u8] {
        self
    }

    fn advance(&mut self, count: usize) {
        Buf::advance(self, count);
    }
}

pub(crate) struct WriteBuffer {
    text: BytesMut,
    data: Segments<Bytes>,
    /// Bytes of all `data`.
    queued: usize,
    /// How many pieces were copied that could have been queued, since nothing waited last.
    copied: usize,
    /// The most that `text` has held since the connection last was idle, and so the least that it has allocated: its
    /// own capacity does not count what has been written already.
    burst: usize,
    strategy: WriteStrategy,
    limit: usize,
}

impl WriteBuffer {
    pub(crate) fn new(strategy: WriteStrategy, limit: usize) -> WriteBuffer {
        WriteBuffer {
            text: BytesMut::new(),
            data: Segments::default(),
            queued: 0,
            copied: 0,
            burst: 0,
            strategy,
            limit,
        }
    }

    /// The end of all that waits, to add heads and framing to.
    pub(crate) fn text(&mut self) -> &mut BytesMut {
        &mut self.text
    }

    /// Adds a piece of the caller's data.
    pub(crate) fn push(&mut self, mut data: impl Buf) {
        let length = data.remaining();
        if length == 0 {
            return;
        }
        let fits = length <= self.limit.saturating_sub(self.remaining());
        let is_copied = match self.strategy {
            WriteStrategy::Flatten => true,
            WriteStrategy::Queue => false,
            WriteStrategy::QueueLarge => length <= SMALL,
        };
        if is_copied && fits {
            self.copied += usize::from(self.strategy == WriteStrategy::QueueLarge);
            self.text.put(data);
            return;
        }
        // Free of a copy where the data is `Bytes` already.
        let data = data.copy_to_bytes(length);
        self.data.push(self.text.len(), data);
        self.queued += length;
    }

    /// Whether more data may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.remaining() < self.limit && self.data.pieces() + self.copied < MAX_QUEUED
    }

    /// How many bytes wait.
    pub(crate) fn remaining(&self) -> usize {
        self.queued + self.text.len()
    }

    /// Gives back what a burst had made this allocate.
    pub(crate) fn rest(&mut self) {
        if self.text.is_empty() && self.burst > KEPT_WHILE_IDLE {
            self.text = BytesMut::new();
            self.burst = 0;
        }
    }

    /// Writes all that waits. Ready once the transport has accepted it; wakes when it accepts more.
    pub(crate) fn poll_write_to<W: Write + Unpin>(
        &mut self,
        io: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.burst = self.burst.max(self.text.len());
        while self.remaining() > 0 {
            let count = ready!(self.poll_write_some(io, cx))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(count);
        }
        self.copied = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_write_some<W: Write + Unpin>(
        &self,
        io: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let io = Pin::new(io);
        if let Some(only) = self.data.only(&self.text) {
            return io.poll_write(cx, only);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let count = self.data.slices(&self.text, &mut slices);
        io.poll_write_vectored(cx, &slices[..count])
    }

    /// Forgets the first `count` bytes, which have left.
    fn advance(&mut self, count: usize) {
        let text = self.data.advance(count, drop);
        self.text.advance(text);
        self.queued -= count - text;
    }
}

#[cfg(test)]
mod tests;
