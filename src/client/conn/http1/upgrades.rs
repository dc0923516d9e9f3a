//! A client connection that hands its transport over.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use http_body::Body;

use crate::client::conn::http1::connection::Connection;
use crate::error::Result;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::{Read, Write};
use crate::upgrade::transport::Transport;
use crate::upgrade::upgraded::Upgraded;

/// A [`Connection`] with upgrades: see [`Connection::with_upgrades`].
///
/// Its output is that of the connection, and `Ok(())` after an upgrade. It must not be polled after that.
#[must_use = "requests are only sent while the connection is polled"]
#[allow(
    missing_debug_implementations,
    reason = "the interface of hyper has none"
)]
pub struct UpgradeableConnection<T, B>
where
    T: Read + Write + Unpin + Send,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// `None` after an upgrade.
    connection: Option<Connection<T, B>>,
}

impl<T, B> UpgradeableConnection<T, B>
where
    T: Read + Write + Unpin + Send,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    pub(super) fn new(connection: Connection<T, B>) -> Self {
        UpgradeableConnection {
            connection: Some(connection),
        }
    }
}

impl<I, B> Future for UpgradeableConnection<I, B>
where
    I: Read + Write + Unpin + Send + 'static,
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let connection = self
            .connection
            .as_mut()
            .expect("a connection is not polled after its upgrade");
        let Outcome::Upgrade(pending) = ready!(connection.client.poll(cx, TransportEnd::Shutdown))?
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
