//! Trait aliases for what HTTP/2 connections ask of an [`Executor`](super::Executor).
//!
//! The traits are sealed: they hold for every `Clone` executor that can run the futures concerned,
//! whose types are private. Use them to bound code that is generic over the executor.

#[cfg(all(feature = "client", feature = "http2"))]
pub use crate::proto::h2::client::exec::Http2ClientConnExec;
#[cfg(all(feature = "server", feature = "http2"))]
pub use crate::proto::h2::server::exec::Http2ServerConnExec;
