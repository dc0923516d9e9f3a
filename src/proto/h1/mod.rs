//! HTTP/1 (RFC 9112).
//!
//! [`codec`] is the core: it turns bytes into events and messages into bytes, and decides what a
//! connection may do next. It knows no socket, no waker and no clock, so all of it can be tested
//! with slices of bytes.
//!
//! [`conn`] puts it on a transport, which [`io`] reads and writes within hard limits, and
//! [`dispatch`] runs the exchanges of either role on that.

#![cfg_attr(
    not(all(feature = "client", feature = "server")),
    allow(dead_code, reason = "a role uses its half of what both share")
)]

pub(crate) mod codec;
pub(crate) mod config;
pub(crate) mod conn;
pub(crate) mod dispatch;
pub(crate) mod fields;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod io;
#[cfg(feature = "server")]
pub(crate) mod read_timeout;
pub(crate) mod role;
pub(crate) mod state;
