//! How a request gets from a client's handle to its connection, and the answer back.
//!
//! Stands below both, so that no protocol imports the handle. Invariant: every request that was
//! accepted here is answered, whatever is dropped: with the request itself while the connection
//! had not begun it, without it afterwards.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};

use crate::error::kind::{Kind, User};
use crate::Error;

/// A queue of requests, without a bound.
pub(crate) fn channel<Req, Res>() -> (RequestSender<Req, Res>, Requests<Req, Res>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (RequestSender { sender }, Requests { receiver })
}

/// Why a request has no response.
#[derive(Debug)]
pub(crate) struct Refused<Req> {
    pub(crate) error: Error,
    /// The request, where none of it was sent.
    pub(crate) message: Option<Req>,
}

type Outcome<Req, Res> = Result<Res, Refused<Req>>;

// ===== the handle's side =====

pub(crate) struct RequestSender<Req, Res> {
    sender: mpsc::UnboundedSender<Envelope<Req, Res>>,
}

/// Waits for the response. Dropping it tells the connection that nobody does any more.
pub(crate) struct Answer<Req, Res> {
    receiver: oneshot::Receiver<Outcome<Req, Res>>,
}

impl<Req, Res> RequestSender<Req, Res> {
    /// Queues `request`, or gives it back where the connection is over.
    pub(crate) fn send(&self, request: Req) -> Result<Answer<Req, Res>, Req> {
        let (reply, receiver) = oneshot::channel();
        let envelope = Envelope(Some((request, Reply(Some(reply)))));
        match self.sender.send(envelope) {
            Ok(()) => Ok(Answer { receiver }),
            Err(mpsc::error::SendError(envelope)) => {
                let (request, reply) = envelope.open();
                reply.forget();
                Err(request)
            }
        }
    }

    #[cfg_attr(
        not(feature = "http2"),
        allow(dead_code, reason = "a handle of HTTP/1 asks whose turn it is")
    )]
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl<Req, Res> Clone for RequestSender<Req, Res> {
    fn clone(&self) -> Self {
        RequestSender {
            sender: self.sender.clone(),
        }
    }
}

impl<Req, Res> Future for Answer<Req, Res> {
    type Output = Outcome<Req, Res>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(cx)
            .map(|outcome| outcome.unwrap_or_else(|_| Err(dispatch_gone())))
    }
}

// ===== the connection's side =====

pub(crate) struct Requests<Req, Res> {
    receiver: mpsc::UnboundedReceiver<Envelope<Req, Res>>,
}

/// A request on its way. Dropped unopened, it goes back to its sender.
pub(crate) struct Envelope<Req, Res>(Option<(Req, Reply<Req, Res>)>);

/// The duty to answer a request that was begun.
pub(crate) struct Reply<Req, Res>(Option<oneshot::Sender<Outcome<Req, Res>>>);

impl<Req, Res> Requests<Req, Res> {
    /// Ready with the next request, or with `None` once every handle is gone.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<Req, Res>>> {
        self.receiver.poll_recv(cx)
    }

    /// Takes no more requests, and gives back those that wait.
    pub(crate) fn close(&mut self) {
        self.receiver.close();
        while self.receiver.try_recv().is_ok() {}
    }
}

impl<Req, Res> Drop for Requests<Req, Res> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<Req, Res> Envelope<Req, Res> {
    /// Whether nobody waits for the response any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        let reply = self.0.as_ref().and_then(|(_, reply)| reply.0.as_ref());
        reply.is_none_or(oneshot::Sender::is_closed)
    }

    pub(crate) fn open(mut self) -> (Req, Reply<Req, Res>) {
        self.0.take().expect("an envelope is opened once")
    }
}

impl<Req, Res> Drop for Envelope<Req, Res> {
    fn drop(&mut self) {
        if let Some((request, reply)) = self.0.take() {
            reply.send(Err(Refused {
                error: Error::new(Kind::Canceled).with("connection closed"),
                message: Some(request),
            }));
        }
    }
}

impl<Req, Res> Reply<Req, Res> {
    /// Answers. An answer that nobody waits for is dropped.
    pub(crate) fn send(mut self, outcome: Outcome<Req, Res>) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(outcome);
        }
    }

    /// Fails a request that was begun.
    pub(crate) fn fail(self, error: Error) {
        self.send(Err(Refused {
            error,
            message: None,
        }));
    }

    /// Ready once nobody waits for the answer any more.
    pub(crate) fn poll_abandoned(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(sender) => sender.poll_closed(cx),
            None => Poll::Ready(()),
        }
    }

    fn forget(mut self) {
        self.0 = None;
    }
}

impl<Req, Res> Drop for Reply<Req, Res> {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(Err(dispatch_gone()));
        }
    }
}

fn dispatch_gone<Req>() -> Refused<Req> {
    let why = if std::thread::panicking() {
        "user code panicked"
    } else {
        "runtime dropped the dispatch task"
    };
    Refused {
        error: Error::new(Kind::User(User::DispatchGone)).with(why),
        message: None,
    }
}

#[cfg(test)]
mod tests;
