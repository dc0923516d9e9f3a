//! HTTP/1 peers made of raw bytes, and hyper's ends for them to talk to.
//!
//! - [`Peer`] sends and expects bytes, and does nothing on its own.
//! - [`Server`] and [`Client`] are hyper with such a peer, on a [`wire`](super::gate::wire) of their own. hyper's transport
//!   is a [`HyperIo`], which keeps a record of its calls.
//!
//! Expectations are whole: [`Peer::expect_text`] runs until idle and compares all that hyper sent, so that a byte too many
//! fails as surely as one that is missing.

#[cfg(all(feature = "client", feature = "http1"))]
mod client_end;
mod delivery;
mod head;
mod peer;
mod recorded_io;
#[cfg(all(feature = "server", feature = "http1"))]
mod server_end;

#[cfg(all(feature = "client", feature = "http1"))]
pub use self::client_end::{Client, ClientBuilder, ClientConnection, Exchange, HeldClient};
pub use self::delivery::Delivery;
pub use self::head::Head;
pub use self::peer::Peer;
pub use self::recorded_io::{HyperIo, Record};
#[cfg(all(feature = "server", feature = "http1"))]
pub use self::server_end::{HeldServer, HyperServer, Server, ServerBuilder, ServerConnection};
