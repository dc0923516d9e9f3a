use std::io::IoSlice;

use super::{Piece, Segments};

struct Text(&'static str);

impl Piece for Text {
    fn as_slice(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn advance(&mut self, count: usize) {
        self.0 = &self.0[count..];
    }
}

fn first(segments: &Segments<Text>, copied: &str, most: usize) -> Vec<String> {
    let mut slices = vec![IoSlice::new(&[]); most];
    let count = segments.slices(copied.as_bytes(), &mut slices);
    let text = |slice: &IoSlice<'_>| String::from_utf8_lossy(slice).into_owned();
    slices[..count].iter().map(text).collect()
}

/// `ab`, piece, piece, `c`, piece, `de`, where the copies are `abcde`.
fn mixed() -> Segments<Text> {
    let mut segments = Segments::default();
    segments.push(2, Text("ONE"));
    segments.push(2, Text("TWO"));
    segments.push(3, Text("THREE"));
    segments
}

#[test]
fn copies_and_pieces_are_slices_in_the_order_in_which_they_came() {
    let all = ["ab", "ONE", "TWO", "c", "THREE", "de"];
    for most in 0..8 {
        let expected = &all[..most.min(all.len())];
        assert_eq!(first(&mixed(), "abcde", most), expected, "{most} slices");
    }
}

#[test]
fn what_stands_in_one_slice_is_given_as_one() {
    let none = Segments::<Text>::default();
    assert_eq!(none.only(b"abc"), Some(&b"abc"[..]));
    let mut one = Segments::default();
    one.push(0, Text("ONE"));
    assert_eq!(one.only(b""), Some(&b"ONE"[..]));
    assert_eq!(one.only(b"abc"), None, "copies behind the piece");
    one.push(0, Text("TWO"));
    assert_eq!(one.only(b""), None, "two pieces");
}

#[test]
fn order_is_kept_when_bytes_leave_at_every_pace_and_more_come_meanwhile() {
    for pace in 1..20 {
        let mut segments = mixed();
        let mut copied = String::from("abcde");
        let mut left = String::new();
        let mut done = Vec::new();
        let mut is_more_added = false;
        loop {
            let now: String = first(&segments, &copied, 16).concat();
            let now = &now[..pace.min(now.len())];
            if now.is_empty() {
                break;
            }
            left.push_str(now);
            let gone = segments.advance(now.len(), |piece| done.push(piece.0));
            copied.drain(..gone);
            if !is_more_added {
                is_more_added = true;
                copied.push('f');
                segments.push(copied.len(), Text("FOUR"));
            }
        }
        assert_eq!(left, "abONETWOcTHREEdefFOUR", "{pace} at a time");
        assert_eq!(done, ["", "", "", ""], "every piece is handed over, empty");
        assert_eq!((segments.pieces(), segments.fronted), (0, 0));
    }
}

#[test]
fn bytes_behind_the_last_piece_are_copies() {
    let mut segments = mixed();
    assert_eq!(segments.advance(16, drop), 5);
    assert_eq!(segments.pieces(), 0);
    assert_eq!(segments.advance(3, drop), 3);
}
