use bytes::Bytes;

use super::Waiting;
use crate::proto::h2::window::FRAME_SIZE;

fn drain(waiting: &mut Waiting, step: usize) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let piece = waiting.take(step);
        assert!(!piece.is_empty() && piece.len() <= step);
        assert_eq!(waiting.len(), before - piece.len());
        pieces.push(piece.to_vec());
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
    assert_eq!(piece.as_ptr(), large.as_ptr());
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
                seen.extend_from_slice(&waiting.take(step));
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
    assert!(waiting.gathered.capacity() <= FRAME_SIZE);
}

#[test]
fn taking_a_little_does_not_pin_the_buffer() {
    let mut waiting = Waiting::default();
    waiting.gather(&[1; 1000]);
    let piece = waiting.take(1);
    let buffer = waiting.gathered.as_ptr() as usize;
    assert!(!(buffer - 1..buffer + 999).contains(&(piece.as_ptr() as usize)));
}

#[test]
fn nothing_waiting_holds_no_buffer() {
    let mut waiting = Waiting::default();
    waiting.gather(b"abc");
    waiting.take(3);
    assert_eq!(waiting.gathered.capacity(), 0);
    waiting.gather(b"");
    assert_eq!(waiting.gathered.capacity(), 0);
}
