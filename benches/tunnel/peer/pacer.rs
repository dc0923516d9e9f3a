//! A reader's slowness, as time that it owes.

use std::thread;
use std::time::{Duration, Instant};

/// What is owed before the thread sleeps for it: sleeping takes some 50 µs more than asked for.
const WORTH_A_SLEEP: Duration = Duration::from_micros(200);
/// How far a sleep that took too long may be made up for.
const CREDIT: Duration = Duration::from_millis(1);

/// Holds its thread up by what it is charged, on average. Costs no CPU.
#[derive(Debug)]
pub struct Pacer {
    free_at: Instant,
}

impl Pacer {
    pub fn new() -> Pacer {
        Pacer {
            free_at: Instant::now(),
        }
    }

    pub fn charge(&mut self, time: Duration) {
        let now = Instant::now();
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        self.free_at = self.free_at.max(earliest) + time;
        let owed = self.free_at.saturating_duration_since(now);
        if owed >= WORTH_A_SLEEP {
            thread::sleep(owed);
        }
    }
}
