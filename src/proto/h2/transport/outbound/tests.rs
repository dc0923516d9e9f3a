use std::io::IoSlice;

use bytes::Bytes;

use super::{Outbound, MAX_SLICES};
use crate::proto::h2::piece::Piece;

fn piece(bytes: &[u8]) -> Piece {
    Piece::from(Bytes::copy_from_slice(bytes))
}

/// What the next write would be given.
fn front<M>(outbound: &Outbound<M>) -> Vec<Vec<u8>> {
    let mut slices = [IoSlice::new(&[]); MAX_SLICES];
    let count = outbound.slices(&mut slices);
    slices[..count].iter().map(|slice| slice.to_vec()).collect()
}

#[test]
fn bytes_leave_in_the_order_in_which_they_came_however_they_are_cut() {
    for step in 1..40 {
        let mut outbound = Outbound::<()>::default();
        let mut expected = Vec::new();
        let mut seen = Vec::new();
        for round in 0..50u8 {
            let head = vec![round; usize::from(round % 11)];
            let payload = vec![!round; 1 + usize::from(round % 17)];
            outbound.push_copy(&head);
            outbound.push(piece(&payload));
            expected.extend([head, payload].concat());

            let now = front(&outbound).concat();
            let now = &now[..now.len().min(step)];
            seen.extend_from_slice(now);
            outbound.advance(now.len(), drop);
        }
        while !outbound.is_empty() {
            let now = front(&outbound).concat();
            seen.extend_from_slice(&now);
            outbound.advance(now.len(), drop);
        }
        assert_eq!(seen, expected, "in steps of {step}");
        assert!(outbound.is_settled());
    }
}

#[test]
fn what_is_copied_in_a_row_is_one_slice_and_a_payload_is_one_of_its_own() {
    let mut outbound = Outbound::<()>::default();
    outbound.push_copy(b"a");
    outbound.push_copy(b"");
    outbound.push_copy(b"b");
    outbound.push(piece(b"payload"));
    outbound.push_copy(b"c");
    assert_eq!(front(&outbound), [&b"ab"[..], b"payload", b"c"]);
    assert_eq!(outbound.len(), 10);
}

#[test]
fn no_more_slices_are_given_than_fit() {
    let mut outbound = Outbound::<()>::default();
    for _ in 0..MAX_SLICES {
        outbound.push_copy(b"h");
        outbound.push(piece(b"p"));
    }
    assert_eq!(front(&outbound).len(), MAX_SLICES);
    outbound.advance(MAX_SLICES, drop);
    assert_eq!(front(&outbound).concat().len(), MAX_SLICES);
}

#[test]
fn a_mark_is_passed_with_the_last_byte_in_front_of_it() {
    let mut outbound = Outbound::default();
    outbound.mark("at the start");
    outbound.push_copy(b"abc");
    outbound.mark("behind abc");
    outbound.mark("there, too");
    outbound.push(piece(b"def"));
    outbound.mark("behind def");
    assert!(!outbound.is_settled());

    assert_eq!(outbound.pass_mark(), Some("at the start"));
    assert_eq!(outbound.pass_mark(), None);
    outbound.advance(2, drop);
    assert_eq!(outbound.pass_mark(), None);
    outbound.advance(2, drop);
    assert_eq!(outbound.pass_mark(), Some("behind abc"));
    assert_eq!(outbound.pass_mark(), Some("there, too"));
    assert_eq!(outbound.pass_mark(), None);
    outbound.advance(2, drop);
    assert!(outbound.is_empty() && !outbound.is_settled());
    assert_eq!(outbound.pass_mark(), Some("behind def"));
    assert!(outbound.is_settled());
}

#[test]
fn a_mark_behind_everything_that_has_left_is_passed_at_once() {
    let mut outbound = Outbound::default();
    outbound.push_copy(b"abc");
    outbound.advance(3, drop);
    outbound.mark(());
    assert_eq!(outbound.pass_mark(), Some(()));
}

#[test]
fn pieces_are_given_up_when_their_last_byte_has_left() {
    let mut outbound = Outbound::<()>::default();
    outbound.push_copy(b"head");
    outbound.push(piece(b"one"));
    outbound.push(piece(b"two"));
    let mut done = 0;
    for left in (0..10).rev() {
        outbound.advance(1, |piece| {
            assert!(piece.is_empty());
            done += 1;
        });
        let expected = match left {
            0 => 2,
            1..=3 => 1,
            _ => 0,
        };
        assert_eq!(done, expected, "{left} bytes left");
    }
}

#[test]
fn marks_are_taken_in_order_also_of_what_stays() {
    let mut outbound = Outbound::default();
    outbound.push_copy(b"abc");
    outbound.mark(1);
    outbound.push_copy(b"abc");
    outbound.mark(2);
    assert_eq!(outbound.take_mark(), Some(1));
    assert_eq!(outbound.take_mark(), Some(2));
    assert_eq!(outbound.take_mark(), None);
}

#[test]
fn memory_is_let_go_of_only_where_nothing_is_here() {
    let mut outbound = Outbound::default();
    outbound.push_copy(b"abc");
    outbound.mark(());
    outbound.shrink();
    assert_eq!(front(&outbound), [b"abc"]);
    outbound.advance(3, drop);
    outbound.shrink();
    assert_eq!(outbound.pass_mark(), Some(()));
    outbound.shrink();
    assert_eq!(outbound.copied.capacity(), 0);
    outbound.push_copy(b"def");
    assert_eq!(front(&outbound), [b"def"]);
}

#[test]
fn copies_do_not_pile_up_where_never_all_of_them_have_left() {
    let mut outbound = Outbound::<()>::default();
    outbound.push_copy(b"0123456789");
    for _ in 0..10_000 {
        outbound.push_copy(b"0123456789");
        outbound.advance(10, drop);
    }
    assert!(outbound.copied.capacity() < 200);
}
