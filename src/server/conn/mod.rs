//! Server connections, one module per protocol version.
//!
//! A builder joins a transport and a [`Service`](crate::service::Service) into a connection: a
//! future that reads requests, calls the service for each, and writes the responses, until the
//! peer or a graceful shutdown ends it. Without the `http1` or `http2` feature there is none.

#[cfg(feature = "http1")]
pub mod http1;
#[cfg(feature = "http2")]
pub mod http2;
