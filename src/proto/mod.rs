//! The protocols: what stands between a transport and the messages.
//!
//! [`exchange`] carries requests from a client's handle to its connection task; [`headers`] and
//! [`date`] are rules about fields that no protocol version owns; `segments` keeps outgoing bytes in order
//! for both.

#[cfg(all(feature = "server", any(feature = "http1", feature = "http2")))]
pub(crate) mod date;
#[cfg(all(feature = "client", any(feature = "http1", feature = "http2")))]
pub(crate) mod exchange;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
pub(crate) mod h1;
#[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
pub(crate) mod h2;
#[cfg(all(
    any(feature = "http1", feature = "http2"),
    any(feature = "client", feature = "server")
))]
#[cfg_attr(
    not(all(feature = "http1", feature = "http2")),
    allow(dead_code, reason = "each protocol has rules of its own")
)]
pub(crate) mod headers;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
pub(crate) mod outcome;
#[cfg(all(
    any(feature = "http1", feature = "http2"),
    any(feature = "client", feature = "server")
))]
#[cfg_attr(
    not(feature = "http1"),
    allow(dead_code, reason = "only HTTP/1 counts pieces")
)]
mod segments;
