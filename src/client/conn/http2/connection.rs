//! The future that starts the requests of an HTTP/2 connection.
//!
//! Invariant: nothing in here is pinned, so the future can be moved between polls.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;

use crate::error::Result;
use crate::proto::h2::client::dispatch::Dispatcher;
use crate::rt::bounds::Http2ClientConnExec;
use crate::rt::{Read, Write};

/// A client's side of an HTTP/2 connection: the future that has to run for requests to start.
///
/// Poll it, mostly by spawning it, for as long as requests are to be sent. A request that was
/// queued and has not started waits for it; the transport itself is driven by a task that the
/// handshake gave to the executor.
///
/// # Output
///
/// `Ok(())` when every [`SendRequest`](super::SendRequest) is gone and the last stream has ended,
/// when the peer said GOAWAY with NO_ERROR, and when the peer closed an idle transport.
///
/// # Errors
///
/// A failed transport, with the `std::io::Error` as source; a GOAWAY with another code or a
/// protocol error, with the `h2::Error` as source; or an unanswered keep-alive ping, for which
/// [`is_timeout`](crate::Error::is_timeout) is true.
///
/// # Cancel safety
///
/// Dropping it fails the requests that wait in its queue and takes no new ones. It is not the way
/// to close a connection gently: drop the senders for that.
#[must_use = "requests only start while the connection is polled"]
pub struct Connection<T, B, E>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    E: Http2ClientConnExec<B, T> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    pub(super) dispatcher: Dispatcher<B, E, T>,
}

impl<T, B, E> Connection<T, B, E>
where
    T: Read + Write + Unpin + 'static,
    B: Body + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    E: Http2ClientConnExec<B, T> + Unpin,
{
    /// Whether the peer accepts extended CONNECT, the `:protocol` pseudo-header (RFC 8441).
    ///
    /// False until the peer's SETTINGS with SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)
    /// have arrived. A handshake does not wait for them.
    pub fn is_extended_connect_protocol_enabled(&self) -> bool {
        self.dispatcher.is_extended_connect_protocol_enabled()
    }

    /// How many streams of ours the peer lets be open at a time (RFC 9113 §5.1.2).
    ///
    /// Until the peer's SETTINGS have arrived, this is
    /// [`initial_max_send_streams`](super::Builder::initial_max_send_streams).
    pub fn current_max_send_streams(&self) -> usize {
        self.dispatcher.current_max_send_streams()
    }

    /// How many streams of its own the peer may have open at a time, by our SETTINGS (RFC 9113
    /// §5.1.2).
    ///
    /// Of little use to a client, as pushed streams are refused in any case; see
    /// [`max_concurrent_streams`](super::Builder::max_concurrent_streams).
    pub fn current_max_recv_streams(&self) -> usize {
        self.dispatcher.current_max_recv_streams()
    }
}

impl<T, B, E> Future for Connection<T, B, E>
where
    T: Read + Write + Unpin + 'static,
    B: Body + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
    E: Http2ClientConnExec<B, T> + Unpin,
{
    type Output = Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.get_mut().dispatcher).poll(cx)
    }
}

impl<T, B, E> fmt::Debug for Connection<T, B, E>
where
    T: Read + Write + fmt::Debug + Unpin + 'static,
    B: Body + 'static,
    E: Http2ClientConnExec<B, T> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
