//! Bytes on their way out.
//!
//! Invariants:
//! - Bytes leave in the order in which they came: as `queue` says, and then the rest of `text`.
//! - All text stands in one buffer, however much data lies between its pieces, so that a body of any number of
//!   chunks allocates nothing.
//! - Copies of the caller's data never make more than `limit` bytes wait. Data that does not fit is not copied: it waits
//!   where it is, as one buffer.
//! - Nothing is taken on while `limit` bytes or 16 buffers of data wait; so what waits at most is the limit and one
//!   buffer of the caller's making.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};

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

/// A part of what waits.
enum Part {
    /// So many bytes of the text.
    Text(usize),
    Data(Bytes),
}

pub(crate) struct WriteBuffer {
    queue: VecDeque<Part>,
    /// Bytes of all `Part::Data`.
    queued_data: usize,
    /// Bytes of all `Part::Text`, which come first in `text`.
    queued_text: usize,
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
            queue: VecDeque::new(),
            queued_data: 0,
            queued_text: 0,
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
        let before = self.text.len() - self.queued_text;
        if before > 0 {
            self.queue.push_back(Part::Text(before));
            self.queued_text += before;
        }
        // Free of a copy where the data is `Bytes` already.
        self.queue.push_back(Part::Data(data.copy_to_bytes(length)));
        self.queued_data += length;
    }

    /// Whether more data may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.remaining() < self.limit && self.queue.len() + self.copied * 2 < MAX_QUEUED
    }

    /// How many bytes wait.
    pub(crate) fn remaining(&self) -> usize {
        self.queued_data + self.text.len()
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
        if self.queue.is_empty() {
            return io.poll_write(cx, &self.text);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let count = self.slices(&mut slices);
        io.poll_write_vectored(cx, &slices[..count])
    }

    /// Puts the first parts into `slices`, and says how many.
    fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut text = &self.text[..];
        let mut count = 0;
        for (part, slice) in self.queue.iter().zip(slices.iter_mut()) {
            *slice = IoSlice::new(match part {
                Part::Text(length) => {
                    let (now, later) = text.split_at(*length);
                    text = later;
                    now
                }
                Part::Data(data) => data,
            });
            count += 1;
        }
        if count == self.queue.len() && !text.is_empty() {
            if let Some(slice) = slices.get_mut(count) {
                *slice = IoSlice::new(text);
                count += 1;
            }
        }
        count
    }

    /// Forgets the first `count` bytes, which have left.
    fn advance(&mut self, mut count: usize) {
        while count > 0 {
            let Some(part) = self.queue.front_mut() else {
                self.text.advance(count);
                return;
            };
            let (left, is_over) = match part {
                Part::Text(length) => {
                    let left = count.min(*length);
                    *length -= left;
                    self.text.advance(left);
                    self.queued_text -= left;
                    (left, *length == 0)
                }
                Part::Data(data) => {
                    let left = count.min(data.len());
                    data.advance(left);
                    self.queued_data -= left;
                    (left, data.is_empty())
                }
            };
            count -= left;
            if is_over {
                self.queue.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests;
