//! What is measured.

use std::time::Duration;

use crate::load::{Load, Pace, Work};
use crate::proxy::Subject;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a client that is slow spends on a DATA frame of any size, or on 16 KiB of a plain stream. A frame
/// for every 512 bytes then arrives at 49 MiB/s, which every row's writer exceeds.
const PER_FRAME: Duration = Duration::from_micros(10);
/// What a client that is held back spends on 64 KiB in frames of any size: it reads 62.5 MiB/s.
const PER_CHUNK: Duration = Duration::from_millis(1);

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
    /// Name of the row that this one is to be compared with.
    pub base: String,
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
    for (direction, work) in [("download", Work::Download), ("upload", Work::Upload)] {
        for (write_size, amount) in [
            (1, 16 * KIB),
            (512, 4 * MIB),
            (8 * KIB, 16 * MIB),
            (64 * KIB, 16 * MIB),
            (MIB, 16 * MIB),
        ] {
            for tunnels in [1, 8] {
                scenarios.push(transfer(direction, work, write_size, tunnels, 1, amount));
            }
        }
        scenarios.push(transfer(direction, work, 64 * KIB, 1, 2, 16 * MIB));
    }
    scenarios.push(ping_pong(1));
    scenarios.push(ping_pong(2));
    scenarios.push(slow_reader("per_frame", Pace::PerFrame(PER_FRAME)));
    scenarios.push(slow_reader("per_chunk", Pace::PerChunk(PER_CHUNK)));
    scenarios.push(beside_stalled());
    for scenario in &mut scenarios {
        scenario.amount = (scenario.amount / divisor).max(1);
    }
    scenarios
}

fn transfer(
    direction: &str,
    work: Work,
    write_size: usize,
    tunnels: usize,
    threads: usize,
    amount: usize,
) -> Scenario {
    Scenario {
        name: format!("{direction}/{}/{tunnels}t/{threads}c", size(write_size)),
        threads,
        amount: amount as u64,
        unit: Unit::Bytes,
        rows: beside_h2(Load {
            work,
            write_size,
            tunnels,
            stalled: 0,
            pace: Pace::Full,
        }),
    }
}

fn ping_pong(threads: usize) -> Scenario {
    Scenario {
        name: format!("ping_pong/64B/1t/{threads}c"),
        threads,
        amount: 1_000,
        unit: Unit::Rounds,
        rows: beside_h2(Load {
            work: Work::PingPong,
            write_size: 64,
            tunnels: 1,
            stalled: 0,
            pace: Pace::Full,
        }),
    }
}

fn slow_reader(name: &str, pace: Pace) -> Scenario {
    Scenario {
        name: format!("slow_reader/512B/{name}"),
        threads: 1,
        amount: 2 * MIB as u64,
        unit: Unit::Bytes,
        rows: beside_h2(Load {
            work: Work::Download,
            write_size: 512,
            tunnels: 1,
            stalled: 0,
            pace,
        }),
    }
}

/// Eight readers, alone and beside eight tunnels of the same connection whose writers are blocked.
fn beside_stalled() -> Scenario {
    let alone = Load {
        work: Work::Download,
        write_size: 64 * KIB,
        tunnels: 8,
        stalled: 0,
        pace: Pace::Full,
    };
    let beside = Load {
        stalled: 8,
        ..alone
    };
    let rows = SUBJECTS
        .iter()
        .filter(|&&subject| subject != Subject::Tcp)
        .flat_map(|&subject| {
            [(alone, "alone"), (beside, "beside stalled")].map(|(load, name)| Row {
                name: format!("{}, {name}", subject.name()),
                subject,
                load,
                base: format!("{}, alone", subject.name()),
            })
        })
        .collect();
    Scenario {
        name: "beside_stalled/64KiB/8t/1c".to_owned(),
        threads: 1,
        amount: 24 * MIB as u64,
        unit: Unit::Bytes,
        rows,
    }
}

/// The same load for every implementation, compared with the `h2` crate.
fn beside_h2(load: Load) -> Vec<Row> {
    SUBJECTS
        .iter()
        .map(|&subject| Row {
            name: subject.name().to_owned(),
            subject,
            load,
            base: Subject::H2.name().to_owned(),
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
