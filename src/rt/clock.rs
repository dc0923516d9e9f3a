//! The timer of a connection, if its builder was given one.
//!
//! Invariant: without a timer, telling the time works and waiting panics. So an option that has to
//! wait checks [`Clock::is_set`] first, or documents the panic.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::rt::timer::{Sleep, Timer};

/// A shared [`Timer`], or none (the default). Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Clock(Option<Arc<dyn Timer + Send + Sync>>);

impl Clock {
    pub(crate) fn new(timer: impl Timer + Send + Sync + 'static) -> Clock {
        Clock(Some(Arc::new(timer)))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// The timer's time; without a timer, that of the system.
    pub(crate) fn now(&self) -> Instant {
        match &self.0 {
            Some(timer) => timer.now(),
            None => Instant::now(),
        }
    }

    /// See [`Timer::sleep`]. Panics without a timer.
    pub(crate) fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.timer().sleep(duration)
    }

    /// See [`Timer::sleep_until`]. Panics without a timer.
    pub(crate) fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.timer().sleep_until(deadline)
    }

    /// See [`Timer::reset`]. Panics without a timer.
    pub(crate) fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        self.timer().reset(sleep, new_deadline);
    }

    fn timer(&self) -> &(dyn Timer + Send + Sync) {
        match &self.0 {
            Some(timer) => timer.as_ref(),
            None => panic!("You must supply a timer."),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() {
            "Clock(set)"
        } else {
            "Clock(unset)"
        })
    }
}

#[cfg(test)]
mod tests;
