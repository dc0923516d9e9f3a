//! The future that drives an HTTP/1 client connection.
//!
//! Invariant: an upgrade that nobody takes over by itself is left to whoever takes the connection apart.

use std::error::Error as StdError;
use std::fmt;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use http_body::Body;

use crate::client::conn::http1::upgrades::UpgradeableConnection;
use crate::error::Result;
use crate::proto::h1::dispatch::client::Client;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::{Read, Write};

/// A client's side of an HTTP/1 connection: the future that has to run for requests to be sent.
///
/// Poll it, mostly by spawning it, for as long as requests are to be sent and bodies to be read.
///
/// # Output
///
/// `Ok(())` when the [`SendRequest`](super::SendRequest) is gone and the last exchange is over, when either side asked
/// for the connection to be closed, when the peer closed an idle connection that had served a request, and where a
/// failure was told to the request that it concerns.
///
/// # Errors
///
/// What concerns no request, or was found after the head of its response had been delivered: a failed transport, with
/// the `std::io::Error` as source; a peer that closes before any exchange
/// ([`is_incomplete_message`](crate::Error::is_incomplete_message)), or sends what nobody asked for; a request body that
/// fails ([`is_user`](crate::Error::is_user)).
///
/// # Cancel safety
///
/// Dropping it closes the transport and fails the exchange that is under way, its bodies included. It is not the way to
/// close a connection gently: drop the sender for that.
#[must_use = "requests are only sent while the connection is polled"]
pub struct Connection<T, B>
where
    T: Read + Write,
    B: Body + 'static,
{
    pub(super) client: Client<T, B>,
}

/// What a [`Connection`] consists of; see [`Connection::into_parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<T> {
    /// The transport that was given to the connection.
    pub io: T,
    /// Bytes that were received and belong to no response. They come before anything read from `io`; after an upgrade
    /// they are of the new protocol.
    pub read_buf: Bytes,
}

impl<T, B> Connection<T, B>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// Takes the connection apart.
    ///
    /// Meant for the end, after [`poll_without_shutdown`](Self::poll_without_shutdown). What waits to be written is
    /// lost, and an exchange that is under way fails.
    pub fn into_parts(self) -> Parts<T> {
        let (io, read_buf) = self.client.into_parts();
        Parts { io, read_buf }
    }

    /// Drives the connection to its end and leaves the transport open.
    ///
    /// Like polling the `Connection` itself but for that: ready where that would shut the transport down, and after an
    /// upgrade. What was written has been flushed then. Wakes as the connection itself does.
    ///
    /// # Errors
    ///
    /// Those of the connection, but no error about shutting down.
    pub fn poll_without_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let outcome = ready!(self.client.poll(cx, TransportEnd::Keep));
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
    pub async fn without_shutdown(mut self) -> Result<Parts<T>> {
        poll_fn(|cx| self.poll_without_shutdown(cx)).await?;
        Ok(self.into_parts())
    }
}

impl<T, B> Connection<T, B>
where
    T: Read + Write + Unpin + Send,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// The same connection, which hands its transport over when a response upgrades it.
    ///
    /// Without this, an [`OnUpgrade`](crate::upgrade::OnUpgrade) from a response fails, and the transport is to be had
    /// by [`without_shutdown`](Self::without_shutdown).
    pub fn with_upgrades(self) -> UpgradeableConnection<T, B> {
        UpgradeableConnection::new(self)
    }
}

impl<T, B> Future for Connection<T, B>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.client.poll(cx, TransportEnd::Shutdown));
        Poll::Ready(outcome.map(leave_upgrade))
    }
}

fn leave_upgrade(outcome: Outcome) {
    if let Outcome::Upgrade(pending) = outcome {
        pending.leave_to_caller();
    }
}

impl<T, B> fmt::Debug for Connection<T, B>
where
    T: Read + Write + fmt::Debug,
    B: Body + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
