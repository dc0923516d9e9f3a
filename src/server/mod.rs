//! The server role.
//!
//! [`conn`] serves one connection at a time, over a transport that the caller accepted. Listening,
//! TLS and the choice between protocol versions live above this crate.

pub mod conn;
