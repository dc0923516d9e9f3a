//! How the field names of a message were spelt on the wire.
//!
//! Invariant: the n-th spelling recorded for a name belongs to the n-th line of that name.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};

/// The spellings of field names in a message that was received with `preserve_header_case`.
///
/// It travels in the message's extensions, so that a proxy which moves them from one message to
/// another keeps the names as they were.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderCase(HeaderMap<Bytes>);

impl HeaderCase {
    /// Records how the next line of that name is spelt. Beyond what a `HeaderMap` can hold nothing
    /// is recorded.
    pub(crate) fn record(&mut self, name: HeaderName, spelling: Bytes) {
        let _ = self.0.try_append(name, spelling);
    }

    /// The spelling of the `nth` line of that name, counted from 0.
    pub(crate) fn spelling(&self, name: &HeaderName, nth: usize) -> Option<&[u8]> {
        self.0.get_all(name).iter().nth(nth).map(AsRef::as_ref)
    }
}
