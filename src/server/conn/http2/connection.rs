//! The future that serves an HTTP/2 connection.
//!
//! Invariant: nothing in here is pinned, so the future can be moved between polls whatever the
//! transport, the service and the executor are.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;

use crate::body::Incoming;
use crate::error::Result;
use crate::proto::h2::server::accept::Server;
use crate::rt::bounds::Http2ServerConnExec;
use crate::rt::{Read, Write};
use crate::service::HttpService;

/// A server's side of an HTTP/2 connection: the future that has to run for it to be served.
///
/// It drives the transport, and calls the service for each request. The futures of the service,
/// and the bodies and tunnels that follow, are tasks on the executor.
///
/// # Output
///
/// `Ok(())` when the peer has closed and no stream is open, or when a
/// [`graceful_shutdown`](Self::graceful_shutdown) is complete. A failed service or body resets
/// its own stream and does not show here.
///
/// # Errors
///
/// A failed transport, with the `std::io::Error` as source; a peer that breaks the protocol, or a
/// GOAWAY with an error code, with the `h2::Error` as source; or an unanswered keep-alive ping,
/// for which [`is_timeout`](crate::Error::is_timeout) is true.
///
/// # Cancel safety
///
/// Dropping it closes the transport without a GOAWAY and fails all streams.
#[must_use = "nothing is served unless the connection is polled"]
pub struct Connection<T, S, E>
where
    S: HttpService<Incoming>,
{
    pub(super) server: Server<T, S, E>,
}

impl<I, B, S, E> Connection<I, S, E>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    E: Http2ServerConnExec<S::Future, B>,
{
    /// Stops taking new streams and lets those that are open finish (RFC 9113 §6.8).
    ///
    /// This only begins the shutdown; keep polling, until the future is ready. The peer is told
    /// with two GOAWAY frames, a round trip apart, so that requests which were under way are
    /// still served. Before the handshake is complete the call is remembered. Any number of calls
    /// is as good as one, also after the end.
    ///
    /// Open tunnels count as open streams, and may take their time.
    pub fn graceful_shutdown(self: Pin<&mut Self>) {
        self.get_mut().server.graceful_shutdown();
    }
}

impl<I, B, S, E> Future for Connection<I, S, E>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    I: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    E: Http2ServerConnExec<S::Future, B>,
{
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.get_mut().server).poll(cx)
    }
}

// Generic code moves connections whose services it cannot know to be `Unpin`.
impl<T, S, E> Unpin for Connection<T, S, E> where S: HttpService<Incoming> {}

impl<I, S, E> fmt::Debug for Connection<I, S, E>
where
    S: HttpService<Incoming>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
