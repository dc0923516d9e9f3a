//! What h2 has framed and the transport has not taken yet, in order.
//!
//! Invariants:
//! - Bytes leave in the order in which they came.
//! - What h2 made itself (frame headers, small frames) is copied here; the payload of a DATA
//!   frame is not, it moves.
//! - Each mark stands at the position in the outgoing bytes behind the last of those it is for, and marks are
//!   in order of position.

use std::collections::VecDeque;
use std::io::IoSlice;

use crate::proto::h2::piece::Piece;
use crate::proto::segments::{self, Segments};

/// The memory of a quiet connection, in bytes.
pub(super) const LEAST: usize = 4 << 10;

/// The most slices that go into one write.
pub(crate) const MAX_SLICES: usize = 32;

pub(crate) struct Outbound<M> {
    moved: Segments<Piece>,
    /// What was copied, behind `copied_start` bytes that are gone.
    copied: Vec<u8>,
    copied_start: usize,
    len: usize,
    /// Bytes that have left, in all.
    gone: u64,
    marks: VecDeque<(u64, M)>,
}

impl segments::Piece for Piece {
    fn as_slice(&self) -> &[u8] {
        Piece::as_slice(self)
    }

    fn advance(&mut self, count: usize) {
        Piece::advance(self, count);
    }
}

impl<M> Default for Outbound<M> {
    fn default() -> Self {
        Outbound {
            moved: Segments::default(),
            copied: Vec::new(),
            copied_start: 0,
            len: 0,
            gone: 0,
            marks: VecDeque::new(),
        }
    }
}

impl<M> Outbound<M> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there is nothing to write and no mark to pass.
    pub(crate) fn is_settled(&self) -> bool {
        self.len == 0 && self.marks.is_empty()
    }

    /// Whether there is more memory here than a quiet connection needs.
    pub(crate) fn is_large(&self) -> bool {
        self.copied.capacity() > LEAST
    }

    /// Lets go of memory where nothing is here.
    pub(crate) fn shrink(&mut self) {
        if self.is_settled() {
            *self = Outbound::default();
        }
    }

    pub(crate) fn push_copy(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.copied_start == self.copied.len() {
            self.copied.clear();
            self.copied_start = 0;
        } else if self.copied_start > self.copied.len() / 2 {
            self.copied.drain(..self.copied_start);
            self.copied_start = 0;
        }
        self.copied.extend_from_slice(bytes);
        self.len += bytes.len();
    }

    pub(crate) fn push(&mut self, piece: Piece) {
        self.len += piece.len();
        self.moved
            .push(self.copied.len() - self.copied_start, piece);
    }

    /// Puts `mark` behind all that is here.
    pub(crate) fn mark(&mut self, mark: M) {
        let position = self.gone + self.len as u64;
        self.marks.push_back((position, mark));
    }

    /// Takes the next mark that all bytes in front of have left.
    pub(crate) fn pass_mark(&mut self) -> Option<M> {
        let (position, _) = self.marks.front()?;
        if *position > self.gone {
            return None;
        }
        self.marks.pop_front().map(|(_, mark)| mark)
    }

    /// Takes the next mark, wherever it stands.
    pub(crate) fn take_mark(&mut self) -> Option<M> {
        self.marks.pop_front().map(|(_, mark)| mark)
    }

    /// All bytes, where they stand in one slice.
    pub(crate) fn only_slice(&self) -> Option<&[u8]> {
        self.moved.only(self.copies())
    }

    /// The first bytes, in as many slices as they stand in and fit; returns how many slices.
    pub(crate) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; MAX_SLICES]) -> usize {
        self.moved.slices(self.copies(), slices)
    }

    fn copies(&self) -> &[u8] {
        &self.copied[self.copied_start..]
    }

    /// Forgets the first `count` bytes, which have left, and hands the pieces that are done with to
    /// `done`.
    pub(crate) fn advance(&mut self, count: usize, done: impl FnMut(Piece)) {
        let left = self.len.checked_sub(count);
        self.len = left.expect("no more bytes leave than are here");
        self.gone += count as u64;
        self.copied_start += self.moved.advance(count, done);
    }
}

#[cfg(test)]
mod tests;
