//! The client role.
//!
//! Everything here works on one connection whose transport the caller opened: resolving names,
//! connecting, TLS, pooling and retrying live above this crate. The module `conn` exists with
//! the `http1` or the `http2` feature; with neither, this module is empty.

#[cfg(any(feature = "http1", feature = "http2"))]
pub mod conn;
