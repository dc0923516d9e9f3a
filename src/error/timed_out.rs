//! The causes that mark an error as a timeout of this crate.

use std::error::Error as StdError;
use std::fmt;

/// A deadline set by this crate has passed. [`Error::is_timeout`](super::Error::is_timeout) looks
/// for this type.
#[derive(Debug)]
pub(super) struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("operation timed out")
    }
}

impl StdError for TimedOut {}

/// The peer did not acknowledge an HTTP/2 keep-alive ping in time.
#[derive(Debug)]
pub(super) struct KeepAliveTimedOut;

impl fmt::Display for KeepAliveTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keep-alive timed out")
    }
}

impl StdError for KeepAliveTimedOut {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&TimedOut)
    }
}
