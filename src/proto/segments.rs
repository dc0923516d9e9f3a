//! The order of outgoing bytes that stand in two places: in one buffer of copies, which whoever sends has, and in pieces
//! of their own.
//!
//! Invariants:
//! - Bytes leave in the order in which they came. The copies come in the order of their buffer; a piece comes behind the
//!   copies that were in the buffer when it was pushed.
//! - No piece is empty.
//! - Copies behind the last piece need no entry, so that what is all copies costs nothing here.

use std::collections::VecDeque;
use std::io::IoSlice;

/// Bytes that were not copied.
pub(crate) trait Piece {
    fn as_slice(&self) -> &[u8];

    /// Forgets the first `count` bytes.
    fn advance(&mut self, count: usize);
}

pub(crate) struct Segments<P> {
    entries: VecDeque<Entry<P>>,
    /// Copies that some piece is behind.
    fronted: usize,
}

struct Entry<P> {
    /// How many bytes of copies come in front of the piece, and behind the piece before it.
    copied: usize,
    piece: P,
}

impl<P> Default for Segments<P> {
    fn default() -> Self {
        Segments {
            entries: VecDeque::new(),
            fronted: 0,
        }
    }
}

impl<P: Piece> Segments<P> {
    /// How many pieces there are.
    pub(crate) fn pieces(&self) -> usize {
        self.entries.len()
    }

    /// Adds `piece` behind all `copied` bytes of copies.
    pub(crate) fn push(&mut self, copied: usize, piece: P) {
        debug_assert!(!piece.as_slice().is_empty());
        self.entries.push_back(Entry {
            copied: copied - self.fronted,
            piece,
        });
        self.fronted = copied;
    }

    /// All bytes, where they stand in one slice: these copies, or one piece and nothing else.
    pub(crate) fn only<'a>(&'a self, copied: &'a [u8]) -> Option<&'a [u8]> {
        match self.entries.front() {
            None => Some(copied),
            Some(entry) if self.entries.len() == 1 && copied.is_empty() => {
                Some(entry.piece.as_slice())
            }
            Some(_) => None,
        }
    }

    /// Puts the first bytes, of these copies and the pieces among them, into as many of `slices` as they take and there
    /// are; returns how many.
    pub(crate) fn slices<'a>(&'a self, mut copied: &'a [u8], slices: &mut [IoSlice<'a>]) -> usize {
        let mut count = 0;
        let mut put = |bytes: &'a [u8]| {
            if bytes.is_empty() {
                return true;
            }
            let Some(slice) = slices.get_mut(count) else {
                return false;
            };
            *slice = IoSlice::new(bytes);
            count += 1;
            true
        };
        for entry in &self.entries {
            let (now, later) = copied.split_at(entry.copied);
            copied = later;
            if !(put(now) && put(entry.piece.as_slice())) {
                return count;
            }
        }
        put(copied);
        count
    }

    /// Forgets the first `count` bytes, which have left, and hands the pieces that are done with to `done`. Returns how
    /// many of the bytes were copies.
    pub(crate) fn advance(&mut self, count: usize, mut done: impl FnMut(P)) -> usize {
        let mut rest = count;
        let mut copied = 0;
        while rest > 0 {
            let Some(entry) = self.entries.front_mut() else {
                return copied + rest;
            };
            let now = rest.min(entry.copied);
            entry.copied -= now;
            self.fronted -= now;
            copied += now;
            rest -= now;

            let length = entry.piece.as_slice().len();
            let now = rest.min(length);
            entry.piece.advance(now);
            rest -= now;
            if now == length {
                if let Some(entry) = self.entries.pop_front() {
                    done(entry.piece);
                }
            }
        }
        copied
    }
}

#[cfg(test)]
mod tests;
