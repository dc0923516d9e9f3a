//! What is measured.

use crate::load::{Load, Pace, Work};
use crate::proxy::Subject;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a scenario's amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Rounds,
}

/// Rows that are run in turn, each on a connection of its own.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: String,
    /// Threads of the proxy's runtime.
    pub threads: usize,
    /// What each row carries in a round.
    pub amount: u64,
    pub unit: Unit,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub subject: Subject,
    pub load: Load,
}

/// Every implementation there is, ours first.
const SUBJECTS: &[Subject] = &[
    Subject::ThisCrate,
    #[cfg(feature = "released")]
    Subject::Released,
    Subject::H2,
    Subject::Tcp,
];

/// All scenarios, at `1 / divisor` of their full amounts.
pub fn all(divisor: u64) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for work in [Work::Download, Work::Upload] {
        for (write_size, amount) in [
            (1, 32 * KIB),
            (512, 4 * MIB),
            (8 * KIB, 32 * MIB),
            (64 * KIB, 32 * MIB),
            (MIB, 32 * MIB),
        ] {
            for tunnels in [1, 8] {
                scenarios.push(transfer(work, write_size, tunnels, 1, amount));
            }
        }
        scenarios.push(transfer(work, 64 * KIB, 1, 2, 32 * MIB));
    }
    scenarios.push(ping_pong(1));
    scenarios.push(ping_pong(2));
    for scenario in &mut scenarios {
        scenario.amount = (scenario.amount / divisor).max(1);
    }
    scenarios
}

fn transfer(
    work: Work,
    write_size: usize,
    tunnels: usize,
    threads: usize,
    amount: usize,
) -> Scenario {
    let load = Load {
        work,
        write_size,
        tunnels,
        stalled: 0,
        pace: Pace::Full,
    };
    let direction = match work {
        Work::Download => "download",
        _ => "upload",
    };
    Scenario {
        name: format!("{direction}/{}/{tunnels}t/{threads}c", size(write_size)),
        threads,
        amount: amount as u64,
        unit: Unit::Bytes,
        rows: rows(SUBJECTS, load),
    }
}

fn ping_pong(threads: usize) -> Scenario {
    let load = Load {
        work: Work::PingPong,
        write_size: 64,
        tunnels: 1,
        stalled: 0,
        pace: Pace::Full,
    };
    Scenario {
        name: format!("ping_pong/64B/1t/{threads}c"),
        threads,
        amount: 1_000,
        unit: Unit::Rounds,
        rows: rows(SUBJECTS, load),
    }
}

fn rows(subjects: &[Subject], load: Load) -> Vec<Row> {
    subjects
        .iter()
        .map(|&subject| Row {
            name: subject.name().to_owned(),
            subject,
            load,
        })
        .collect()
}

fn size(bytes: usize) -> String {
    match bytes {
        MIB.. => format!("{}MiB", bytes / MIB),
        KIB.. => format!("{}KiB", bytes / KIB),
        _ => format!("{bytes}B"),
    }
}
