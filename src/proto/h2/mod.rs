//! HTTP/2 (RFC 9113), on the `h2` crate.
//!
//! Every connection is instantiated with one concrete send buffer, [`send_buf::SendBuf`], so no
//! body type runs through the h2 layer, and [`windowed_sender`] is the only place that asks for
//! window and hands DATA over: bodies ([`body_pipe`]) and CONNECT tunnels ([`upgrade`]) share its
//! bound.

pub(crate) mod aside;
pub(crate) mod body_pipe;
pub(crate) mod failure;
pub(crate) mod ledger;
pub(crate) mod linger;
pub(crate) mod piece;
pub(crate) mod ping;
pub(crate) mod send_buf;
pub(crate) mod streams;
pub(crate) mod transport;
pub(crate) mod tunnel_reader;
pub(crate) mod upgrade;
pub(crate) mod waiting;
pub(crate) mod waiting_writer;
pub(crate) mod window;
pub(crate) mod windowed_sender;

#[cfg(feature = "client")]
pub(crate) mod client;
#[cfg(feature = "server")]
pub(crate) mod server;
