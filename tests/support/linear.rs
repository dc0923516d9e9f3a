//! Work that is compared over sizes: four times as much input may cost about four times as much, and not sixteen times.
//!
//! Three measures. Bytes allocated and polls are exact. The processor's time of the thread is compared as well, since a byte
//! that is looked at again and again shows nowhere else: the best of some runs, with a margin that a square does not keep
//! within.

use std::time::Duration;

use nix::time::{clock_gettime, ClockId};

use crate::support::heap::{mark, Mark};

/// How much larger the larger input is.
pub const FACTOR: usize = 4;
/// Runs of which the fastest counts.
const RUNS: usize = 3;
/// Runs at most, if time is what speaks against it: there may be something else that a busy processor does.
const MOST_RUNS: usize = 12;
/// What is the same for every input, in bytes.
const FIXED: usize = 64 << 10;
/// What may befall any measurement of time, such as a page that has to be found.
const SLACK: Duration = Duration::from_millis(10);

/// What an input came to.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub allocated: usize,
    pub polls: usize,
    pub time: Duration,
}

/// A measurement under way.
pub struct Meter {
    mark: Mark,
    start: Duration,
}

impl Meter {
    pub fn start() -> Self {
        Meter {
            mark: mark(),
            start: used(),
        }
    }

    pub fn stop(self, polls: usize) -> Cost {
        Cost {
            allocated: self.mark.allocated(),
            polls,
            time: used() - self.start,
        }
    }
}

/// The processor's time that this thread has used so far. Not what `getrusage` says of it, which some systems count in
/// ticks of several milliseconds, as many as happened to meet the thread.
fn used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .expect("a thread has a clock of its own")
        .into()
}

impl Cost {
    fn best(self, other: Cost) -> Cost {
        Cost {
            allocated: self.allocated.min(other.allocated),
            polls: self.polls.min(other.polls),
            time: self.time.min(other.time),
        }
    }

    fn takes_no_longer_than_linear(small: Cost, large: Cost) -> bool {
        large.time < small.time * FACTOR as u32 * 2 + SLACK
    }

    /// Allocations may double where a buffer grows, which is not the same at every size.
    fn assert_linear(small: Cost, large: Cost, what: &str) {
        println!("{what}: {small:?}, {large:?}");
        let allowed = small.allocated * FACTOR * 2 + FIXED;
        assert!(large.allocated <= allowed, "{what}: {small:?}, {large:?}");
        let allowed = small.polls * FACTOR + 20;
        assert!(large.polls <= allowed, "{what}: {small:?}, {large:?}");
        assert!(
            Cost::takes_no_longer_than_linear(small, large),
            "{what}: {small:?}, {large:?}"
        );
    }
}

/// Runs an input of some `size` and one four times that, and compares.
pub fn assert_linear(what: &str, size: usize, run: impl Fn(usize) -> Cost) {
    // Side by side, so that what else the machine does befalls both.
    let both = || (run(size), run(size * FACTOR));
    let (mut small, mut large) = both();
    for done in 1..MOST_RUNS {
        if done >= RUNS && Cost::takes_no_longer_than_linear(small, large) {
            break;
        }
        let next = both();
        (small, large) = (small.best(next.0), large.best(next.1));
    }
    Cost::assert_linear(small, large, what);
}

/// Runs `future` on a runtime of its own, under a paused clock.
pub fn on_paused_clock<T>(future: impl std::future::Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}
