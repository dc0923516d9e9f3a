use bytes::Bytes;

use super::{Filling, Piece, Pool};
use crate::proto::h2::window::FRAME_SIZE;

fn frame(pool: &mut Pool, byte: u8) -> Piece {
    pool.copy(&[byte; FRAME_SIZE])
}

fn address(piece: &Piece) -> *const u8 {
    piece.as_slice().as_ptr()
}

#[test]
fn a_piece_is_cut_without_a_copy() {
    let mut pool = Pool::swept();
    for mut rest in [
        frame(&mut pool, 7),
        Piece::from(Bytes::from(vec![7; FRAME_SIZE])),
    ] {
        let start = address(&rest);
        let first = rest.split_to(100);
        assert_eq!((first.len(), rest.len()), (100, FRAME_SIZE - 100));
        assert_eq!(address(&first), start);
        assert_eq!(address(&rest), start.wrapping_add(100));
        rest.advance(50);
        assert_eq!(address(&rest), start.wrapping_add(150));
        let all = rest.split_to(rest.len());
        assert_eq!(all.len(), FRAME_SIZE - 150);
        assert!(rest.is_empty());
    }
}

#[test]
fn a_written_buffer_is_filled_again() {
    let mut pool = Pool::swept();
    let piece = frame(&mut pool, 1);
    let buffer = address(&piece);
    pool.recycle(piece);
    let piece = frame(&mut pool, 2);
    assert_eq!(address(&piece), buffer);
    assert_eq!(piece.as_slice(), [2; FRAME_SIZE]);
    assert!(pool.is_empty());
}

#[test]
fn a_buffer_that_another_piece_is_of_is_not_filled_again() {
    let mut pool = Pool::swept();
    let mut second = frame(&mut pool, 1);
    let first = second.split_to(10);
    assert!(!first.is_last_of_buffer());
    pool.recycle(first);
    assert!(pool.is_empty());
    let _other = frame(&mut pool, 2);
    assert_eq!(second.as_slice(), [1; FRAME_SIZE - 10]);
    assert!(second.is_last_of_buffer());
    pool.recycle(second);
    assert!(!pool.is_empty());
}

#[test]
fn what_does_not_fill_a_buffer_has_memory_of_its_own_size() {
    let mut pool = Pool::swept();
    for len in [0, 1, FRAME_SIZE / 2, FRAME_SIZE - 1] {
        let piece = pool.copy(&vec![7; len]);
        assert_eq!(piece.as_slice(), vec![7; len]);
        assert_eq!(piece.capacity(), len);
    }
}

#[test]
fn memory_from_elsewhere_is_not_kept() {
    let mut pool = Pool::swept();
    pool.recycle(Piece::from(Bytes::from(vec![7; FRAME_SIZE])));
    assert!(pool.is_empty());
}

#[test]
fn without_sweeps_one_buffer_is_kept() {
    let mut pool = Pool::default();
    let pieces: Vec<_> = (0..3).map(|byte| frame(&mut pool, byte)).collect();
    for piece in pieces {
        pool.recycle(piece);
    }
    assert_eq!(pool.buffers.len(), 1);
}

#[test]
fn a_sweep_lets_go_of_what_nobody_missed_since_the_last_one() {
    let mut pool = Pool::swept();
    let pieces: Vec<_> = (0..5).map(|byte| frame(&mut pool, byte)).collect();
    for piece in pieces {
        pool.recycle(piece);
    }
    pool.sweep();
    assert_eq!(pool.buffers.len(), 5, "all of them were used");
    // Two of them are used between this sweep and the next.
    let (first, second) = (frame(&mut pool, 1), frame(&mut pool, 2));
    pool.recycle(first);
    pool.recycle(second);
    pool.sweep();
    assert_eq!(pool.buffers.len(), 2);
    pool.sweep();
    assert!(pool.is_empty());
}

#[test]
fn a_filling_gives_its_bytes_in_order_and_never_grows_beyond_a_frame() {
    for (first, step) in [(1, 1), (10_499, 3), (1_025, 8_191), (FRAME_SIZE - 1, 5)] {
        let mut pool = Pool::swept();
        let mut filling = pool.filling();
        let mut next_in = 0_u8;
        let mut next_out = 0_u8;
        let mut push = |filling: &mut Filling, len: usize| {
            for _ in 0..len {
                filling.push(&[next_in]);
                next_in = next_in.wrapping_add(1);
            }
        };
        push(&mut filling, first);
        for _ in 0..300 {
            let room = FRAME_SIZE - filling.len();
            push(&mut filling, room.min(step * 2));
            let now = step.min(filling.len());
            for byte in filling.front(now) {
                assert_eq!(*byte, next_out);
                next_out = next_out.wrapping_add(1);
            }
            filling.advance(now);
            assert!(filling.capacity() <= FRAME_SIZE);
        }
    }
}

#[test]
fn a_full_filling_becomes_a_piece_without_a_copy_and_comes_back() {
    let mut pool = Pool::swept();
    let mut filling = pool.filling();
    filling.push(&[1; FRAME_SIZE]);
    assert!(filling.is_mostly_full());
    let piece = filling.into_piece();
    let buffer = address(&piece);
    assert_eq!(piece.as_slice(), [1; FRAME_SIZE]);
    pool.recycle(piece);
    let mut filling = pool.filling();
    filling.push(b"next");
    assert!(!filling.is_mostly_full());
    let piece = filling.into_piece();
    assert_eq!(piece.as_slice(), b"next");
    assert_eq!(address(&piece), buffer);
}
