//! Room for httparse to put field lines into.
//!
//! Invariant: there is never more of it than the head has lines, however large the caller set the
//! limit; and none is allocated for the usual number.

use std::mem::MaybeUninit;

use httparse::Header;

use crate::proto::h1::config::DEFAULT_MAX_HEADERS;

/// Calls `parse` with room for as many field lines as `lines` can hold, `max` at most.
pub(crate) fn with_slots<'b, T>(
    lines: usize,
    max: usize,
    parse: impl FnOnce(&mut [MaybeUninit<Header<'b>>]) -> T,
) -> T {
    let wanted = lines.min(max);
    if wanted <= DEFAULT_MAX_HEADERS {
        let mut slots = [const { MaybeUninit::uninit() }; DEFAULT_MAX_HEADERS];
        parse(&mut slots[..wanted])
    } else {
        let mut slots = vec![MaybeUninit::uninit(); wanted];
        parse(&mut slots)
    }
}
