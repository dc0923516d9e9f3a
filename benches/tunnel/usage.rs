//! What the measured process has used.

use std::time::Duration;

use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeVal;

use crate::heap::allocated;
use crate::peer::Ran;

/// One row's figures for one round.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// As the client saw it.
    pub wall: Duration,
    /// DATA frames that the client received.
    pub frames: u64,
    pub user: Duration,
    pub system: Duration,
    pub allocations: u64,
    pub allocated_bytes: u64,
    pub page_faults: u64,
}

impl Sample {
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// A reading of the process's counters.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    user: Duration,
    system: Duration,
    allocations: u64,
    allocated_bytes: u64,
    page_faults: u64,
}

impl Reading {
    pub fn now() -> Reading {
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process may ask for its own usage");
        let heap = allocated();
        Reading {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            allocations: heap.allocations,
            allocated_bytes: heap.bytes,
            page_faults: usage.minor_page_faults() as u64,
        }
    }

    /// What was used since, for work that went like this for the client.
    pub fn until_now(&self, ran: Ran) -> Sample {
        let now = Reading::now();
        Sample {
            wall: ran.time,
            frames: ran.frames,
            user: now.user.saturating_sub(self.user),
            system: now.system.saturating_sub(self.system),
            allocations: now.allocations - self.allocations,
            allocated_bytes: now.allocated_bytes - self.allocated_bytes,
            page_faults: now.page_faults - self.page_faults,
        }
    }
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
