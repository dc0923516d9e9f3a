//! HTTP/2 client connections (RFC 9113).
//!
//! [`Builder::handshake`] (or [`handshake`], with every option at its default) writes the
//! connection preface and returns a [`SendRequest`] and a [`Connection`]. The sender is cheap to
//! clone; all clones share the one connection, and requests sent through any of them run at the
//! same time, as far as the peer's limit on streams goes.
//!
//! Three kinds of task take part:
//!
//! - the [`Connection`], which starts queued requests and which the caller polls, mostly by
//!   spawning it;
//! - a task that drives the transport, given to the executor during the handshake;
//! - short ones that carry a request body or wait for a response head, given to the executor as
//!   they are needed.
//!
//! A CONNECT request whose answer is 2xx opens a tunnel; [`upgrade::on`](crate::upgrade::on)
//! takes it from the response. Server push (RFC 9113 §8.4) is always refused.
//!
//! # Example
//!
//! A request over a transport that is already open. HTTP/2 on TLS needs the ALPN name `h2`
//! (RFC 9113 §3.2), which whoever opens the transport asks for.
//!
//! ```no_run
//! use std::error::Error;
//! use std::future::Future;
//!
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Empty};
//! use hyper::client::conn::http2;
//! use hyper::rt::{Executor, Read, Write};
//! use hyper::Request;
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
//! async fn fetch<T>(transport: T) -> Result<Bytes, Box<dyn Error + Send + Sync>>
//! where
//!     T: Read + Write + Unpin + Send + 'static,
//! {
//!     let (mut sender, connection) = http2::Builder::new(Spawner)
//!         .max_header_list_size(64 * 1024)
//!         .handshake(transport)
//!         .await?;
//!     tokio::spawn(async move {
//!         if let Err(error) = connection.await {
//!             eprintln!("connection failed: {error}");
//!         }
//!     });
//!
//!     let request = Request::get("https://example.org/").body(Empty::<Bytes>::new())?;
//!     let response = sender.send_request(request).await?;
//!     Ok(response.into_body().collect().await?.to_bytes())
//! }
//! # fn main() {}
//! ```

mod builder;
mod connection;
mod sender;

#[cfg(test)]
mod auto_traits;

pub use self::builder::{handshake, Builder};
pub use self::connection::Connection;
pub use self::sender::SendRequest;
