//! The error of a request that may never have left.
//!
//! Invariant: `message` is there only if no part of the request was given to the protocol, so
//! whoever takes it out may send it elsewhere without sending it twice.

use crate::error::Error;

/// Why a request failed, with the request itself where nothing of it was sent.
///
/// The connection keeps a request to itself until it can start it. One that fails before that
/// moment, because the connection had closed or closes while the request waits, comes back whole
/// and is safe to send on another connection whatever its method. One that fails later is gone:
/// the peer may have acted on it.
#[derive(Debug)]
pub struct TrySendError<T> {
    pub(super) error: Error,
    pub(super) message: Option<T>,
}

impl<T> TrySendError<T> {
    /// The unsent message, if there is one and it has not been taken yet.
    pub fn message(&self) -> Option<&T> {
        self.message.as_ref()
    }

    /// Takes the unsent message out, to try it on another connection.
    ///
    /// `None` if the message was handed to the protocol, or was taken before.
    pub fn take_message(&mut self) -> Option<T> {
        self.message.take()
    }

    /// What went wrong.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What went wrong, without the message.
    pub fn into_error(self) -> Error {
        self.error
    }
}
