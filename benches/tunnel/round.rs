//! A scenario under way: its proxies, its connections, and what they use.

use std::net::SocketAddr;
use std::time::Duration;

use crate::peer::{Peers, Session};
use crate::proxy::Runtime;
use crate::scenario::Scenario;
use crate::usage::{Reading, Sample};

/// Every row's proxy, for as long as the scenario lasts.
pub struct Proxies<'a> {
    scenario: &'a Scenario,
    addresses: Vec<SocketAddr>,
    _runtime: Runtime,
}

impl<'a> Proxies<'a> {
    pub fn start(scenario: &'a Scenario) -> Proxies<'a> {
        let runtime = Runtime::new(scenario.threads).expect("a runtime");
        let start = scenario
            .rows
            .iter()
            .map(|row| row.subject.start(row.load, &runtime))
            .collect::<Result<_, _>>();
        Proxies {
            scenario,
            addresses: start.expect("proxies on loopback"),
            _runtime: runtime,
        }
    }

    /// Opens every row's connection, and runs one round for them to find their pace.
    ///
    /// A connection keeps habits for as long as it lives, such as how reads fall on the bounds of
    /// frames. So no row should be judged by one alone.
    pub fn connect<'p>(&self, peers: &'p mut Peers) -> Connections<'p> {
        let sessions = self
            .scenario
            .rows
            .iter()
            .zip(&self.addresses)
            .map(|(row, proxy)| peers.open(row.subject.protocol(), *proxy, row.load))
            .collect();
        let mut connections = Connections {
            amount: self.scenario.amount,
            peers,
            sessions,
            first: 0,
        };
        connections.round();
        connections
    }
}

/// A connection for every row.
pub struct Connections<'a> {
    amount: u64,
    peers: &'a mut Peers,
    sessions: Vec<Session>,
    first: usize,
}

impl Connections<'_> {
    /// Runs every row once, another one first each time, and returns their samples in the rows' order.
    pub fn round(&mut self) -> Vec<Sample> {
        let count = self.sessions.len();
        let mut samples = vec![None; count];
        for offset in 0..count {
            let row = (self.first + offset) % count;
            let before = Reading::now();
            let ran = self.peers.run(self.sessions[row], self.amount);
            samples[row] = Some(before.until_now(ran));
        }
        self.first += 1;
        samples.into_iter().flatten().collect()
    }
}

impl Drop for Connections<'_> {
    fn drop(&mut self) {
        self.peers.close();
    }
}

/// The time of the row that comes first, which is this crate's.
pub fn our_time(round: &[Sample]) -> Duration {
    round[0].wall
}
