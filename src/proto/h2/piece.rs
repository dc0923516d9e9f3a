//! Bytes of a stream on their way out, and the buffers they stand in.
//!
//! Invariants:
//! - The bytes of a [`Piece`] do not change, and a piece is cut without a copy.
//! - A buffer is filled by one owner and shared by pieces afterwards. When the last of them is
//!   written it goes back to the connection's [`Pool`], to be filled again.
//! - All buffers of a pool have room for one frame, so those in the pool and those in use are never
//!   more than were in use together at some time since the last [`Pool::sweep`] but one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::proto::h2::window::FRAME_SIZE;

/// Where a buffer begins that is filled piece by piece, in bytes: small, as most such are.
const FIRST_CAPACITY: usize = 1 << 10;

/// A run of bytes, which keeps the buffer alive that they stand in.
pub(crate) enum Piece {
    /// In memory that is not ours to use again.
    Foreign(Bytes),
    /// A part of a buffer that was filled here.
    Own {
        buffer: Arc<Vec<u8>>,
        start: usize,
        end: usize,
    },
}

impl Default for Piece {
    fn default() -> Piece {
        Piece::Foreign(Bytes::new())
    }
}

impl From<Bytes> for Piece {
    fn from(bytes: Bytes) -> Piece {
        Piece::Foreign(bytes)
    }
}

impl Piece {
    /// In memory of just their size.
    pub(crate) fn copy(bytes: &[u8]) -> Piece {
        Piece::Foreign(Bytes::copy_from_slice(bytes))
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Piece::Foreign(bytes) => bytes,
            Piece::Own { buffer, start, end } => &buffer[*start..*end],
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Piece::Foreign(bytes) => bytes.len(),
            Piece::Own { start, end, .. } => end - start,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its buffer is ours, and no other piece's as well.
    pub(crate) fn is_last_of_buffer(&self) -> bool {
        match self {
            Piece::Foreign(_) => false,
            Piece::Own { buffer, .. } => Arc::strong_count(buffer) == 1,
        }
    }

    /// How much memory it keeps, if no other piece does.
    #[cfg(test)]
    pub(crate) fn capacity(self) -> usize {
        match self {
            Piece::Foreign(bytes) => Vec::from(bytes).capacity(),
            Piece::Own { buffer, .. } => buffer.capacity(),
        }
    }

    /// Cuts off the first `count` bytes.
    pub(crate) fn split_to(&mut self, count: usize) -> Piece {
        if count == self.len() {
            return std::mem::take(self);
        }
        match self {
            Piece::Foreign(bytes) => Piece::Foreign(bytes.split_to(count)),
            Piece::Own { buffer, start, .. } => {
                let cut = *start + count;
                let first = Piece::Own {
                    buffer: buffer.clone(),
                    start: *start,
                    end: cut,
                };
                *start = cut;
                first
            }
        }
    }

    /// Forgets the first `count` bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        match self {
            Piece::Foreign(bytes) => bytes.advance(count),
            Piece::Own { start, .. } => *start += count,
        }
    }
}

/// A buffer that is being filled: bytes go in at its end and leave at its front.
pub(crate) struct Filling {
    buffer: Arc<Vec<u8>>,
    start: usize,
}

impl Filling {
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() - self.start
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Adds `bytes`, which fit into a frame together with those that are here.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let len = self.len() + bytes.len();
        let start = self.start;
        let buffer = Arc::get_mut(&mut self.buffer).expect("a buffer is filled by one owner");
        if start + len > buffer.capacity() {
            buffer.drain(..start);
            self.start = 0;
            if len > buffer.capacity() {
                // Powers of two end at exactly one frame.
                buffer.reserve_exact(len.next_power_of_two() - buffer.len());
            }
        }
        buffer.extend_from_slice(bytes);
    }

    /// The first `count` bytes.
    pub(crate) fn front(&self, count: usize) -> &[u8] {
        &self.buffer[self.start..self.start + count]
    }

    /// Forgets the first `count` bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        self.start += count;
    }

    /// Whether the bytes are worth the memory that they stand in.
    pub(crate) fn is_mostly_full(&self) -> bool {
        self.len() * 4 >= self.buffer.capacity() * 3
    }

    /// All bytes, in the buffer itself.
    pub(crate) fn into_piece(self) -> Piece {
        let end = self.buffer.len();
        Piece::Own {
            buffer: self.buffer,
            start: self.start,
            end,
        }
    }
}

/// Buffers that were written and wait to be filled again.
#[derive(Default)]
pub(crate) struct Pool {
    buffers: Vec<Arc<Vec<u8>>>,
    /// The fewest that were here since the last sweep: so many were never missed.
    fewest: usize,
    /// Whether somebody sweeps. Without, no more than one is kept.
    is_swept: bool,
    /// Whether anything was put here since a sweep left nothing.
    is_in_use: Arc<AtomicBool>,
}

impl Pool {
    /// For a connection that sweeps, now and then.
    pub(crate) fn swept() -> Pool {
        Pool {
            is_swept: true,
            ..Pool::default()
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.buffers.is_empty()
    }

    /// Whether there may be something to sweep, for those who do not want to lock the pool to see.
    pub(crate) fn is_in_use(&self) -> Arc<AtomicBool> {
        self.is_in_use.clone()
    }

    /// A buffer to fill, small at first where none waits here.
    pub(crate) fn filling(&mut self) -> Filling {
        let buffer = self
            .take()
            .unwrap_or_else(|| Arc::new(Vec::with_capacity(FIRST_CAPACITY)));
        Filling { buffer, start: 0 }
    }

    /// A copy of `bytes`, at most a frame of them: in a buffer from here if they fill it, and else in
    /// memory of just their size.
    pub(crate) fn copy(&mut self, bytes: &[u8]) -> Piece {
        if bytes.len() < FRAME_SIZE {
            return Piece::copy(bytes);
        }
        let buffer = self.take();
        let mut buffer = buffer.unwrap_or_else(|| Arc::new(Vec::with_capacity(FRAME_SIZE)));
        let unshared = Arc::get_mut(&mut buffer).expect("a pooled buffer has one owner");
        unshared.extend_from_slice(bytes);
        Piece::Own {
            start: 0,
            end: bytes.len(),
            buffer,
        }
    }

    fn take(&mut self) -> Option<Arc<Vec<u8>>> {
        let buffer = self.buffers.pop();
        self.fewest = self.fewest.min(self.buffers.len());
        buffer
    }

    /// Takes the buffer of a piece that is done with, if it is no other's as well.
    pub(crate) fn recycle(&mut self, piece: Piece) {
        let Piece::Own { mut buffer, .. } = piece else {
            return;
        };
        if !self.is_swept && !self.buffers.is_empty() {
            return;
        }
        if let Some(unshared) = Arc::get_mut(&mut buffer) {
            if unshared.capacity() == FRAME_SIZE {
                unshared.clear();
                self.buffers.push(buffer);
                self.is_in_use.store(true, Ordering::Release);
            }
        }
    }

    /// Lets go of the buffers that nobody missed since the last sweep, and says whether any are left.
    pub(crate) fn sweep(&mut self) -> bool {
        let kept = self.buffers.len() - self.fewest;
        self.buffers.truncate(kept);
        self.fewest = kept;
        self.is_in_use.store(kept > 0, Ordering::Release);
        kept > 0
    }
}

#[cfg(test)]
mod tests;
