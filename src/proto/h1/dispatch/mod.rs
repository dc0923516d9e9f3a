//! What happens on an HTTP/1 connection, and in which order.
//!
//! [`server`] and [`client`] know the exchanges; [`intake`] and [`outflow`] carry the bodies of either, and [`driver`]
//! shares the time between reading and writing. [`turn`] is how a client's handle knows that it may send.

pub(crate) mod driver;
pub(crate) mod intake;
pub(crate) mod outflow;

#[cfg(feature = "client")]
pub(crate) mod client;
#[cfg(feature = "client")]
pub(crate) mod turn;

#[cfg(feature = "server")]
pub(crate) mod server;
