//! Taking over a connection, or one stream of it, after HTTP has negotiated another protocol.
//!
//! There are three ways to get there: the `Upgrade` field of HTTP/1 answered with `101` (RFC 9110,
//! section 7.8), CONNECT answered with a success (RFC 9110, section 9.3.6), and extended CONNECT
//! over HTTP/2 (RFC 8441).
//!
//! 1. Call [`on`] with the message: on a server the request, before its response is returned; on a
//!    client the response. That gives an [`OnUpgrade`].
//! 2. Let the exchange go on: a server returns the response that accepts. Await the `OnUpgrade`
//!    elsewhere, in a task of its own, as it cannot become ready before that.
//! 3. Read from and write to the [`Upgraded`] it yields. Over HTTP/1 that is the whole transport,
//!    and [`Upgraded::downcast`] gives it back. Over HTTP/2 it is one stream; the connection must
//!    go on being driven.
//!
//! # Example
//!
//! A server that accepts every CONNECT:
//!
//! ```
//! # async fn talk(_: hyper::upgrade::Upgraded) {}
//! # fn spawn<F: std::future::Future + Send + 'static>(_: F) {}
//! use hyper::{Method, Request, Response, StatusCode};
//!
//! async fn proxy<B>(mut req: Request<B>) -> Response<String> {
//!     let mut response = Response::new(String::new());
//!     if req.method() == Method::CONNECT {
//!         let upgrade = hyper::upgrade::on(&mut req);
//!         spawn(async move {
//!             match upgrade.await {
//!                 Ok(upgraded) => talk(upgraded).await,
//!                 Err(err) => eprintln!("no tunnel: {err}"),
//!             }
//!         });
//!     } else {
//!         *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
//!     }
//!     response
//! }
//! ```

#[cfg_attr(
    not(all(feature = "http2", any(feature = "client", feature = "server"))),
    allow(dead_code, reason = "only a stream of a connection holds bytes")
)]
pub(crate) mod held;
mod message;
#[cfg_attr(
    not(all(
        any(feature = "http1", feature = "http2"),
        any(feature = "client", feature = "server")
    )),
    allow(dead_code, reason = "without a protocol nothing is ever upgraded")
)]
pub(crate) mod pending;
#[cfg_attr(
    not(all(
        any(feature = "http1", feature = "http2"),
        any(feature = "client", feature = "server")
    )),
    allow(dead_code, reason = "without a protocol nothing is ever upgraded")
)]
mod rewind;
#[cfg_attr(
    not(all(feature = "http1", any(feature = "client", feature = "server"))),
    allow(
        dead_code,
        reason = "only HTTP/1 connections hand over the whole transport"
    )
)]
pub(crate) mod transport;
pub(crate) mod tunnel;
#[cfg_attr(
    not(all(
        any(feature = "http1", feature = "http2"),
        any(feature = "client", feature = "server")
    )),
    allow(dead_code, reason = "without a protocol nothing is ever upgraded")
)]
pub(crate) mod upgraded;

#[cfg(test)]
mod tests;

pub use self::held::Held;
pub use self::message::on;
pub use self::pending::OnUpgrade;
pub use self::upgraded::{Parts, Upgraded};
