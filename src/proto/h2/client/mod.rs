//! The client's side of an HTTP/2 connection.
//!
//! [`dispatch`] starts requests, [`connection_task`] drives the transport, and one [`stream`] task a
//! request sends its body, awaits its response and, after CONNECT, becomes the tunnel's task.

pub(crate) mod config;
pub(crate) mod connection_task;
pub(crate) mod dispatch;
pub(crate) mod exec;
pub(crate) mod stream;
