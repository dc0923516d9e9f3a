//! A scenario under way: its proxies, its connections, and what they have used.

use std::time::Duration;

use crate::peer::{Peers, Session};
use crate::proxy::Runtime;
use crate::scenario::Scenario;
use crate::usage::{Reading, Sample};

/// Every row's connection, open for as long as the scenario lasts.
pub struct Open<'a> {
    scenario: &'a Scenario,
    peers: &'a mut Peers,
    sessions: Vec<Session>,
    first: usize,
    _runtime: Runtime,
}

impl<'a> Open<'a> {
    pub fn new(scenario: &'a Scenario, peers: &'a mut Peers) -> Open<'a> {
        let runtime = Runtime::new(scenario.threads).expect("a runtime");
        let sessions = scenario
            .rows
            .iter()
            .map(|row| {
                let proxy = row
                    .subject
                    .start(row.load, &runtime)
                    .expect("a proxy on loopback");
                peers.open(row.subject.protocol(), proxy, row.load)
            })
            .collect();
        Open {
            scenario,
            peers,
            sessions,
            first: 0,
            _runtime: runtime,
        }
    }

    /// Runs every row once, another one first each time, and returns their samples in the rows' order.
    pub fn round(&mut self) -> Vec<Sample> {
        let count = self.sessions.len();
        let mut samples = vec![None; count];
        for offset in 0..count {
            let row = (self.first + offset) % count;
            let before = Reading::now();
            let ran = self.peers.run(self.sessions[row], self.scenario.amount);
            samples[row] = Some(before.until_now(ran));
        }
        self.first += 1;
        samples.into_iter().flatten().collect()
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.peers.close();
    }
}

/// The time of the row that comes first, which is this crate's.
pub fn our_time(round: &[Sample]) -> Duration {
    round[0].wall
}
