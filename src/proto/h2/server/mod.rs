//! The server's side of an HTTP/2 connection.
//!
//! [`accept`] drives the transport and calls the service; one [`stream`] task a request awaits the
//! response, sends its body and, after CONNECT, becomes the tunnel's task.

pub(crate) mod accept;
pub(crate) mod config;
pub(crate) mod exec;
pub(crate) mod stream;
