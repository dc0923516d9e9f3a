//! Streaming bodies for requests and responses.
//!
//! A body is a sequence of [`Frame`]s, DATA or trailers, pulled by whoever consumes it
//! (RFC 9110 §6.4): [`Body`] is the trait for all of them, [`Incoming`] the one that this crate
//! hands out for messages received from a peer.
//!
//! Bodies for messages to send come from elsewhere: the `http-body-util` crate has the usual ones,
//! and anything that implements [`Body`] will do, [`Incoming`] included, which is how a proxy
//! forwards.

#[cfg(not(all(
    feature = "http1",
    feature = "http2",
    any(feature = "client", feature = "server")
)))]
mod absent;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
pub(crate) mod channel;
#[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
pub(crate) mod h2_stream;
mod incoming;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
#[cfg_attr(
    not(feature = "client"),
    allow(dead_code, reason = "only responses last until the connection closes")
)]
pub(crate) mod length;

#[doc(no_inline)]
pub use bytes::{Buf, Bytes};
#[doc(no_inline)]
pub use http_body::{Body, Frame, SizeHint};

pub use self::incoming::Incoming;
