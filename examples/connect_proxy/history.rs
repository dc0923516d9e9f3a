//! The last ten minutes, a sample a second.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::time::{interval, Instant, MissedTickBehavior};

use crate::metrics::resident_memory;
use crate::proxy::Proxy;

#[cfg(test)]
mod tests;

/// Samples that are kept.
const MOST: usize = 600;
const PERIOD: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970.
    pub t: u64,
    /// Bytes; 0 where the system does not tell.
    pub rss: u64,
    pub held: usize,
    pub tunnels: usize,
    pub stalled: usize,
    /// Bytes a second since the sample before.
    pub to_target_rate: u64,
    pub to_client_rate: u64,
}

#[derive(Clone, Default)]
pub struct History(Arc<Mutex<VecDeque<Sample>>>);

impl History {
    /// The samples there are, the oldest first.
    pub fn samples(&self) -> Vec<Sample> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().copied().collect()
    }

    fn add(&self, sample: Sample) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() == MOST {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// Takes samples for as long as it is polled.
    pub async fn sample(self, proxy: Arc<Proxy>) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = (Instant::now(), proxy.live.totals());
        loop {
            let now = ticks.tick().await;
            let totals = proxy.live.totals();
            let took = now.saturating_duration_since(before.0);
            self.add(Sample {
                t: unix_milliseconds(),
                rss: resident_memory().unwrap_or_default(),
                held: totals.held,
                tunnels: totals.tunnels(),
                stalled: totals.stalled,
                to_target_rate: rate(totals.to_target - before.1.to_target, took),
                to_client_rate: rate(totals.to_client - before.1.to_client, took),
            });
            before = (now, totals);
            proxy.metrics.keep_up();
        }
    }
}

fn rate(bytes: u64, took: Duration) -> u64 {
    match took.as_secs_f64() {
        seconds if seconds > 0.0 => (bytes as f64 / seconds) as u64,
        _ => 0,
    }
}

fn unix_milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as u64
}
