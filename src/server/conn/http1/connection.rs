//! The future that serves an HTTP/1 connection.
//!
//! Invariants:
//! - Nothing in here is pinned, so the future can be moved between polls whatever the transport, the service and the
//!   bodies are.
//! - An upgrade that nobody takes over by itself is left to whoever takes the connection apart.

use std::error::Error as StdError;
use std::fmt;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use http_body::Body;

use crate::body::Incoming;
use crate::error::Result;
use crate::proto::h1::dispatch::server::Server;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::{Read, Write};
use crate::server::conn::http1::upgradeable::UpgradeableConnection;
use crate::service::HttpService;

/// A server's side of an HTTP/1 connection: the future that has to run for it to be served.
///
/// It drives the transport, calls the service for each request, and polls the service's future and the bodies.
///
/// # Output
///
/// `Ok(())` when the connection was closed between two requests, by either side, when a
/// [`graceful_shutdown`](Self::graceful_shutdown) is complete, and after an upgrade.
///
/// # Errors
///
/// - [`is_parse`](crate::Error::is_parse): a request head was malformed, or larger than allowed. It has been answered,
///   with 400, 414 or 431.
/// - [`is_incomplete_message`](crate::Error::is_incomplete_message): the client went in the middle of a head, or while
///   its request was being answered.
/// - [`is_timeout`](crate::Error::is_timeout): no head arrived in time.
/// - [`is_user`](crate::Error::is_user): the service failed, or its response did: a body that failed or was shorter than
///   announced, or a head that cannot be sent.
/// - Anything else has the `std::io::Error` of the transport as its source.
///
/// # Cancel safety
///
/// Dropping it closes the transport, and drops the service's future and the bodies that are under way.
#[must_use = "nothing is served unless the connection is polled"]
pub struct Connection<T, S>
where
    S: HttpService<Incoming>,
{
    pub(super) server: Server<T, S>,
}

/// What a [`Connection`] consists of; see [`Connection::into_parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<T, S> {
    /// The transport that was given to the connection.
    pub io: T,
    /// Bytes that were received and belong to no request that was served. They come before anything read from `io`;
    /// after an upgrade they are of the new protocol.
    pub read_buf: Bytes,
    /// The service that was given to the connection.
    pub service: S,
}

impl<I, B, S> Connection<I, S>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// Makes the request that is being served the last one.
    ///
    /// This only begins the shutdown; keep polling, until the future is ready. A connection that is idle, or has received
    /// nothing yet, closes at once. Otherwise the request under way is finished, also where only a part of its head has
    /// arrived, and its response says `connection: close` unless its head was written already (RFC 9112, section
    /// 9.6). Any number of calls is as good as one, also after the end.
    pub fn graceful_shutdown(self: Pin<&mut Self>) {
        self.get_mut().server.graceful_shutdown();
    }

    /// Takes the connection apart.
    ///
    /// Meant for the end, after [`poll_without_shutdown`](Self::poll_without_shutdown). What waits to be written is
    /// lost, and an exchange that is under way fails.
    pub fn into_parts(self) -> Parts<I, S> {
        let (io, read_buf, service) = self.server.into_parts();
        Parts {
            io,
            read_buf,
            service,
        }
    }

    /// Serves the connection to its end and leaves the transport open.
    ///
    /// Like polling the `Connection` itself but for that: ready where that would shut the transport down, and after an
    /// upgrade. What was written has been flushed then. Wakes as the connection itself does.
    ///
    /// # Errors
    ///
    /// Those of the connection, but no error about shutting down.
    pub fn poll_without_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = ready!(self.server.poll(cx, TransportEnd::Keep));
        Poll::Ready(outcome.map(leave_upgrade))
    }

    /// [`poll_without_shutdown`](Self::poll_without_shutdown) as a future, and then
    /// [`into_parts`](Self::into_parts).
    ///
    /// Dropping it before it is ready drops the connection.
    ///
    /// # Errors
    ///
    /// As those of `poll_without_shutdown`; the transport is lost then.
    pub fn without_shutdown(self) -> impl Future<Output = Result<Parts<I, S>>> {
        let mut connection = self;
        async move {
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await?;
            Ok(connection.into_parts())
        }
    }

    /// The same connection, which hands its transport over when a response upgrades it.
    ///
    /// Without this, an [`OnUpgrade`](crate::upgrade::OnUpgrade) from a request fails, and the transport is to be had by
    /// [`without_shutdown`](Self::without_shutdown).
    pub fn with_upgrades(self) -> UpgradeableConnection<I, S>
    where
        I: Send,
    {
        UpgradeableConnection::new(self)
    }
}

impl<I, B, S> Future for Connection<I, S>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.server.poll(cx, TransportEnd::Shutdown));
        Poll::Ready(outcome.map(leave_upgrade))
    }
}

fn leave_upgrade(outcome: Outcome) {
    if let Outcome::Upgrade(pending) = outcome {
        pending.leave_to_caller();
    }
}

// Generic code moves connections whose services it cannot know to be `Unpin`.
impl<T, S> Unpin for Connection<T, S> where S: HttpService<Incoming> {}

impl<I, S> fmt::Debug for Connection<I, S>
where
    S: HttpService<Incoming>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
