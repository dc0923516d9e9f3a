//! Bytes on their way out.
//!
//! Invariants:
//! - Bytes leave in the order in which they came: first `queue`, then `text`.
//! - Copies of the caller's data never make more than `limit` bytes wait. Data that does not fit is not copied: it waits
//!   where it is, as one buffer.
//! - Nothing is taken on while `limit` bytes or 16 buffers of data wait; so what waits at most is the limit and one
//!   buffer of the caller's making.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Buf, BufMut, BytesMut};

use crate::proto::h1::io::buf_list::BufList;
use crate::rt::Write;

/// How many slices are written at once: beyond this, transports gain nothing.
const MAX_SLICES: usize = 64;

/// How many buffers may wait. Text between two of data counts as one too.
const MAX_QUEUED: usize = 32;

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

pub(crate) struct WriteBuffer {
    queue: BufList,
    text: BytesMut,
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
            queue: BufList::default(),
            text: BytesMut::new(),
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
        self.queue.push(self.text.split().freeze());
        // Free of a copy where the data is `Bytes` already.
        self.queue.push(data.copy_to_bytes(length));
    }

    /// Whether more data may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.remaining() < self.limit && self.queue.len() + self.copied * 2 < MAX_QUEUED
    }

    /// How many bytes wait.
    pub(crate) fn remaining(&self) -> usize {
        self.queue.remaining() + self.text.len()
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
        if self.queue.remaining() == 0 {
            return io.poll_write(cx, &self.text);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = self.queue.fill(&mut slices);
        if count < MAX_SLICES && !self.text.is_empty() {
            slices[count] = IoSlice::new(&self.text);
            count += 1;
        }
        io.poll_write_vectored(cx, &slices[..count])
    }

    fn advance(&mut self, count: usize) {
        let queued = count.min(self.queue.remaining());
        self.queue.advance(queued);
        self.text.advance(count - queued);
    }
}

#[cfg(test)]
mod tests;
