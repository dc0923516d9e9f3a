//! How long a server waits for a request head.
//!
//! Invariants:
//! - The clock runs from when the connection begins to wait until the head is complete; bytes that arrive in between do
//!   not extend it. So it also limits how long a connection may be idle.
//! - A deadline that no clock can show is none.

use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use crate::rt::clock::Clock;
use crate::rt::Sleep;

pub(crate) struct ReadTimeout {
    clock: Clock,
    limit: Option<Duration>,
    state: State,
}

enum State {
    Stopped,
    Running(Pin<Box<dyn Sleep>>),
    /// Running, towards no deadline.
    Unlimited,
}

impl ReadTimeout {
    /// Without a timer there is no timeout either.
    pub(crate) fn new(clock: Clock, limit: Option<Duration>) -> ReadTimeout {
        let limit = limit.filter(|_| clock.is_set());
        ReadTimeout {
            clock,
            limit,
            state: State::Stopped,
        }
    }

    /// Starts the clock, unless it runs already.
    pub(crate) fn start(&mut self) {
        if !matches!(self.state, State::Stopped) {
            return;
        }
        let deadline = self
            .limit
            .and_then(|limit| self.clock.now().checked_add(limit));
        self.state = match deadline {
            Some(deadline) => State::Running(self.clock.sleep_until(deadline)),
            None => State::Unlimited,
        };
    }

    pub(crate) fn stop(&mut self) {
        self.state = State::Stopped;
    }

    /// Ready once the time is up. Wakes for that.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Running(sleep) => {
                ready!(sleep.as_mut().poll(cx));
                self.state = State::Stopped;
                Poll::Ready(())
            }
            State::Stopped | State::Unlimited => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
