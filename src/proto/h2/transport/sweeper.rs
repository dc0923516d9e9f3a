//! Sees to it that a connection which was busy gives its buffers back.
//!
//! Invariant: while the pool has buffers, a timer runs. With each ring, those go that nobody missed
//! since the last one; so an idle connection has none after two.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use crate::proto::h2::piece::Pool;
use crate::rt::clock::Clock;
use crate::rt::Sleep;

/// Long beside the pauses of a transfer, short beside the life of a connection.
const PERIOD: Duration = Duration::from_secs(1);

pub(crate) struct Sweeper {
    clock: Clock,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    is_running: bool,
}

impl Sweeper {
    pub(crate) fn new(clock: Clock) -> Sweeper {
        Sweeper {
            clock,
            sleep: None,
            is_running: false,
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

    /// Sweeps when it is time to. Wakes on the timer.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, pool: &mut Pool) {
        while !pool.is_empty() && self.clock.is_set() {
            if !self.is_running {
                let Some(deadline) = self.clock.now().checked_add(PERIOD) else {
                    return;
                };
                match &mut self.sleep {
                    Some(sleep) => self.clock.reset(sleep, deadline),
                    None => self.sleep = Some(self.clock.sleep_until(deadline)),
                }
                self.is_running = true;
            }
            let is_time = match &mut self.sleep {
                Some(sleep) => sleep.as_mut().poll(cx).is_ready(),
                None => false,
            };
            if !is_time {
                return;
            }
            self.is_running = false;
            pool.sweep();
        }
    }
}
