//! CONNECT tunnels of this crate beside the `h2` crate used directly and a plain TCP relay.
//!
//! ```sh
//! cargo bench --features full --bench tunnel                       # everything
//! cargo bench --features full --bench tunnel -- download/64KiB     # what has this in its name
//! cargo bench --features full --bench tunnel -- --quick            # a tenth of the volume
//! ```
//!
//! A proxy is measured, its side towards the client, on loopback TCP. The process that runs it does
//! nothing else: client and origins are in another process, started from the same program and the same
//! for every row. So CPU time, allocations and page faults are those of the proxy alone.
//!
//! Every round runs all rows in turn, and ratios are taken round by round, so that a machine whose speed
//! drifts does not favour one.

mod heap;
mod load;
mod peer;
mod proxy;
mod record;
mod round;
mod scenario;
mod socket;
mod usage;

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, io};

use criterion::{Criterion, SamplingMode, Throughput};

use crate::peer::Peers;
use crate::record::Record;
use crate::round::{our_time, Proxies};
use crate::scenario::Unit;

/// Overrides where the samples are written.
const JSON: &str = "TUNNEL_BENCH_JSON";
/// Where they are written else, in the target directory.
const FILE: &str = if cfg!(feature = "released") {
    concat!("tunnel-bench-beside-", env!("CARGO_PKG_VERSION"), ".json")
} else {
    "tunnel-bench.json"
};
/// How criterion calls the whole, so that it compares a run with one of the same package.
const GROUP: &str = if cfg!(feature = "released") {
    concat!("tunnel beside hyper ", env!("CARGO_PKG_VERSION"))
} else {
    "tunnel"
};
/// A short run carries so much less.
const SHORT: u64 = 10;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.get(1).map(String::as_str) == Some(peer::ARGUMENT) {
        return peer::serve();
    }
    let is = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `cargo test` runs benchmarks, too, to see that they work.
    let is_short = is("--quick") || !is("--bench");
    let divisor = if is_short { SHORT } else { 1 };

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    heap::settle();
    heap::leave_out_this_thread();
    let mut peers = Peers::start()?;
    let mut records = Vec::new();
    let mut group = criterion.benchmark_group(GROUP);
    group.sampling_mode(SamplingMode::Flat);
    for scenario in scenario::all(divisor) {
        group.throughput(match scenario.unit {
            Unit::Bytes => Throughput::Bytes(scenario.amount),
            Unit::Rounds => Throughput::Elements(scenario.amount),
        });
        let mut rounds = Vec::new();
        let mut proxies = None;
        group.bench_function(&scenario.name, |bencher| {
            bencher.iter_custom(|iterations| {
                let proxies = proxies.get_or_insert_with(|| Proxies::start(&scenario));
                let mut connections = proxies.connect(&mut peers);
                let mut time = Duration::ZERO;
                for _ in 0..iterations {
                    let round = connections.round();
                    time += our_time(&round);
                    rounds.push(round);
                }
                time
            });
        });
        drop(proxies);
        if !rounds.is_empty() {
            let record = Record { scenario, rounds };
            record.print();
            records.push(record);
        }
    }
    group.finish();
    criterion.final_summary();
    if !records.is_empty() {
        let path = json_path()?;
        fs::write(&path, record::json(&records))?;
        println!("samples: {}", path.display());
    }
    Ok(())
}

/// Beside the directory that the program was built into.
fn json_path() -> io::Result<PathBuf> {
    if let Some(path) = env::var_os(JSON) {
        return Ok(path.into());
    }
    let program = env::current_exe()?;
    let target = program
        .ancestors()
        .nth(3)
        .ok_or_else(|| io::Error::other("the program is not in a target directory"))?;
    Ok(target.join(FILE))
}
