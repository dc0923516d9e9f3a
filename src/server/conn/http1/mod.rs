//! HTTP/1 server connections (RFC 9112).
//!
//! [`Builder::serve_connection`] returns a [`Connection`], which the caller polls to its end. It reads one request after
//! the other, calls the service for each, and runs the service's future itself: HTTP/1 answers in the order of
//! the requests, so there would be nothing else to do meanwhile.
//!
//! A request with an `upgrade` field (RFC 9110, section 7.8) or the method CONNECT can take the transport over. Poll
//! [`Connection::with_upgrades`], take the [`OnUpgrade`](crate::upgrade::OnUpgrade) with
//! [`upgrade::on`](crate::upgrade::on), and answer with 101, or with a success to CONNECT.
//!
//! # Example
//!
//! One answer to everything, over a transport that was already accepted.
//!
//! ```no_run
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper::body::Incoming;
//! use hyper::rt::{Read, Timer, Write};
//! use hyper::server::conn::http1;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//!
//! async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(Full::from("hello")))
//! }
//!
//! async fn serve<T>(transport: T, timer: impl Timer + Send + Sync + 'static) -> hyper::Result<()>
//! where
//!     T: Read + Write + Unpin,
//! {
//!     http1::Builder::new()
//!         .timer(timer)
//!         .serve_connection(transport, service_fn(answer))
//!         .await
//! }
//! # fn main() {}
//! ```

mod builder;
mod connection;
mod upgradeable;

#[cfg(test)]
mod auto_traits;

pub use self::builder::Builder;
pub use self::connection::{Connection, Parts};
pub use self::upgradeable::UpgradeableConnection;
