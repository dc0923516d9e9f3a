//! How a connection ends for HTTP.

use crate::upgrade::pending::Pending;

/// What is left when a connection has nothing more to do.
#[must_use = "whoever waits for the upgrade has to be told"]
pub(crate) enum Outcome {
    /// Nothing.
    Closed,
    /// The transport, which speaks another protocol from here on, for whoever waits at the other end of this.
    Upgrade(Pending),
}

/// What becomes of the transport when a connection is [`Closed`](Outcome::Closed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransportEnd {
    Shutdown,
    /// It goes back to the caller as it is.
    Keep,
}
