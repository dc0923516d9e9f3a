//! Servers of HTTP, measured by what a request costs them.
//!
//! The process that is measured holds the servers alone, on loopback TCP and a runtime of one thread; the client is in another process,
//! started from the same program. Every round runs all rows in turn, another one first each time, and ratios are taken
//! within a round, so that a machine whose speed drifts does not favour one.
//!
//! Both processes share one processor. On two, each waits for the other in whatever way the machine lets an idle processor
//! wait, and to wake one costs more than a request.

mod client;
mod record;
#[cfg(feature = "released")]
mod released;
pub mod scenario;
mod this_crate;

use std::net::SocketAddr;
use std::time::Duration;
use std::{env, fs, io, thread};

use nix::sched::{sched_getaffinity, sched_setaffinity, CpuSet};
use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;
use tokio::net::TcpListener;

pub use self::scenario::{Protocol, Scenario};
use crate::heap::{self, allocated};

/// The rows of every scenario, ours first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    ThisCrate,
    #[cfg(feature = "released")]
    Released,
}

const SUBJECTS: &[Subject] = &[
    Subject::ThisCrate,
    #[cfg(feature = "released")]
    Subject::Released,
];

/// Rounds of a scenario, besides the first, which does not count.
const ROUNDS: usize = 60;
/// New connections come so often: one keeps habits for as long as it lives. Even, so that each row is as often the first.
const ROUNDS_PER_CONNECTION: usize = 2;
/// A short run does so much less.
const SHORT: usize = 10;

/// What a row has used in one round.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// As the client saw it.
    pub wall: Duration,
    pub cpu: Duration,
    pub allocations: u64,
    pub allocated_bytes: u64,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Subject::ThisCrate => "this crate",
            #[cfg(feature = "released")]
            Subject::Released => concat!("hyper ", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Starts a server on a thread of its own, for as long as the process lives.
    fn start(self, protocol: Protocol) -> io::Result<SocketAddr> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((socket, _)) = listener.accept().await {
                    socket.set_nodelay(true).expect("an option of every socket");
                    match self {
                        Subject::ThisCrate => {
                            drop(tokio::spawn(this_crate::service::serve(socket, protocol)));
                        }
                        #[cfg(feature = "released")]
                        Subject::Released => {
                            drop(tokio::spawn(released::service::serve(socket, protocol)));
                        }
                    }
                }
            });
        });
        Ok(address)
    }
}

/// Runs the scenarios that have an argument in their name, or all.
///
/// # Errors
///
/// Those of the other process.
pub fn main(file: &str, scenarios: Vec<Scenario>) -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().map(String::as_str) == Some(client::ARGUMENT) {
        return client::serve();
    }
    let is = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `cargo test` runs benchmarks, too, to see that they work.
    let is_short = is("--quick") || !is("--bench");
    let (divisor, rounds) = if is_short { (SHORT, 2) } else { (1, ROUNDS) };
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|word| !word.starts_with("--"))
        .collect();

    stay_on_one_processor()?;
    heap::settle();
    heap::leave_out_this_thread();
    let mut client = client::Client::start()?;
    let mut records = Vec::new();
    for scenario in scenarios {
        if !filters.is_empty() && !filters.iter().any(|&word| scenario.name.contains(word)) {
            continue;
        }
        let servers: Vec<SocketAddr> = SUBJECTS
            .iter()
            .map(|subject| subject.start(scenario.protocol))
            .collect::<io::Result<_>>()?;
        let record = record::Record {
            scenario,
            rows: SUBJECTS.iter().map(|subject| subject.name()).collect(),
            requests: scenario.batches(divisor) * scenario.connections * scenario.in_flight,
            rounds: measure(
                &mut client,
                &scenario,
                &servers,
                rounds,
                scenario.batches(divisor),
            ),
        };
        record.print();
        records.push(record);
    }
    if let Some(path) = env::var_os("HTTP_BENCH_JSON") {
        let path = std::path::PathBuf::from(path).join(file);
        fs::write(&path, record::json(&records))?;
        println!("samples: {}", path.display());
    }
    Ok(())
}

fn measure(
    client: &mut client::Client,
    scenario: &Scenario,
    servers: &[SocketAddr],
    rounds: usize,
    batches: usize,
) -> Vec<Vec<Sample>> {
    let mut measured = Vec::new();
    while measured.len() < rounds {
        let sessions: Vec<usize> = servers
            .iter()
            .map(|server| client.open(*server, scenario))
            .collect();
        for nth in 0..=ROUNDS_PER_CONNECTION {
            let mut samples = vec![None; sessions.len()];
            for offset in 0..sessions.len() {
                let row = (nth + offset) % sessions.len();
                let (cpu, heap) = (cpu_time(), allocated());
                let wall = client.run(sessions[row], batches);
                let used = allocated();
                samples[row] = Some(Sample {
                    wall,
                    cpu: cpu_time().saturating_sub(cpu),
                    allocations: used.allocations - heap.allocations,
                    allocated_bytes: used.bytes - heap.bytes,
                });
            }
            if nth > 0 {
                measured.push(samples.into_iter().flatten().collect());
            }
        }
        client.close();
    }
    measured.truncate(rounds);
    measured
}

/// The processes that this one starts stay there, too.
fn stay_on_one_processor() -> io::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let mut first = CpuSet::new();
    for number in 0..CpuSet::count() {
        if allowed.is_set(number)? {
            first.set(number)?;
            break;
        }
    }
    Ok(sched_setaffinity(this, &first)?)
}

fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process may ask for its own usage");
    duration(usage.user_time()) + duration(usage.system_time())
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
