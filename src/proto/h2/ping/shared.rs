//! What the recorder and the ponger of one connection both see.
//!
//! Invariants: `in_flight` is set exactly while h2 holds an unacknowledged user PING, because every PING is sent by
//! [`Shared::send_ping`] and every acknowledgement is taken by [`Shared::poll_pong`]. Time is an input; nothing here
//! reads a clock.

use std::task::{ready, Context, Poll, Waker};
use std::time::{Duration, Instant};

use h2::{Ping, PingPong};

pub(super) struct Shared {
    ping_pong: PingPong,
    in_flight: Option<InFlight>,
    /// When the next PING that measures bandwidth may leave; absent if nothing is to be measured.
    next_measurement: Option<Instant>,
    last_activity: Instant,
    open_streams: usize,
    timed_out: bool,
    /// The connection task, while it waits for a stream to watch over.
    awaiting_stream: Option<Waker>,
}

struct InFlight {
    sent_at: Instant,
    /// Data consumed since.
    bytes: usize,
}

/// What happened between a PING and its acknowledgement.
pub(super) struct RoundTrip {
    pub(super) time: Duration,
    pub(super) bytes: usize,
}

impl Shared {
    pub(super) fn new(ping_pong: PingPong, measure: bool, now: Instant) -> Shared {
        Shared {
            ping_pong,
            in_flight: None,
            next_measurement: measure.then_some(now),
            last_activity: now,
            open_streams: 0,
            timed_out: false,
            awaiting_stream: None,
        }
    }

    pub(super) fn note_activity(&mut self, now: Instant) {
        // Callers read the clock before they take the lock, so that times may arrive out of order.
        self.last_activity = self.last_activity.max(now);
    }

    pub(super) fn last_activity(&self) -> Instant {
        self.last_activity
    }

    /// Counts consumed data towards the measurement under way, or begins one if it is time to.
    pub(super) fn note_data(&mut self, len: usize, now: Instant) {
        self.note_activity(now);
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.bytes = in_flight.bytes.saturating_add(len);
        } else if self.next_measurement.is_some_and(|due| due <= now) && len > 0 {
            self.send_ping(now, len);
        }
    }

    /// Makes sure that a PING is under way.
    pub(super) fn ensure_ping(&mut self, now: Instant) {
        if self.in_flight.is_none() {
            self.send_ping(now, 0);
        }
    }

    fn send_ping(&mut self, now: Instant, bytes: usize) {
        // A refusal means that the connection is gone, which its own task is about to learn from h2.
        if self.ping_pong.send_ping(Ping::opaque()).is_ok() {
            self.in_flight = Some(InFlight {
                sent_at: now,
                bytes,
            });
        }
    }

    /// Ready with the acknowledged round trip, or with `None` once the connection is gone.
    ///
    /// Wakes on the acknowledgement of a PING, also of one sent later, and on the end of the connection.
    pub(super) fn poll_pong(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Poll<Option<RoundTrip>> {
        if ready!(self.ping_pong.poll_pong(cx)).is_err() {
            return Poll::Ready(None);
        }
        let in_flight = self
            .in_flight
            .take()
            .expect("h2 acknowledges only the ping that was sent through it");
        self.note_activity(now);
        Poll::Ready(Some(RoundTrip {
            time: now.saturating_duration_since(in_flight.sent_at),
            bytes: in_flight.bytes,
        }))
    }

    pub(super) fn measure_again_at(&mut self, due: Instant) {
        self.next_measurement = Some(due);
    }

    pub(super) fn has_open_streams(&self) -> bool {
        self.open_streams > 0
    }

    /// Hands back the connection task if it waits for this stream; it is to be woken outside the lock.
    #[must_use]
    pub(super) fn open_stream(&mut self) -> Option<Waker> {
        self.open_streams += 1;
        self.awaiting_stream.take()
    }

    pub(super) fn close_stream(&mut self) {
        self.open_streams -= 1;
    }

    pub(super) fn wake_on_stream(&mut self, task: &Waker) {
        match &mut self.awaiting_stream {
            Some(waiting) => waiting.clone_from(task),
            None => self.awaiting_stream = Some(task.clone()),
        }
    }

    pub(super) fn set_timed_out(&mut self) {
        self.timed_out = true;
    }

    pub(super) fn is_timed_out(&self) -> bool {
        self.timed_out
    }
}
