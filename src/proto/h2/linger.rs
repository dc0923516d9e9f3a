//! What happens on a tunnel after its handle is gone, besides sending the rest.
//!
//! Invariants:
//! - Patience is for progress, not for a total: each byte that moves starts it anew. Without a
//!   timer it has no end.
//! - What the peer may have had under way when the handle went is read and thrown away, its credit
//!   returned to the connection. A peer that sends more than that is talking to nobody, and is
//!   not waited for.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::RecvStream;

use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// A time limit on standing still; by default there is none.
#[derive(Default)]
pub(crate) struct Patience {
    clock: Clock,
    limit: Duration,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    /// How far things were when the sleep was set.
    seen: Option<Progress>,
}

/// Anything that changes when bytes move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) to_send: usize,
    pub(crate) discarded: usize,
}

impl Patience {
    pub(crate) fn new(clock: Clock, limit: Duration) -> Patience {
        Patience {
            clock,
            limit,
            sleep: None,
            seen: None,
        }
    }

    /// Ready once `now` has been the state of things for the whole limit.
    ///
    /// Wakes on the timer.
    pub(crate) fn poll_exhausted(&mut self, cx: &mut Context<'_>, now: Progress) -> Poll<()> {
        if !self.clock.is_set() {
            return Poll::Pending;
        }
        if self.seen != Some(now) {
            let Some(deadline) = self.clock.now().checked_add(self.limit) else {
                return Poll::Pending;
            };
            match &mut self.sleep {
                Some(sleep) => self.clock.reset(sleep, deadline),
                None => self.sleep = Some(self.clock.sleep_until(deadline)),
            }
            self.seen = Some(now);
        }
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

/// The receiving half of a tunnel that nobody reads any more.
pub(crate) struct Discard {
    recv: Option<RecvStream>,
    /// Bytes that may still come without being answered.
    budget: usize,
    discarded: usize,
}

impl Discard {
    pub(crate) fn new(mut recv: RecvStream) -> Discard {
        let flow = recv.flow_control();
        let under_way = usize::try_from(flow.available_capacity()).unwrap_or(0);
        Discard {
            budget: under_way + flow.used_capacity(),
            recv: Some(recv),
            discarded: 0,
        }
    }

    pub(crate) fn discarded(&self) -> usize {
        self.discarded
    }

    /// Ready once nothing more is waited for: the peer ended its side, or goes on regardless.
    ///
    /// Wakes on DATA, END_STREAM, RST_STREAM and the end of the connection.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(recv) = &mut self.recv {
            match recv.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    // The stream may be gone already, and then there is nobody to give credit to.
                    let _ = recv.flow_control().release_capacity(data.len());
                    self.discarded += data.len();
                    if self.discarded > self.budget {
                        self.recv = None;
                    }
                }
                Poll::Ready(_) => self.recv = None,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}
