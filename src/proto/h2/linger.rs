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

use crate::proto::h2::aside::Part;
use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// What a tunnel's task needs to see the rest out.
#[derive(Default)]
pub(crate) struct Lingering {
    patience: Patience,
    /// There once the handle is gone.
    discard: Option<Discard>,
}

impl Lingering {
    pub(crate) fn new(patience: Patience) -> Lingering {
        Lingering {
            patience,
            discard: None,
        }
    }

    /// The handle is gone, and has left this.
    pub(crate) fn begin(&mut self, recv: RecvStream) {
        self.discard = Some(Discard::new(recv));
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.discard.is_some()
    }

    /// Ready once the handle is gone and nothing more is waited for from the peer. Wakes as [`Discard::poll_over`] does.
    pub(crate) fn poll_peer_done(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.discard {
            Some(discard) => discard.poll_over(cx),
            None => Poll::Pending,
        }
    }

    /// Ready once nothing has moved for the whole of the patience, with `to_send` bytes left. Wakes on the timer.
    pub(crate) fn poll_exhausted(&mut self, cx: &mut Context<'_>, to_send: usize) -> Poll<()> {
        let discarded = self.discard.as_ref();
        let now = Progress {
            to_send,
            discarded: discarded.map_or(0, |discard| discard.discarded),
        };
        self.patience.poll_exhausted(cx, now)
    }
}

impl Part for Lingering {
    #[inline(never)]
    fn let_go(self) {}
}

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
struct Progress {
    to_send: usize,
    discarded: usize,
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
    fn poll_exhausted(&mut self, cx: &mut Context<'_>, now: Progress) -> Poll<()> {
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
struct Discard {
    recv: Option<RecvStream>,
    /// Bytes that may still come without being answered.
    budget: usize,
    discarded: usize,
}

impl Discard {
    fn new(mut recv: RecvStream) -> Discard {
        let flow = recv.flow_control();
        let under_way = usize::try_from(flow.available_capacity()).unwrap_or(0);
        Discard {
            budget: under_way + flow.used_capacity(),
            recv: Some(recv),
            discarded: 0,
        }
    }

    /// Ready once nothing more is waited for: the peer ended its side, or goes on regardless.
    ///
    /// Wakes on DATA, END_STREAM, RST_STREAM and the end of the connection.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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
