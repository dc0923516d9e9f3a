//! Buffers that leave one after the other.
//!
//! Invariant: none of them is empty, so the first slice of a list that has bytes is never empty.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

#[derive(Default)]
pub(crate) struct BufList {
    bufs: VecDeque<Bytes>,
    remaining: usize,
}

impl BufList {
    pub(crate) fn push(&mut self, buf: Bytes) {
        if !buf.is_empty() {
            self.remaining += buf.len();
            self.bufs.push_back(buf);
        }
    }

    /// How many buffers wait.
    pub(crate) fn len(&self) -> usize {
        self.bufs.len()
    }

    /// How many bytes wait, in all buffers.
    pub(crate) fn remaining(&self) -> usize {
        self.remaining
    }

    /// Puts the first buffers into `slices`, and says how many.
    pub(crate) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let pairs = slices.iter_mut().zip(&self.bufs);
        pairs.map(|(slice, buf)| *slice = IoSlice::new(buf)).count()
    }

    /// Drops the first `count` bytes, of which there must be as many.
    pub(crate) fn advance(&mut self, mut count: usize) {
        self.remaining -= count;
        while count > 0 {
            let front = self.bufs.front_mut().expect("the count was in `remaining`");
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.bufs.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(bufs: &[&'static str]) -> BufList {
        let mut list = BufList::default();
        for buf in bufs {
            list.push(Bytes::from_static(buf.as_bytes()));
        }
        list
    }

    fn slices(list: &BufList, at_most: usize) -> Vec<Vec<u8>> {
        let mut slices = vec![IoSlice::new(&[]); at_most];
        let count = list.fill(&mut slices);
        slices[..count].iter().map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn buffers_come_out_in_order_and_empty_ones_not_at_all() {
        let list = list(&["ab", "", "cde"]);
        assert_eq!(list.len(), 2);
        assert_eq!(list.remaining(), 5);
        assert_eq!(slices(&list, 8), [b"ab".to_vec(), b"cde".to_vec()]);
        assert_eq!(slices(&list, 1), [b"ab".to_vec()]);
    }

    #[test]
    fn advancing_stops_within_at_the_end_of_and_beyond_a_buffer() {
        for (count, left) in [
            (0, vec!["ab", "cde"]),
            (1, vec!["b", "cde"]),
            (2, vec!["cde"]),
            (3, vec!["de"]),
            (5, vec![]),
        ] {
            let mut list = list(&["ab", "cde"]);
            list.advance(count);
            assert_eq!(list.remaining(), 5 - count);
            assert_eq!(list.len(), left.len());
            let left: Vec<_> = left.iter().map(|buf| buf.as_bytes().to_vec()).collect();
            assert_eq!(slices(&list, 8), left, "after {count} bytes");
        }
    }
}
