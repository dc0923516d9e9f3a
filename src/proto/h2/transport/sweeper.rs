//! Sees to it that a connection which was busy gives its buffers back.
//!
//! Invariant: while the pool has buffers, a timer runs. With each ring, those go that nobody missed
//! since the last one; so an idle connection has none after two.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use crate::proto::h2::piece::Pool;
use crate::proto::h2::transport::outlet::Outlet;
use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// Long beside the pauses of a transfer, short beside the life of a connection.
const PERIOD: Duration = Duration::from_secs(1);

pub(crate) struct Sweeper {
    clock: Clock,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The pool is empty.
    Resting,
    /// It may have buffers.
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

    /// Without a timer nobody could sweep, and such a pool keeps next to nothing.
    pub(crate) fn pool(&self) -> Pool {
        if self.clock.is_set() {
            Pool::swept()
        } else {
            Pool::default()
        }
    }

    /// Something went into the pool.
    pub(crate) fn start(&mut self) {
        if self.state == State::Resting && self.clock.is_set() {
            self.state = State::Due;
        }
    }

    /// Sweeps when it is time to. Wakes on the timer.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, outlet: &Outlet) {
        while self.state != State::Resting {
            if self.state == State::Due {
                self.set_timer();
            }
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(cx).is_pending() {
                    return;
                }
            }
            let mut pool = outlet.pool();
            pool.sweep();
            self.state = if pool.is_empty() {
                State::Resting
            } else {
                State::Due
            };
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
