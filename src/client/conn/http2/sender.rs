//! The handle that puts requests on an HTTP/2 connection.
//!
//! Invariants: a request is queued when a method is called, in the order of the calls, whether
//! or not the returned future is ever polled; and no future borrows the handle.

use std::fmt;
use std::future::{poll_fn, Future};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;

use crate::body::Incoming;
use crate::client::conn::try_send_error::TrySendError;
use crate::error::kind::Kind;
use crate::error::{Error, Result};
use crate::proto::exchange::RequestSender;

#[cfg(test)]
mod tests;

/// Sends requests on an HTTP/2 connection.
///
/// Clones share the connection. When the last one is gone, the connection lets the streams that
/// are open finish, tunnels included, and then closes.
pub struct SendRequest<B> {
    pub(super) requests: RequestSender<Request<B>, Response<Incoming>>,
}

impl<B> SendRequest<B> {
    /// Says whether the connection still takes requests.
    ///
    /// HTTP/2 requests queue without bound, so this never pends: `Ready(Ok(()))` means that the
    /// connection was open at the time of the call, and no wake-up is ever registered. The peer
    /// may close between this and the next call.
    ///
    /// # Errors
    ///
    /// [`is_closed`](Error::is_closed) once the [`Connection`](super::Connection) is gone.
    pub fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(if self.is_closed() {
            Err(Error::new(Kind::ChannelClosed))
        } else {
            Ok(())
        })
    }

    /// [`poll_ready`](Self::poll_ready) as a future. It resolves on its first poll.
    ///
    /// Cancel safe: it changes nothing.
    ///
    /// # Errors
    ///
    /// [`is_closed`](Error::is_closed) once the [`Connection`](super::Connection) is gone.
    pub async fn ready(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Whether the connection takes requests: the opposite of [`is_closed`](Self::is_closed).
    ///
    /// A hint, not a promise; the connection may end at any moment.
    pub fn is_ready(&self) -> bool {
        !self.is_closed()
    }

    /// Whether the connection is gone.
    ///
    /// It is from when the [`Connection`](super::Connection) has finished or is dropped, whichever
    /// comes first. Nothing is noticed unless it is polled, so spawn it.
    pub fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }
}

impl<B> SendRequest<B>
where
    B: Body + 'static,
{
    /// Queues a request and returns a future of its response.
    ///
    /// The request is in the queue when this returns; the future only waits. It resolves when the
    /// response's head has arrived, which may be before the request's body has been sent. The
    /// queue has no bound: a stream starts when the peer's SETTINGS_MAX_CONCURRENT_STREAMS
    /// (RFC 9113 §5.1.2) has room for it.
    ///
    /// The URI needs a scheme and an authority. Connection-specific fields (RFC 9113 §8.2.2)
    /// are removed, and `content-length` is added where the body's exact size is known and
    /// the method expects it.
    ///
    /// Cancel safe: dropping the future takes back a request that has not started, and resets
    /// the stream of one that has with CANCEL. The connection stays usable.
    ///
    /// # Errors
    ///
    /// - [`is_canceled`](Error::is_canceled): the connection was closed at the call, or ended
    ///   before the request started. Nothing was sent; to get the request back, use
    ///   [`try_send_request`](Self::try_send_request).
    /// - [`is_user`](Error::is_user): a CONNECT request with a body, or a
    ///   [`Connection`](super::Connection) that was dropped with the request under way.
    /// - [`is_timeout`](Error::is_timeout): a keep-alive ping was not answered in time.
    /// - Anything else has the `h2::Error` or the `std::io::Error` as its source.
    pub fn send_request(
        &mut self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Incoming>>> {
        let response = self.try_send_request(request);
        async move { response.await.map_err(TrySendError::into_error) }
    }

    /// Like [`send_request`](Self::send_request), and gives the request back if none of it was
    /// sent.
    ///
    /// # Errors
    ///
    /// Those of `send_request`. [`TrySendError::message`] is the request where the error is
    /// [`is_canceled`](Error::is_canceled), and `None` where the request was given to the
    /// protocol.
    pub fn try_send_request(
        &mut self,
        request: Request<B>,
    ) -> impl Future<Output = std::result::Result<Response<Incoming>, TrySendError<Request<B>>>>
    {
        let queued = self.requests.send(request);
        async move {
            match queued {
                Ok(response) => response.await.map_err(|refused| TrySendError {
                    error: refused.error,
                    message: refused.message,
                }),
                Err(request) => Err(TrySendError {
                    error: Error::new(Kind::Canceled).with("connection was not ready"),
                    message: Some(request),
                }),
            }
        }
    }
}

// By hand, as a derive would ask the same of `B`.
impl<B> Clone for SendRequest<B> {
    fn clone(&self) -> Self {
        SendRequest {
            requests: self.requests.clone(),
        }
    }
}

impl<B> fmt::Debug for SendRequest<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendRequest")
    }
}
