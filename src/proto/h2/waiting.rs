//! Bytes that were accepted and wait for window.
//!
//! Invariants:
//! - Order is kept: what was gathered goes before what was put whole.
//! - Small pieces are copied together, so that they leave as one DATA frame; a piece that comes
//!   alone, or is large, is kept as it is, without a copy.
//! - Gathering never holds a buffer of more than one frame, however bytes come and go, and none
//!   while nothing waits.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::proto::h2::window::FRAME_SIZE;

/// The first buffer for gathering: small, since most gatherings are.
const FIRST_CAPACITY: usize = 1024;

#[derive(Default)]
pub(crate) struct Waiting {
    /// A ring, so that bytes which leave at the front make room at the back.
    gathered: VecDeque<u8>,
    whole: Bytes,
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.gathered.len() + self.whole.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.gathered.is_empty() && self.whole.is_empty()
    }

    /// Copies `bytes` behind what waits.
    pub(crate) fn gather(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if !self.whole.is_empty() {
            let whole = std::mem::take(&mut self.whole);
            self.copy(&whole);
        }
        self.copy(bytes);
    }

    /// Puts `bytes` behind what waits, without a copy where that leaves few, large frames.
    pub(crate) fn put(&mut self, bytes: Bytes) {
        if self.is_empty() {
            self.whole = bytes;
        } else if self.len() + bytes.len() <= FRAME_SIZE {
            self.gather(&bytes);
        } else {
            let earlier = std::mem::replace(&mut self.whole, bytes);
            self.copy(&earlier);
        }
    }

    /// Takes at most `limit` bytes from the front, in one piece.
    pub(crate) fn take(&mut self, limit: usize) -> Bytes {
        if self.gathered.is_empty() {
            return self.whole.split_to(limit.min(self.whole.len()));
        }
        let is_all = limit >= self.gathered.len();
        // The buffer itself leaves where bytes fill most of it: it is kept until they are written.
        if is_all && self.gathered.len() * 4 >= self.gathered.capacity() * 3 {
            return Vec::from(std::mem::take(&mut self.gathered)).into();
        }
        let piece = self.copy_out(limit.min(self.gathered.len()));
        if is_all {
            self.gathered = VecDeque::new();
        }
        piece
    }

    fn copy_out(&mut self, len: usize) -> Bytes {
        let (front, back) = self.gathered.as_slices();
        let from_front = len.min(front.len());
        let mut piece = Vec::with_capacity(len);
        piece.extend_from_slice(&front[..from_front]);
        piece.extend_from_slice(&back[..len - from_front]);
        self.gathered.drain(..len);
        piece.into()
    }

    fn copy(&mut self, bytes: &[u8]) {
        let len = self.gathered.len() + bytes.len();
        if len > self.gathered.capacity() {
            // Powers of two end at exactly one frame.
            let capacity = len.max(FIRST_CAPACITY).next_power_of_two();
            self.gathered.reserve_exact(capacity - self.gathered.len());
        }
        self.gathered.extend(bytes);
    }
}

#[cfg(test)]
mod tests;
