//! The handle that sends requests on an HTTP/1 connection.
//!
//! Invariants: a request is on its way when a method is called, whether or not the returned future is ever polled; and
//! no future borrows the handle.

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
use crate::proto::h1::dispatch::turn::Turns;

#[cfg(test)]
mod tests;

/// Sends requests on an HTTP/1 connection, one at a time.
///
/// When it is dropped, the connection finishes the exchange that is under way, and then closes.
pub struct SendRequest<B> {
    pub(super) requests: RequestSender<Request<B>, Response<Incoming>>,
    pub(super) turns: Turns,
}

impl<B> SendRequest<B> {
    /// Waits until a request can be sent.
    ///
    /// Ready when the connection is idle: it has been polled, the last request was sent whole, and its response read
    /// whole. It stays so until a request is sent, or the connection ends. Woken for either.
    ///
    /// The first request of a connection may be sent without waiting.
    ///
    /// # Errors
    ///
    /// [`is_closed`](Error::is_closed) once the [`Connection`](super::Connection) is over or gone.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.turns
            .poll_offered(cx)
            .map_err(|_| Error::new(Kind::ChannelClosed))
    }

    /// [`poll_ready`](Self::poll_ready) as a future.
    ///
    /// Cancel safe: it changes nothing.
    ///
    /// # Errors
    ///
    /// [`is_closed`](Error::is_closed) once the [`Connection`](super::Connection) is over or gone.
    pub async fn ready(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Whether the connection is idle, and a request would be taken.
    ///
    /// A hint, not a promise; the peer may close an idle connection at any moment.
    pub fn is_ready(&self) -> bool {
        self.turns.is_offered()
    }

    /// Whether the [`Connection`](super::Connection) is over or gone.
    ///
    /// Nothing is noticed unless it is polled, so spawn it.
    pub fn is_closed(&self) -> bool {
        self.turns.is_over()
    }
}

impl<B> SendRequest<B>
where
    B: Body + 'static,
{
    /// Sends a request and returns a future of its response.
    ///
    /// The request is on its way to the connection when this returns; the future only waits. It resolves when the head
    /// of the response has arrived, which may be before the request's body has been sent. Read the response's body, or
    /// drop it, before the next request.
    ///
    /// The URI is written as it is: for a request to an origin server that is a path with its query, for one to a
    /// proxy an absolute URI, for CONNECT an authority (RFC 9112, section 3.2). No field is added but `content-length`
    /// or `transfer-encoding`, as the body's size is known or not.
    ///
    /// Cancel safe in that nothing goes wrong, but not for free: dropping the future before the head of the response
    /// has arrived closes the connection, as HTTP/1 has no other way to take a request back.
    ///
    /// # Errors
    ///
    /// - [`is_canceled`](Error::is_canceled): the connection was not ready, or ended before the request was begun.
    ///   Nothing was sent; to get the request back, use [`try_send_request`](Self::try_send_request).
    /// - [`is_incomplete_message`](Error::is_incomplete_message): the peer closed before it answered.
    /// - [`is_parse`](Error::is_parse): the head of the response is malformed, or larger than allowed.
    /// - [`is_user`](Error::is_user): the request's body failed, or is shorter than it announced; or the
    ///   [`Connection`](super::Connection) was dropped with the request under way.
    /// - Anything else has the `std::io::Error` of the transport as its source.
    pub fn send_request(
        &mut self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Incoming>>> {
        let response = self.try_send_request(request);
        async move { response.await.map_err(TrySendError::into_error) }
    }

    /// Like [`send_request`](Self::send_request), and gives the request back if none of it was sent.
    ///
    /// # Errors
    ///
    /// Those of `send_request`. [`TrySendError::message`] is the request where the error is
    /// [`is_canceled`](Error::is_canceled), and `None` where the request was begun.
    pub fn try_send_request(
        &mut self,
        request: Request<B>,
    ) -> impl Future<Output = std::result::Result<Response<Incoming>, TrySendError<Request<B>>>>
    {
        let sent = if self.turns.take() {
            self.requests.send(request)
        } else {
            Err(request)
        };
        async move {
            match sent {
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

impl<B> fmt::Debug for SendRequest<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendRequest")
    }
}
