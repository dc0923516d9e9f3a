use bytes::Bytes;

use super::Waiting as Tested;
use crate::proto::h2::piece::{Filling, Piece, Pool};
use crate::proto::h2::window::FRAME_SIZE;

/// With a pool of its own.
#[derive(Default)]
struct Waiting {
    tested: Tested,
    pool: Pool,
}

impl Waiting {
    fn len(&self) -> usize {
        self.tested.len()
    }

    fn is_empty(&self) -> bool {
        self.tested.is_empty()
    }

    fn gather(&mut self, bytes: &[u8]) {
        self.tested.gather(bytes, &mut self.pool);
    }

    fn put(&mut self, bytes: Bytes) {
        self.tested.put(bytes, &mut self.pool);
    }

    fn take(&mut self, limit: usize) -> Piece {
        self.tested.take(limit, &mut self.pool)
    }

    fn gathering_capacity(&self) -> usize {
        self.tested.gathered.as_ref().map_or(0, Filling::capacity)
    }
}

fn drain(waiting: &mut Waiting, step: usize) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let piece = waiting.take(step);
        assert!(!piece.is_empty() && piece.len() <= step);
        assert_eq!(waiting.len(), before - piece.len());
        pieces.push(piece.as_slice().to_vec());
    }
    pieces
}

#[test]
fn small_pieces_leave_as_one() {
    let mut waiting = Waiting::default();
    for byte in 0..100u8 {
        waiting.put(Bytes::copy_from_slice(&[byte]));
    }
    assert_eq!(
        drain(&mut waiting, FRAME_SIZE),
        [(0..100).collect::<Vec<u8>>()]
    );
}

#[test]
fn a_large_piece_is_not_copied() {
    let mut waiting = Waiting::default();
    let large = Bytes::from(vec![7; FRAME_SIZE * 4]);
    waiting.put(large.clone());
    let piece = waiting.take(FRAME_SIZE);
    assert_eq!(piece.as_slice().as_ptr(), large.as_ptr());
}

#[test]
fn order_is_kept_whatever_the_mixture() {
    let sizes = [1, FRAME_SIZE, 3, 2, FRAME_SIZE * 3, 5, FRAME_SIZE - 1, 1, 1];
    for step in [1, 7, 1000, FRAME_SIZE, FRAME_SIZE * 8] {
        let mut waiting = Waiting::default();
        let mut expected = Vec::new();
        let mut seen = Vec::new();
        for (index, size) in sizes.into_iter().enumerate() {
            let piece: Vec<u8> = (0..size).map(|at| (at * 31 + index) as u8).collect();
            expected.extend_from_slice(&piece);
            if index % 2 == 0 {
                waiting.put(Bytes::from(piece));
            } else {
                waiting.gather(&piece);
            }
            if index % 3 == 2 && !waiting.is_empty() {
                seen.extend_from_slice(waiting.take(step).as_slice());
            }
        }
        seen.extend(drain(&mut waiting, step).concat());
        assert!(seen == expected, "step {step}");
    }
}

#[test]
fn gathering_a_frame_byte_by_byte_allocates_no_more_than_a_frame() {
    let mut waiting = Waiting::default();
    for _ in 0..FRAME_SIZE {
        waiting.gather(b"x");
    }
    assert_eq!(waiting.len(), FRAME_SIZE);
    assert!(waiting.gathering_capacity() <= FRAME_SIZE);
}

#[test]
fn gathering_holds_no_more_than_a_frame_however_bytes_come_and_go() {
    for (first, step) in [(1, 1), (10_499, 3), (1_025, 8_191), (FRAME_SIZE - 1, 5)] {
        let mut waiting = Waiting::default();
        waiting.gather(&vec![1; first]);
        for _ in 0..1_000 {
            let room = FRAME_SIZE - waiting.len();
            waiting.gather(&vec![2; room.min(step * 3)]);
            waiting.take(step);
            assert!(waiting.gathering_capacity() <= FRAME_SIZE);
        }
    }
}

#[test]
fn a_piece_of_a_little_does_not_pin_a_large_buffer() {
    let mut waiting = Waiting::default();
    waiting.gather(&vec![1; FRAME_SIZE]);
    let most = waiting.take(FRAME_SIZE - 10);
    let rest = waiting.take(10);
    assert_eq!(most.capacity(), FRAME_SIZE - 10);
    assert_eq!(rest.capacity(), 10);
}

#[test]
fn nothing_waiting_holds_no_buffer() {
    let mut waiting = Waiting::default();
    waiting.gather(b"abc");
    assert_eq!(waiting.take(3).as_slice(), b"abc");
    assert_eq!(waiting.gathering_capacity(), 0);
    waiting.gather(b"");
    assert_eq!(waiting.gathering_capacity(), 0);
}
