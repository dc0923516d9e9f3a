//! Bytes that were accepted and wait for window.
//!
//! Invariants:
//! - Order is kept: what was gathered goes before what was put whole.
//! - Small pieces are copied together, so that they leave as one DATA frame; a piece that comes
//!   alone, or is large, is kept as it is, without a copy.
//! - With nothing waiting there is no buffer.

use bytes::{Bytes, BytesMut};

use crate::proto::h2::window::FRAME_SIZE;

/// The first buffer for gathering: small, since most gatherings are.
const FIRST_CAPACITY: usize = 1024;

#[derive(Default)]
pub(crate) struct Waiting {
    gathered: BytesMut,
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
        let len = limit.min(self.gathered.len());
        // A piece that shares the gathering buffer keeps all of it alive until it is written, so
        // only one that fills most of it may.
        let piece = if len * 4 >= self.gathered.capacity() * 3 {
            self.gathered.split_to(len).freeze()
        } else {
            let piece = Bytes::copy_from_slice(&self.gathered[..len]);
            bytes::Buf::advance(&mut self.gathered, len);
            piece
        };
        if self.gathered.is_empty() {
            self.gathered = BytesMut::new();
        }
        piece
    }

    fn copy(&mut self, bytes: &[u8]) {
        if self.gathered.capacity() == 0 {
            // Powers of two, so that growing by doubling ends at exactly one frame.
            let capacity = bytes.len().max(FIRST_CAPACITY).next_power_of_two();
            self.gathered
                .reserve(capacity.min(bytes.len().max(FRAME_SIZE)));
        }
        self.gathered.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests;
