//! A body on its way from an HTTP/1 connection to whoever reads it.
//!
//! Invariants:
//! - At most one piece of data is inside. So a reader that stops makes the connection stop reading its transport.
//! - The end, be it trailers or a failure, comes behind the data; a [`Sender`] that is dropped before it has said how
//!   the body ends makes it fail as incomplete.
//! - The sender is woken when data is taken, when data is asked for the first time, and when the reader is gone; the
//!   reader when there is something to take.
//! - No waker is called under the lock.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use crate::body::length::BodyLength;
use crate::error::kind::Kind;
use crate::error::{Error, Result};

/// When a sender may put its first piece of data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// At once.
    Eager,
    /// When the reader asks for it.
    #[cfg_attr(
        not(feature = "server"),
        allow(dead_code, reason = "only clients hold bodies back")
    )]
    WhenWanted,
}

pub(crate) fn channel(length: BodyLength, start: Start) -> (Sender, Receiver) {
    let shared = Arc::new(Shared(Mutex::new(State {
        data: None,
        end: End::Open,
        is_wanted: start == Start::Eager,
        is_unread: false,
        sender: None,
        receiver: None,
    })));
    let sender = Sender {
        shared: shared.clone(),
    };
    let remaining = match length {
        BodyLength::Exact(octets) => Some(octets),
        BodyLength::Chunked | BodyLength::CloseDelimited => None,
    };
    (sender, Receiver { shared, remaining })
}

/// The connection's end.
pub(crate) struct Sender {
    shared: Arc<Shared>,
}

/// The reader's end.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    /// Octets still to come, where the peer announced them.
    remaining: Option<u64>,
}

/// Nobody reads the body any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReaderGone;

struct Shared(Mutex<State>);

struct State {
    data: Option<Bytes>,
    end: End,
    is_wanted: bool,
    /// The reader is gone.
    is_unread: bool,
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

/// What comes behind the data.
enum End {
    /// Not known yet.
    Open,
    Trailers(HeaderMap),
    Failed(Error),
    /// Nothing, or what there was has been taken.
    Over,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No step under the lock leaves the state inconsistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Sender {
    /// Ready when a piece of data may be [sent](Self::send), or when that has become pointless. Wakes for either.
    pub(crate) fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), ReaderGone>> {
        let mut state = self.shared.lock();
        if state.is_unread {
            return Poll::Ready(Err(ReaderGone));
        }
        if state.is_wanted && state.data.is_none() {
            return Poll::Ready(Ok(()));
        }
        let stale = state.sender.replace(cx.waker().clone());
        drop(state);
        drop(stale);
        Poll::Pending
    }

    /// Ready when nobody reads the body any more. Wakes for that, and for what `poll_ready` is woken for.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<ReaderGone> {
        let mut state = self.shared.lock();
        if state.is_unread {
            return Poll::Ready(ReaderGone);
        }
        let stale = state.sender.replace(cx.waker().clone());
        drop(state);
        drop(stale);
        Poll::Pending
    }

    /// Puts data in, after [`poll_ready`](Self::poll_ready) has said that there is room.
    pub(crate) fn send(&mut self, data: Bytes) {
        let mut state = self.shared.lock();
        debug_assert!(state.data.is_none(), "one piece of data is inside at most");
        if state.is_unread {
            return;
        }
        state.data = Some(data);
        let receiver = state.receiver.take();
        drop(state);
        wake(receiver);
    }

    /// Ends the body behind the data that is inside.
    pub(crate) fn finish(self) {
        self.end(End::Over);
    }

    /// Ends the body with trailers.
    pub(crate) fn finish_with(self, trailers: HeaderMap) {
        self.end(End::Trailers(trailers));
    }

    /// Makes the body fail behind the data that is inside.
    pub(crate) fn fail(self, error: Error) {
        self.end(End::Failed(error));
    }

    /// The first end is the one that counts: the drop that follows a `finish` changes nothing.
    fn end(&self, end: End) {
        let mut state = self.shared.lock();
        if !matches!(state.end, End::Open) || state.is_unread {
            return;
        }
        state.end = end;
        let receiver = state.receiver.take();
        drop(state);
        wake(receiver);
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.end(End::Failed(Error::new(Kind::IncompleteMessage)));
    }
}

impl Receiver {
    /// Ready with the next frame, or with `None` once the body is over. Wakes when there is one.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        if self.remaining == Some(0) {
            return Poll::Ready(None);
        }
        let mut state = self.shared.lock();
        if let Some(data) = state.data.take() {
            let sender = state.sender.take();
            drop(state);
            wake(sender);
            if let Some(remaining) = &mut self.remaining {
                *remaining = remaining.saturating_sub(data.len() as u64);
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if matches!(state.end, End::Open) {
            let stale = state.receiver.replace(cx.waker().clone());
            let sender = if state.is_wanted {
                None
            } else {
                state.is_wanted = true;
                state.sender.take()
            };
            drop(state);
            drop(stale);
            wake(sender);
            return Poll::Pending;
        }
        let end = mem::replace(&mut state.end, End::Over);
        drop(state);
        Poll::Ready(match end {
            End::Trailers(trailers) => Some(Ok(Frame::trailers(trailers))),
            End::Failed(error) => Some(Err(error)),
            End::Over | End::Open => None,
        })
    }

    /// True once all octets of an announced length were taken. Any other body has its end only where the peer says so.
    pub(crate) fn is_end_stream(&self) -> bool {
        self.remaining == Some(0)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self.remaining {
            Some(remaining) => SizeHint::with_exact(remaining),
            None => SizeHint::default(),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_unread = true;
        let data = state.data.take();
        let end = mem::replace(&mut state.end, End::Over);
        let sender = state.sender.take();
        drop(state);
        drop((data, end));
        wake(sender);
    }
}

#[cfg(test)]
mod tests;
