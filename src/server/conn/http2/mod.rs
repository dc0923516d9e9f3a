//! HTTP/2 server connections (RFC 9113).
//!
//! [`Builder::serve_connection`] returns a [`Connection`], which the caller polls to its end. It
//! calls the service for each request as it arrives; the futures that the service returns run on
//! the executor, one task per request, at the same time and beyond the end of the `Connection`
//! where they outlive it.
//!
//! A CONNECT request that is answered with 2xx becomes a tunnel;
//! [`upgrade::on`](crate::upgrade::on) takes it from the request. With
//! [`Builder::enable_connect_protocol`] this includes extended CONNECT (RFC 8441), where the
//! protocol that was asked for is a [`Protocol`](crate::ext::Protocol) among the extensions of the
//! request.
//!
//! # Example
//!
//! One answer to everything, over a transport that was already accepted and whose peer is known
//! to speak HTTP/2, by ALPN or by prior knowledge (RFC 9113 §3).
//!
//! ```no_run
//! use std::convert::Infallible;
//! use std::future::Future;
//!
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper::body::Incoming;
//! use hyper::rt::{Executor, Read, Write};
//! use hyper::server::conn::http2;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//!
//! #[derive(Clone)]
//! struct Spawner;
//!
//! impl<F> Executor<F> for Spawner
//! where
//!     F: Future + Send + 'static,
//!     F::Output: Send + 'static,
//! {
//!     fn execute(&self, task: F) {
//!         tokio::spawn(task);
//!     }
//! }
//!
//! async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(Full::from("hello")))
//! }
//!
//! async fn serve<T>(transport: T) -> hyper::Result<()>
//! where
//!     T: Read + Write + Unpin,
//! {
//!     http2::Builder::new(Spawner)
//!         .max_concurrent_streams(64)
//!         .serve_connection(transport, service_fn(answer))
//!         .await
//! }
//! # fn main() {}
//! ```

mod builder;
mod connection;

#[cfg(test)]
mod auto_traits;

pub use self::builder::Builder;
pub use self::connection::Connection;
