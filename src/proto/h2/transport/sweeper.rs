//! Sees to it that a connection which was busy gives its memory back.
//!
//! Invariant: while a connection has more memory than a quiet one, a timer runs. With each ring,
//! that goes which nobody missed since the last one; so an idle connection has none of it after
//! two. Without a timer there is less to begin with, and each rest of the connection is a ring.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use crate::proto::h2::piece::Pool;
use crate::proto::h2::transport::inbound::{self, Inbound, Intake};
use crate::proto::h2::transport::outlet::Outlet;
use crate::proto::h2::window::FRAME_SIZE;
use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// Long beside the pauses of a transfer, short beside the life of a connection.
const PERIOD: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(crate) struct Sweeper {
    clock: Clock,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// There is nothing to sweep.
    #[default]
    Resting,
    /// There may be something.
    Due,
    /// The timer runs.
    Waiting,
}

impl Sweeper {
    pub(crate) fn new(clock: Clock) -> Sweeper {
        Sweeper {
            clock,
            sleep: None,
            state: State::Resting,
        }
    }

    pub(crate) fn inbound(&self) -> Inbound {
        Inbound::new(if self.clock.is_set() {
            inbound::MOST
        } else {
            FRAME_SIZE
        })
    }

    pub(crate) fn pool(&self) -> Pool {
        if self.clock.is_set() {
            Pool::swept()
        } else {
            Pool::default()
        }
    }

    /// There may be something to sweep.
    pub(crate) fn start(&mut self) {
        if self.state == State::Resting {
            self.state = State::Due;
        }
    }

    /// Sweeps when it is time to, and says whether it did. Wakes on the timer.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, intake: &Intake, outlet: &Outlet) -> bool {
        let mut has_swept = false;
        while self.state != State::Resting && self.is_time(cx) {
            has_swept = true;
            let is_large = intake.sweep();
            let has_more = outlet.sweep() || is_large;
            self.state = if has_more && self.clock.is_set() {
                State::Due
            } else {
                State::Resting
            };
        }
        has_swept
    }

    /// Without a timer it always is.
    fn is_time(&mut self, cx: &mut Context<'_>) -> bool {
        if self.state == State::Due && self.clock.is_set() {
            self.set_timer();
        }
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx).is_ready(),
            None => true,
        }
    }

    fn set_timer(&mut self) {
        let deadline = self.clock.now() + PERIOD;
        match &mut self.sleep {
            Some(sleep) => self.clock.reset(sleep, deadline),
            None => self.sleep = Some(self.clock.sleep_until(deadline)),
        }
        self.state = State::Waiting;
    }
}
