//! A server connection that hands its transport over.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use http_body::Body;

use crate::body::Incoming;
use crate::error::Result;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::{Read, Write};
use crate::server::conn::http1::connection::{Connection, Parts};
use crate::service::HttpService;
use crate::upgrade::transport::Transport;
use crate::upgrade::upgraded::Upgraded;

/// A [`Connection`] with upgrades: see [`Connection::with_upgrades`].
///
/// Its output is that of the connection. After an upgrade it is `Ok(())`, however often it is polled.
#[must_use = "nothing is served unless the connection is polled"]
#[allow(
    missing_debug_implementations,
    reason = "the interface of hyper has none"
)]
pub struct UpgradeableConnection<T, S>
where
    S: HttpService<Incoming>,
{
    /// `None` after an upgrade.
    connection: Option<Connection<T, S>>,
}

impl<T, S> UpgradeableConnection<T, S>
where
    S: HttpService<Incoming>,
{
    pub(super) fn new(connection: Connection<T, S>) -> Self {
        UpgradeableConnection {
            connection: Some(connection),
        }
    }
}

impl<I, B, S> UpgradeableConnection<I, S>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// Makes the request that is being served the last one; see
    /// [`Connection::graceful_shutdown`]. Without effect after an upgrade.
    pub fn graceful_shutdown(mut self: Pin<&mut Self>) {
        if let Some(connection) = &mut self.connection {
            Pin::new(connection).graceful_shutdown();
        }
    }

    /// Takes the connection apart; see [`Connection::into_parts`]. `None` after an upgrade.
    pub fn into_parts(self) -> Option<Parts<I, S>> {
        self.connection.map(Connection::into_parts)
    }
}

impl<I, B, S> Future for UpgradeableConnection<I, S>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin + Send + 'static,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(Ok(()));
        };
        let Outcome::Upgrade(pending) = ready!(connection.server.poll(cx, TransportEnd::Shutdown))?
        else {
            return Poll::Ready(Ok(()));
        };
        if let Some(connection) = self.connection.take() {
            let parts = connection.into_parts();
            pending.fulfill(Upgraded::new(Transport::new(parts.io), parts.read_buf));
        }
        Poll::Ready(Ok(()))
    }
}

// As `Connection` is.
impl<T, S> Unpin for UpgradeableConnection<T, S> where S: HttpService<Incoming> {}
