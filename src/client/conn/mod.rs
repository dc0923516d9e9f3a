//! Client connections, one module per protocol version.
//!
//! A handshake turns a transport into two halves:
//!
//! - a *sender*, which takes requests and gives a future of each response, and
//! - a *connection*, a future that does the work behind the sender.
//!
//! Nothing moves unless the connection is polled, so it is usually spawned as soon as the
//! handshake has returned. Drop it when it has finished: its senders count as closed from then
//! on.

#[cfg(feature = "http1")]
pub mod http1;
#[cfg(feature = "http2")]
pub mod http2;
mod try_send_error;

pub use self::try_send_error::TrySendError;
