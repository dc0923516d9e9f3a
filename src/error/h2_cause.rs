//! Errors that HTTP/2 causes, and the stream errors that errors cause in turn.
//!
//! Invariant: an `h2::Error` becomes a `source()` as it is. Dependants downcast to it, to retry
//! after `REFUSED_STREAM` or to map its reason to a status of their own.

use std::error::Error as StdError;

use h2::Reason;

use crate::error::kind::Kind;
use crate::error::opaque::{chain, Error};
use crate::error::timed_out::KeepAliveTimedOut;

impl Error {
    /// A failure of the connection or of a stream. One of the transport is unwrapped, so that it
    /// looks the same as in HTTP/1: kind `Io`, caused by the `io::Error`.
    pub(crate) fn from_h2(err: h2::Error) -> Error {
        if err.is_io() {
            let io = err
                .into_io()
                .expect("an h2 error that is_io holds an io::Error");
            Error::new(Kind::Io).with(io)
        } else {
            Error::new(Kind::Http2).with(err)
        }
    }

    /// A failure while receiving a body.
    pub(crate) fn from_h2_body(err: h2::Error) -> Error {
        Error::new(Kind::Body).with(err)
    }

    /// The peer did not acknowledge a keep-alive ping in time.
    pub(crate) fn keep_alive_timed_out() -> Error {
        Error::new(Kind::Http2).with(KeepAliveTimedOut)
    }

    /// The code to reset a stream with that failed for this error; see [`reset_reason_of`].
    pub(crate) fn reset_reason(&self) -> Reason {
        reset_reason_of(self)
    }
}

/// The code to reset a stream with that failed for `err` (RFC 9113, section 7).
///
/// It is the reason of the first `h2::Error` among `err` and its causes, so that a proxy passes on
/// what it met upstream. Without one, or when that one has no reason because the transport failed,
/// it is `INTERNAL_ERROR`.
pub(crate) fn reset_reason_of(err: &(dyn StdError + 'static)) -> Reason {
    chain(err)
        .find_map(|error| error.downcast_ref::<h2::Error>())
        .and_then(h2::Error::reason)
        .unwrap_or(Reason::INTERNAL_ERROR)
}

#[cfg(test)]
mod tests;
