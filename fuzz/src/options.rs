//! What stands before the bytes of an input, for the targets of HTTP/1.

/// The first byte of an input: three bits for how the rest is cut into pieces, five for the target.
pub struct Options {
    pub bits: [bool; 5],
    pub pieces: Vec<usize>,
}

/// An empty input is one that says nothing, with options that say nothing.
pub fn split(input: &[u8]) -> (Options, &[u8]) {
    let (first, rest) = match input.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (0, input),
    };
    let pieces: &[usize] = match first >> 5 {
        0 => &[],
        1 => &[1],
        2 => &[2],
        3 => &[3, 1],
        4 => &[1, 2, 5],
        5 => &[7],
        6 => &[16, 1],
        _ => &[61],
    };
    let options = Options {
        bits: std::array::from_fn(|bit| first >> bit & 1 != 0),
        pieces: pieces.to_vec(),
    };
    (options, rest)
}
