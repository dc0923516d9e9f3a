//! What was read from the transport and h2 has not parsed yet.
//!
//! Invariants:
//! - The transport is read only when all that was read before is parsed, so at most one buffer of
//!   bytes waits here.
//! - The buffer grows while reads fill it, so that a bulk transfer has few, large reads; a sweep in a
//!   quieter time makes it small again.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::rt::{Read, ReadBuf};

/// The buffer of a quiet connection, in bytes.
const LEAST: usize = 4 << 10;

/// The largest buffer, in bytes: four frames of the size that every peer must accept.
pub(super) const MOST: usize = 64 << 10;

/// An [`Inbound`] between h2's end and the transport's, of which each finds out without the lock that
/// it has nothing to do.
pub(crate) struct Intake {
    inbound: Mutex<Inbound>,
    /// Whether h2 finds something here.
    has_news: AtomicBool,
}

pub(crate) struct Inbound {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The largest that the buffer may become.
    most: usize,
    /// The most that was read at a time since the last sweep.
    largest: usize,
    over: Option<Over>,
}

/// Why no more is read.
enum Over {
    End,
    /// Told to h2 once; after that it is the end.
    Failed(io::Error),
}

/// What came of reading.
pub(crate) enum Fill {
    /// Bytes, or the end or failure of the transport.
    New {
        /// Whether the transport wakes the task when there is more.
        is_awaited: bool,
        /// Whether the buffer is larger than a quiet connection's.
        is_large: bool,
    },
    /// Nothing; the transport wakes the task when there is more.
    Awaited,
    /// h2 has not parsed what was read before, or nothing more will come.
    NotYet,
}

impl Intake {
    pub(crate) fn new(inbound: Inbound) -> Intake {
        Intake {
            inbound: Mutex::new(inbound),
            has_news: AtomicBool::new(false),
        }
    }

    /// Has `take` have at most `most` of the bytes that are here; none is the end.
    ///
    /// `Pending` wakes nobody: whoever owns the transport knows when there is more.
    pub(crate) fn poll_take(&self, most: usize, take: impl FnOnce(&[u8])) -> Poll<io::Result<()>> {
        if !self.has_news.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let mut inbound = self.lock();
        let taken = inbound.poll_take(most).map_ok(take);
        self.has_news.store(inbound.has_news(), Ordering::Release);
        taken
    }

    /// See [`Inbound::fill`].
    pub(crate) fn fill<T: Read + Unpin>(&self, cx: &mut Context<'_>, io: &mut T) -> Fill {
        if self.has_news.load(Ordering::Acquire) {
            return Fill::NotYet;
        }
        // A panic of the transport leaves what was read as it was.
        let mut inbound = self.lock();
        let fill = inbound.fill(cx, io);
        self.has_news.store(inbound.has_news(), Ordering::Release);
        fill
    }

    /// Makes the buffer small where it was not needed since the last time; whether it is large still.
    pub(crate) fn sweep(&self) -> bool {
        let mut inbound = self.lock();
        inbound.sweep();
        inbound.is_large()
    }

    fn lock(&self) -> MutexGuard<'_, Inbound> {
        self.inbound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbound {
    /// With a buffer of at most `most` bytes.
    pub(crate) fn new(most: usize) -> Inbound {
        Inbound {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            most,
            largest: 0,
            over: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether there is anything to [take](Inbound::poll_take), be it the end.
    fn has_news(&self) -> bool {
        !self.is_empty() || self.over.is_some()
    }

    /// Takes at most `most` of the bytes that are here; none is the end. `Pending` wakes nobody.
    pub(crate) fn poll_take(&mut self, most: usize) -> Poll<io::Result<&[u8]>> {
        if !self.is_empty() {
            let start = self.start;
            self.start = self.end.min(start.saturating_add(most));
            return Poll::Ready(Ok(&self.buffer[start..self.start]));
        }
        match self.over.take() {
            None => Poll::Pending,
            Some(Over::End) => {
                self.over = Some(Over::End);
                Poll::Ready(Ok(&[]))
            }
            Some(Over::Failed(err)) => {
                self.over = Some(Over::End);
                Poll::Ready(Err(err))
            }
        }
    }

    /// Where nothing waits, reads until the buffer is full or the transport has no more.
    ///
    /// So h2 sees an end together with the last bytes before it, and does not answer to a peer that is gone.
    pub(crate) fn fill<T: Read + Unpin>(&mut self, cx: &mut Context<'_>, io: &mut T) -> Fill {
        if self.has_news() {
            return Fill::NotYet;
        }
        if self.buffer.is_empty() {
            self.buffer = vec![0; LEAST];
        }
        let size = self.buffer.len();
        let mut buf = ReadBuf::new(&mut self.buffer);
        let mut len = 0;
        let mut is_awaited = false;
        self.over = loop {
            match Pin::new(&mut *io).poll_read(cx, buf.unfilled()) {
                Poll::Pending => {
                    is_awaited = true;
                    break None;
                }
                Poll::Ready(Err(err)) => break Some(Over::Failed(err)),
                Poll::Ready(Ok(())) if buf.filled().len() == len => break Some(Over::End),
                Poll::Ready(Ok(())) => len = buf.filled().len(),
            }
            if len == size {
                break None;
            }
        };
        if len == 0 && self.over.is_none() {
            return Fill::Awaited;
        }
        (self.start, self.end) = (0, len);
        self.adapt(len);
        Fill::New {
            is_awaited,
            is_large: self.is_large(),
        }
    }

    /// Makes the buffer larger where a read filled it.
    fn adapt(&mut self, len: usize) {
        let size = self.buffer.len();
        if len == size && size < self.most {
            self.buffer.resize(size * 2, 0);
        }
        self.largest = self.largest.max(len);
    }

    /// Whether the buffer is larger than a quiet connection's.
    pub(crate) fn is_large(&self) -> bool {
        self.buffer.len() > LEAST
    }

    /// Makes the buffer small where it was not needed since the last sweep.
    pub(crate) fn sweep(&mut self) {
        if self.largest <= LEAST && self.is_empty() {
            self.buffer.truncate(LEAST);
            self.buffer.shrink_to_fit();
        }
        self.largest = 0;
    }
}

#[cfg(test)]
mod tests;
