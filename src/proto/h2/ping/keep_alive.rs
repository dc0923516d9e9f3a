//! When to ask the peer for a sign of life, and when to give it up.
//!
//! ```text
//!            a stream is open, or idling is watched           interval since the last activity
//!   Idle ────────────────────────────────────────► Scheduled ─────────────────────────────────► PingSent
//!    ▲                                              │     ▲                                     │     │
//!    └──────────────────────────────────────────────┘     └─────────────────────────────────────┘     ▼
//!                       due, but no stream is open               acknowledged               timeout: given up
//! ```
//!
//! Invariants:
//! - Activity is never reported here. A timer that fires looks at the last activity and is set again if there was any
//!   since; so data costs no timer operation.
//! - One `Sleep` serves every wait, through `Clock::reset`.
//! - Only its acknowledgement answers a PING; other activity while it is awaited does not put the timeout off.

use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use crate::proto::h2::ping::shared::Shared;
use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// Some 30 years: longer than any connection, short enough that adding it to an `Instant` cannot overflow.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

pub(super) struct KeepAlive {
    interval: Duration,
    timeout: Duration,
    while_idle: bool,
    state: State,
    sleep: Pin<Box<dyn Sleep>>,
}

enum State {
    /// There is nothing to watch over.
    Idle,
    /// `sleep` fires at `due`, which was right when it was set.
    Scheduled { due: Instant },
    /// `sleep` fires when the peer has had its time.
    PingSent,
}

/// The peer left a PING unacknowledged.
pub(super) struct TimedOut;

impl KeepAlive {
    /// # Panics
    ///
    /// With `You must supply a timer.` if `clock` has none.
    pub(super) fn new(
        interval: Duration,
        timeout: Duration,
        while_idle: bool,
        clock: &Clock,
    ) -> KeepAlive {
        let interval = interval.min(LONGEST_WAIT);
        KeepAlive {
            interval,
            timeout: timeout.min(LONGEST_WAIT),
            while_idle,
            state: State::Idle,
            sleep: clock.sleep(interval),
        }
    }

    /// The PING under way was acknowledged.
    pub(super) fn acknowledged(&mut self) {
        // Left as `Idle`, the next poll schedules from this acknowledgement, which counts as activity.
        if matches!(self.state, State::PingSent) {
            self.state = State::Idle;
        }
    }

    /// Ready when the peer is given up.
    ///
    /// Wakes when the timer of the present state fires, and in `Idle` when a stream is opened.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        clock: &Clock,
        shared: &mut Shared,
    ) -> Poll<TimedOut> {
        loop {
            match self.state {
                State::Idle => {
                    if !self.is_watching(shared) {
                        shared.wake_on_stream(cx.waker());
                        return Poll::Pending;
                    }
                    self.schedule(clock, shared.last_activity());
                }
                State::Scheduled { due } => {
                    ready!(self.sleep.as_mut().poll(cx));
                    if !self.is_watching(shared) {
                        self.state = State::Idle;
                    } else if due < shared.last_activity() + self.interval {
                        // Compared with what the timer was set to, not with the present: a clock and its timer that
                        // disagree about the time must not turn this loop into a busy one.
                        self.schedule(clock, shared.last_activity());
                    } else {
                        let now = clock.now();
                        shared.ensure_ping(now);
                        clock.reset(&mut self.sleep, now + self.timeout);
                        self.state = State::PingSent;
                    }
                }
                State::PingSent => {
                    ready!(self.sleep.as_mut().poll(cx));
                    return Poll::Ready(TimedOut);
                }
            }
        }
    }

    fn is_watching(&self, shared: &Shared) -> bool {
        self.while_idle || shared.has_open_streams()
    }

    fn schedule(&mut self, clock: &Clock, last_activity: Instant) {
        let due = last_activity + self.interval;
        clock.reset(&mut self.sleep, due);
        self.state = State::Scheduled { due };
    }
}
