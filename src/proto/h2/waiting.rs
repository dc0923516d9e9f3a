//! Bytes that were accepted and wait for window.
//!
//! Invariants:
//! - Order is kept: what was gathered goes before what was put whole.
//! - Small pieces are copied together, so that they leave as one DATA frame; a piece that comes
//!   alone, or is large, is kept as it is, without a copy.
//! - Gathering never holds a buffer of more than one frame, however bytes come and go, and none
//!   while nothing waits.

use bytes::Bytes;

use crate::proto::h2::piece::{Filling, Piece, Pool};
use crate::proto::h2::window::FRAME_SIZE;

#[derive(Default)]
pub(crate) struct Waiting {
    gathered: Option<Filling>,
    whole: Bytes,
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.gathered.as_ref().map_or(0, Filling::len) + self.whole.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.gathered.is_none() && self.whole.is_empty()
    }

    /// Copies `bytes` behind what waits; all of it is a frame at most.
    pub(crate) fn gather(&mut self, bytes: &[u8], pool: &mut Pool) {
        if bytes.is_empty() {
            return;
        }
        let filling = self.gathered.get_or_insert_with(|| pool.filling());
        if !self.whole.is_empty() {
            filling.push(&std::mem::take(&mut self.whole));
        }
        filling.push(bytes);
    }

    /// Puts `bytes`, behind which nothing waits, there as they are.
    pub(crate) fn put_first(&mut self, bytes: Bytes) {
        debug_assert!(self.is_empty());
        self.whole = bytes;
    }

    /// Puts `bytes` behind what waits, without a copy where that leaves few, large frames.
    pub(crate) fn put(&mut self, bytes: Bytes, pool: &mut Pool) {
        if self.is_empty() {
            self.put_first(bytes);
        } else if self.len() + bytes.len() <= FRAME_SIZE {
            self.gather(&bytes, pool);
        } else {
            let earlier = std::mem::replace(&mut self.whole, bytes);
            if !earlier.is_empty() {
                let filling = self.gathered.get_or_insert_with(|| pool.filling());
                filling.push(&earlier);
            }
        }
    }

    /// Takes at most `limit` bytes from the front, in one piece, where no buffer is needed for that: nothing is gathered.
    pub(crate) fn take_whole(&mut self, limit: usize) -> Option<Piece> {
        if self.gathered.is_some() {
            return None;
        }
        let len = limit.min(self.whole.len());
        Some(self.whole.split_to(len).into())
    }

    /// Takes at most `limit` bytes from the front, in one piece.
    pub(crate) fn take(&mut self, limit: usize, pool: &mut Pool) -> Piece {
        let Some(filling) = &mut self.gathered else {
            return self.take_whole(limit).unwrap_or_default();
        };
        let len = limit.min(filling.len());
        let is_all = len == filling.len();
        // The buffer itself leaves where bytes fill most of it: it is kept until they are written.
        if is_all && filling.is_mostly_full() {
            let filling = self.gathered.take();
            return filling.map(Filling::into_piece).unwrap_or_default();
        }
        let piece = pool.copy(filling.front(len));
        filling.advance(len);
        if is_all {
            if let Some(filling) = self.gathered.take() {
                pool.recycle(filling.into_piece());
            }
        }
        piece
    }
}

#[cfg(test)]
mod tests;
