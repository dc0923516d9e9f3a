//! HTTP/1 client connections (RFC 9112).
//!
//! [`Builder::handshake`] (or [`handshake`], with every option at its default) turns a transport into a [`SendRequest`]
//! and a [`Connection`]. Nothing moves unless the connection is polled, so it is usually spawned at once.
//!
//! HTTP/1 has one exchange at a time on a connection. The sender is ready when the last one is over: when the
//! request was sent and the response read, its body included. To have several at a time, open several connections.
//!
//! A response of status 101, or a success to CONNECT, ends HTTP on the connection; spawn
//! [`Connection::with_upgrades`], and [`upgrade::on`](crate::upgrade::on) takes the transport from the response.
//!
//! # Example
//!
//! A request over a transport that is already open. The request says what goes on the wire: nothing is added to it but
//! what frames its body, so `host` (RFC 9110, section 7.2) is the caller's to set.
//!
//! ```no_run
//! use std::error::Error;
//!
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Empty};
//! use hyper::client::conn::http1;
//! use hyper::rt::{Read, Write};
//! use hyper::Request;
//!
//! async fn fetch<T>(transport: T) -> Result<Bytes, Box<dyn Error + Send + Sync>>
//! where
//!     T: Read + Write + Unpin + Send + 'static,
//! {
//!     let (mut sender, connection) = http1::handshake(transport).await?;
//!     tokio::spawn(async move {
//!         if let Err(error) = connection.await {
//!             eprintln!("connection failed: {error}");
//!         }
//!     });
//!
//!     let request = Request::get("/")
//!         .header("host", "example.org")
//!         .body(Empty::<Bytes>::new())?;
//!     let response = sender.send_request(request).await?;
//!     Ok(response.into_body().collect().await?.to_bytes())
//! }
//! # fn main() {}
//! ```

mod builder;
mod connection;
mod sender;
mod upgrades;

#[cfg(test)]
mod auto_traits;

pub use self::builder::{handshake, Builder};
pub use self::connection::{Connection, Parts};
pub use self::sender::SendRequest;
