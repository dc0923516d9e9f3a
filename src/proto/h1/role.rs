//! The two ends of a connection.

use http::{request, response};

/// What tells a server's codec from a client's.
pub(crate) trait Role {
    /// The head of a message that is received.
    type Incoming;
    /// The head of a message that is sent.
    type Outgoing;
}

/// Receives requests, sends responses.
pub(crate) enum Server {}

/// Sends requests, receives responses.
pub(crate) enum Client {}

impl Role for Server {
    type Incoming = request::Parts;
    type Outgoing = response::Parts;
}

impl Role for Client {
    type Incoming = response::Parts;
    type Outgoing = request::Parts;
}
