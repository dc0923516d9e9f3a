//! What a CONNECT proxy holds in memory while its client does not read.
//!
//! Three parties share this process and talk over real loopback TCP:
//!
//! ```text
//!  upstream ──TCP──▶ CONNECT proxy (hyper) ──HTTP/2 over TCP──▶ client (raw h2)
//!  sends as fast     upgrade::on and                            reads, stalls,
//!  as it is read     tokio::io::copy_bidirectional              reads again
//! ```
//!
//! The client reads for a while, stops for `--stall-for`, and resumes. A stalled client must not
//! cost the proxy more than a fixed number of bytes per tunnel: TCP carries the back-pressure on
//! to the upstream, and the rest of the stream waits there. This program shows it, row by row,
//! and ends with a verdict.
//!
//! ```text
//! cargo run --release --features full --example stalled_tunnel
//! cargo run --release --features full --example stalled_tunnel -- --stall socket --write-size 16MiB
//! cargo run --release --features full --example stalled_tunnel -- --tunnels 8 --plot stall.svg
//! ```
//!
//! # What is measured
//!
//! - *held*: bytes the proxy wrote into its tunnels (`Upgraded`) whose DATA payload has not yet
//!   left through its socket towards the client. Both ends are counted exactly: a wrapper around
//!   `Upgraded` counts accepted bytes, and a wrapper around the client-side socket reads the frame
//!   headers that pass. What the kernel's socket buffers hold is the kernel's memory, not held.
//! - *heap*: live bytes of the global allocator. *RSS*: `VmRSS` from `/proc/self/status`, where
//!   there is one. Upstream and client reuse their buffers, so that growth is the proxy's.
//!
//! # Exit code
//!
//! 0: bounded and every byte verified. 1: a bound was passed, or a byte was lost. 2: bad options,
//! or the run itself failed (a connection refused, a tunnel reset, a stall that never took hold).

mod adapters;
mod client;
mod frames;
mod memory;
mod meter;
mod options;
mod pattern;
mod phase;
mod plot;
mod proxy;
mod run;
mod screen;
mod tasks;
mod units;
mod upstream;
mod verdict;

use std::process::ExitCode;

use options::{Asked, Options};
use screen::Screen;
use tasks::{Context, Failure, Result};

/// Exit code of a run that came to a verdict against the proxy.
const VERDICT_AGAINST: u8 = 1;
/// Exit code of a run that came to no verdict.
const NO_VERDICT: u8 = 2;

fn main() -> ExitCode {
    let options = match options::parse(lexopt::Parser::from_env()) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            print!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{}", options::USAGE);
            return ExitCode::from(NO_VERDICT);
        }
    };
    match stall(&options) {
        Ok(verdict) if verdict.is_good() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(VERDICT_AGAINST),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(NO_VERDICT)
        }
    }
}

fn stall(options: &Options) -> Result<verdict::Verdict> {
    // Found out before the run rather than after it.
    if let Some(path) = &options.plot {
        std::fs::File::create(path)
            .context_with(|| format!("cannot write the plot to {}", path.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;

    let mut screen = Screen::new(options);
    screen.heading(options);
    let record = runtime.block_on(run::run(options, &mut screen));
    screen.clear_progress();
    // The tasks are of no more use, and one that hangs must not hold up the verdict.
    runtime.shutdown_background();
    let record = record?;

    let verdict = verdict::Verdict::of(options, &record);
    screen.verdict(&verdict);
    if let Some(path) = &options.plot {
        plot::draw(path, options, &record)
            .context_with(|| format!("cannot draw the plot {}", path.display()))?;
        screen.note(&format!("plot: {}", path.display()));
    }
    if verdict.is_good() && verdict.outbound_stopped.is_none() {
        return Err(Failure::new(
            "nothing is proven: the client was still being sent bytes when the stall ended; \
             try a longer --stall-for",
        ));
    }
    Ok(verdict)
}
