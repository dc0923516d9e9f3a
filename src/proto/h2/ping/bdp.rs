//! How many bytes the path to the peer can hold (its bandwidth-delay product), estimated from the data taken during
//! the round trips of PING frames, so that a receive window can be grown to match.
//!
//! Invariants: the window never shrinks and never exceeds [`LARGEST_WINDOW`]. Nothing here reads a clock: time comes
//! in as durations, and the wait until the next ping goes out as one.

use std::time::Duration;

/// No estimate goes beyond this, in bytes: what one fast peer may make this side hold has to end somewhere.
pub(super) const LARGEST_WINDOW: u32 = 16 * 1024 * 1024;

/// The wait before the second ping of a connection.
pub(super) const FIRST_PING_DELAY: Duration = Duration::from_millis(100);

/// A delay that has reached this is not stretched again.
const LONG_PING_DELAY: Duration = Duration::from_secs(10);

/// How many samples in a row have to bring no growth before pings are sent more rarely.
const STABLE_SAMPLES: u8 = 2;

/// Weight of the newest round trip in the smoothed one, in the manner of TCP's (RFC 6298, section 2).
const RTT_WEIGHT: f64 = 1.0 / 8.0;

/// A clock too coarse to see the round trip would otherwise measure an infinite bandwidth, which no later sample
/// could reach again.
const SHORTEST_RTT: f64 = 1e-6;

/// The estimate of one connection.
#[derive(Debug)]
pub(super) struct Bdp {
    /// Bytes: the present estimate, which is also the window in force.
    window: u32,
    /// Bytes per second: the best sample so far.
    best_bandwidth: f64,
    /// Seconds; absent before the first sample.
    smoothed_rtt: Option<f64>,
    ping_delay: Duration,
    /// Samples without growth since the last growth, or since the delay was last stretched.
    stable: u8,
}

impl Bdp {
    /// Starts at the window the connection was opened with, in bytes.
    pub(super) fn new(initial_window: u32) -> Bdp {
        Bdp {
            window: initial_window,
            best_bandwidth: 0.0,
            smoothed_rtt: None,
            ping_delay: FIRST_PING_DELAY,
            stable: 0,
        }
    }

    /// How long to wait, once a ping is acknowledged, before the next one is sent.
    pub(super) fn ping_delay(&self) -> Duration {
        self.ping_delay
    }

    /// Takes the outcome of one ping: `bytes` of data were consumed in the `rtt` between PING and its acknowledgement.
    ///
    /// Returns the new window in bytes if it has to grow.
    pub(super) fn sample(&mut self, bytes: usize, rtt: Duration) -> Option<u32> {
        let grown = self.estimate(bytes, rtt);
        match grown {
            Some(window) => {
                self.window = window;
                self.stable = 0;
                self.ping_delay /= 2;
            }
            None => self.note_stable(),
        }
        grown
    }

    fn estimate(&mut self, bytes: usize, rtt: Duration) -> Option<u32> {
        let rtt = rtt.as_secs_f64();
        let smoothed = match self.smoothed_rtt {
            Some(earlier) => earlier + (rtt - earlier) * RTT_WEIGHT,
            None => rtt,
        };
        self.smoothed_rtt = Some(smoothed);

        // Half a round trip is added because data that was under way when the PING left is counted as well.
        let bandwidth = bytes as f64 / (smoothed.max(SHORTEST_RTT) * 1.5);
        if bandwidth < self.best_bandwidth {
            return None;
        }
        self.best_bandwidth = bandwidth;

        // A sample that leaves a third of the window unused was not held back by it.
        let bytes = bytes as u64;
        if bytes * 3 < u64::from(self.window) * 2 {
            return None;
        }
        let window = u32::try_from(bytes * 2).map_or(LARGEST_WINDOW, |w| w.min(LARGEST_WINDOW));
        (window > self.window).then_some(window)
    }

    fn note_stable(&mut self) {
        self.stable += 1;
        if self.stable == STABLE_SAMPLES {
            self.stable = 0;
            if self.ping_delay < LONG_PING_DELAY {
                self.ping_delay *= 4;
            }
        }
    }
}

#[cfg(test)]
mod tests;
