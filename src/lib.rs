#![deny(missing_docs)]
#![deny(unsafe_code)]

//! HTTP for Rust, client and server, with HTTP/2 CONNECT tunnels whose memory is bounded.
//!
//! This crate is a drop-in for `hyper` 1.12.0: the same package name, the same public API. What
//! it adds is a promise that people who run CONNECT proxies can plan capacity with: **every byte
//! that a tunnel holds is bounded**, whatever its peer does.
//!
//! # The bound
//!
//! An [`upgrade::Upgraded`] that came from an HTTP/2 CONNECT accepts at most
//!
//! - 16 KiB (one DATA frame) beyond what the peer's flow-control window admits, and
//! - `max_send_buf_size` bytes in all (400 KiB by default on a server, 1 MiB on a client) that
//!   the connection's socket has not taken yet,
//!
//! for writes of any size. A write that does not fit takes a part of its buffer, or waits.
//!
//! # Where to look
//!
//! - [`server::conn`] and [`client`] serve and open single connections. There is no pool, no
//!   listener and no runtime here: [`rt`] holds the traits through which a program lends its own.
//! - [`body`] and [`service`] are the shapes of messages and handlers.
//! - [`upgrade`] turns a CONNECT exchange into a stream of bytes.
//!
//! # Optional features
//!
//! None is on by default.
//!
//! - `client`, `server`: the roles.
//! - `http1`, `http2`: the protocol versions.
//! - `full`: the four above.
//! - `tracing`: what becomes of connections, streams and tunnels, by way of the `tracing` crate; no
//!   `--cfg` flag is needed. Without it there is no trace of it in the program.
//!
//!   | span | fields | events within it, at level DEBUG |
//!   | --- | --- | --- |
//!   | `connection` | `role`, `protocol` | `connection opened`; `request` (`method`; HTTP/1 only); `connection closed` (`error`, unless it ended well) |
//!   | `stream` | `id`, `method` | `stream opened`; `stream closed` |
//!   | `tunnel` | | `tunnel opened`; `tunnel stalled` (`held`, in bytes); `tunnel resumed` (`stalled_us`, in microseconds); `tunnel closed` (`sent` and `received` in bytes, `stalls`, and `failure` or `stalled_us` where it did not end well) |
//!
//!   Each is within the one above it, and all have the target `hyper`. A tunnel is stalled from a write
//!   that has to wait to the next that is accepted, in part at least. The events of the `h2` crate are there with or
//!   without the feature.
//! - `nightly`: accepted, without effect.

#[cfg(any(feature = "ffi", feature = "capi"))]
compile_error!("the C API (features `ffi` and `capi`) is not offered by this build of hyper");

#[doc(hidden)]
pub use http;

#[doc(no_inline)]
pub use crate::http::{header, HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

#[doc(inline)]
pub use crate::error::{Error, Result};

pub mod body;
mod error;
pub mod ext;
pub mod rt;
pub mod service;
#[cfg_attr(
    not(all(
        feature = "client",
        feature = "server",
        feature = "http1",
        feature = "http2"
    )),
    allow(dead_code, unused_imports, reason = "a subset reports less")
)]
mod trace;
pub mod upgrade;

mod proto;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;
