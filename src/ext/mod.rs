//! What a message can carry beyond its head and body.
//!
//! These types travel in the [`Extensions`](http::Extensions) of a request or response. Each
//! documents where it is read and where it is written; anywhere else it has no effect.

#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
pub(crate) mod header_case;
#[cfg(all(feature = "http1", feature = "client"))]
pub(crate) mod informational;
#[cfg(feature = "http2")]
mod protocol;
#[cfg(feature = "http1")]
mod reason_phrase;

#[cfg(all(feature = "http1", feature = "client"))]
pub use self::informational::on_informational;
#[cfg(feature = "http2")]
pub use self::protocol::Protocol;
#[cfg(feature = "http1")]
pub use self::reason_phrase::ReasonPhrase;
