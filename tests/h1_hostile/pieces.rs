//! In what pieces an input arrives.

use proptest::collection::vec;
use proptest::prelude::*;

/// Sizes of the pieces, over and over; none means all at once.
pub type Pieces = Vec<usize>;

pub fn pieces() -> impl Strategy<Value = Pieces> {
    prop_oneof![
        Just(vec![]),
        Just(vec![1]),
        vec(1usize..80, 1..6),
        vec(1usize..4, 1..6),
    ]
}

/// Cuts `input` into pieces.
pub fn cut<'a>(input: &'a [u8], sizes: &'a [usize]) -> Vec<&'a [u8]> {
    if sizes.is_empty() {
        return vec![input];
    }
    let mut rest = input;
    let mut cut = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, later) = rest.split_at(rest.len().min(*size));
        cut.push(piece);
        rest = later;
    }
    cut
}
