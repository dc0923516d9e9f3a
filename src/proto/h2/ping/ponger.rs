//! The half that acts: takes acknowledgements, tends the keep-alive timer and grows the window.
//!
//! Invariant: each poll leaves the task registered for the acknowledgement of a PING, whoever sends it and when, and
//! for the keep-alive timer, also where it returns a window to apply.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::PingPong;

use crate::proto::h2::ping::bdp::Bdp;
use crate::proto::h2::ping::keep_alive::{KeepAlive, TimedOut};
use crate::proto::h2::ping::recorder::{disabled, Link, Recorder};
use crate::proto::h2::ping::shared::{RoundTrip, Shared};
use crate::rt::clock::Clock;

/// What PING frames are used for on a connection.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The receive window the connection starts with, in bytes, if it is to grow with the measured bandwidth.
    pub(crate) bdp_initial_window: Option<u32>,
    /// How long a connection may be silent before the peer is asked for a sign of life; `None` never asks.
    pub(crate) keep_alive_interval: Option<Duration>,
    /// How long the peer may take to answer.
    pub(crate) keep_alive_timeout: Duration,
    /// Whether to ask also while no stream is open.
    pub(crate) keep_alive_while_idle: bool,
}

impl Config {
    /// Whether there is any use for [`channel`].
    pub(crate) fn is_enabled(&self) -> bool {
        self.bdp_initial_window.is_some() || self.keep_alive_interval.is_some()
    }
}

/// The halves for a connection with these options: a recorder that does nothing where there is no use
/// for the other.
///
/// `ping_pong` is what takes it from h2, which looks after it at each poll of the connection from then on: it is called
/// where there is use for it.
///
/// # Panics
///
/// As [`channel`] does.
pub(crate) fn start(
    ping_pong: impl FnOnce() -> Option<PingPong>,
    config: Config,
    clock: Clock,
) -> (Recorder, Option<Ponger>) {
    let ping_pong = if config.is_enabled() {
        ping_pong()
    } else {
        None
    };
    match ping_pong {
        Some(ping_pong) => {
            let (recorder, ponger) = channel(ping_pong, config, clock);
            (recorder, Some(ponger))
        }
        None => (disabled(), None),
    }
}

/// Joins a connection's reporting and acting halves.
///
/// Measuring bandwidth needs no timer.
///
/// # Panics
///
/// With `You must supply a timer.` if a keep-alive interval is set and `clock` has no timer.
pub(crate) fn channel(ping_pong: PingPong, config: Config, clock: Clock) -> (Recorder, Ponger) {
    let keep_alive = config.keep_alive_interval.map(|interval| {
        KeepAlive::new(
            interval,
            config.keep_alive_timeout,
            config.keep_alive_while_idle,
            &clock,
        )
    });
    let bdp = config.bdp_initial_window.map(Bdp::new);
    let shared = Shared::new(ping_pong, bdp.is_some(), clock.now());
    let link = Arc::new(Link::new(clock, shared));
    let ponger = Ponger {
        link: link.clone(),
        bdp,
        keep_alive,
    };
    (Recorder::new(link), ponger)
}

/// Belongs to the connection task, which polls it whenever it runs.
pub(crate) struct Ponger {
    link: Arc<Link>,
    bdp: Option<Bdp>,
    keep_alive: Option<KeepAlive>,
}

/// What the connection task has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ponged {
    /// Make this many bytes the connection's target window and the initial window of its streams.
    WindowUpdate(u32),
    /// Give the connection up: the peer left a PING unanswered.
    KeepAliveTimedOut,
}

impl Ponger {
    /// Ready with the next thing to do. `KeepAliveTimedOut` is repeated on every later poll.
    ///
    /// Wakes on the acknowledgement of a PING, when the keep-alive timer fires, and when the first stream is opened on
    /// a connection that is watched only while it has some. The wake-ups are in place after `WindowUpdate` as they are
    /// after `Pending`, so no second poll is needed. Best polled after h2's connection, whose poll takes
    /// acknowledgements in; a PING sent from here wakes that connection's task.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ponged> {
        let clock = self.link.clock();
        let now = clock.now();
        let mut shared = self.link.lock();
        if shared.is_timed_out() {
            return Poll::Ready(Ponged::KeepAliveTimedOut);
        }

        let mut grown = None;
        match shared.poll_pong(cx, now) {
            Poll::Ready(Some(round_trip)) => {
                if let Some(keep_alive) = &mut self.keep_alive {
                    keep_alive.acknowledged();
                }
                if let Some(bdp) = &mut self.bdp {
                    grown = measure(bdp, &round_trip);
                    shared.measure_again_at(now + bdp.ping_delay());
                }
            }
            // Nothing is left to watch over; the connection itself reports why.
            Poll::Ready(None) => return Poll::Pending,
            Poll::Pending => {}
        }

        if let Some(keep_alive) = &mut self.keep_alive {
            if let Poll::Ready(TimedOut) = keep_alive.poll(cx, clock, &mut shared) {
                shared.set_timed_out();
                return Poll::Ready(Ponged::KeepAliveTimedOut);
            }
        }
        match grown {
            Some(window) => Poll::Ready(Ponged::WindowUpdate(window)),
            None => Poll::Pending,
        }
    }
}

/// A keep-alive PING during which no data came says nothing about bandwidth, so it is no sample.
fn measure(bdp: &mut Bdp, round_trip: &RoundTrip) -> Option<u32> {
    if round_trip.bytes == 0 {
        return None;
    }
    bdp.sample(round_trip.bytes, round_trip.time)
}
