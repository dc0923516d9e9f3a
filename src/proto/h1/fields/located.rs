//! Where httparse has found things, as places that outlive the buffer it has looked at.
//!
//! Invariant: a place is within the bytes that it was found in, and nothing lies in none.

use std::ops::Range;

/// Where a part of a head stands, in bytes from its start.
pub(crate) type Place = Range<usize>;

/// Where a field line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineAt {
    pub(crate) name: Place,
    pub(crate) value: Place,
}

/// The place of `part`, which is a slice of `whole` or empty.
pub(crate) fn place(whole: &[u8], part: &[u8]) -> Place {
    if part.is_empty() {
        return 0..0;
    }
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Puts the places of `lines`, which are slices of `whole`, into `found` and nothing else.
pub(crate) fn locate(whole: &[u8], lines: &[httparse::Header<'_>], found: &mut Vec<LineAt>) {
    found.clear();
    found.extend(lines.iter().map(|line| LineAt {
        name: place(whole, line.name.as_bytes()),
        value: place(whole, line.value),
    }));
}
