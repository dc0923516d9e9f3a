//! Work that is compared over sizes: four times as much input may cost about four times as much, and not sixteen times.
//!
//! Three measures. Bytes allocated and polls are exact. The processor's time of the thread is compared as well, since a byte
//! that is looked at again and again shows nowhere else: the best of some runs, with a margin that a square does not keep
//! within.

use std::time::Duration;

use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeVal;

use crate::support::heap::{mark, Mark};

/// How much larger the larger input is.
pub const FACTOR: usize = 4;
/// Runs of which the fastest counts.
const RUNS: usize = 3;
/// What is the same for every input, in bytes.
const FIXED: usize = 64 << 10;
/// As exact as the processor's time is, where it is counted in ticks of the system's clock of up to 10 ms: two readings
/// may be off by one each, and so may what they are compared with.
const TICKS: Duration = Duration::from_millis(40);

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

/// The processor's time that this thread has used so far.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread can be asked");
    let micros = |time: TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()) as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

impl Cost {
    fn best(self, other: Cost) -> Cost {
        Cost {
            allocated: self.allocated.min(other.allocated),
            polls: self.polls.min(other.polls),
            time: self.time.min(other.time),
        }
    }

    /// Allocations may double where a buffer grows, which is not the same at every size.
    fn assert_linear(small: Cost, large: Cost, what: &str) {
        println!("{what}: {small:?}, {large:?}");
        let allowed = small.allocated * FACTOR * 2 + FIXED;
        assert!(large.allocated <= allowed, "{what}: {small:?}, {large:?}");
        let allowed = small.polls * FACTOR + 20;
        assert!(large.polls <= allowed, "{what}: {small:?}, {large:?}");
        let allowed = small.time * FACTOR as u32 * 2 + TICKS;
        assert!(large.time < allowed, "{what}: {small:?}, {large:?}");
    }
}

/// Runs an input of some `size` and one four times that, and compares.
pub fn assert_linear(what: &str, size: usize, run: impl Fn(usize) -> Cost) {
    // Side by side, so that what else the machine does befalls both.
    let runs = (0..RUNS).map(|_| (run(size), run(size * FACTOR)));
    let best = runs.reduce(|(small, large), next| (small.best(next.0), large.best(next.1)));
    let (small, large) = best.expect("one run at least");
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
