//! Whether memory was bounded and every byte arrived.

use std::time::Duration;

use crate::options::Options;
use crate::phase::Phase;
use crate::proxy::UPLINK_BUFFER;
use crate::run::{Account, Record, Sample};
use crate::units::{size, KIB, MIB};
use crate::upstream;

/// One DATA frame at the default SETTINGS_MAX_FRAME_SIZE (RFC 9113, Section 6.5.2): what a tunnel
/// without any window may hold.
const FRAME: u64 = 16 * KIB;
/// Bookkeeping of a tunnel: its stream, its tasks, its entries in h2.
const OVERHEAD: u64 = 32 * KIB;
/// Heap of the runtime and of the other two parties, their known buffers aside.
const HEAP_SLACK: u64 = MIB;
/// The same, and what the allocator and the runtime's threads keep.
const RSS_SLACK: u64 = 4 * MIB;

/// A figure held against its limit, in bytes.
#[derive(Debug)]
pub struct Check {
    /// Name in JSON.
    pub name: &'static str,
    pub label: &'static str,
    pub found: u64,
    pub limit: u64,
    /// Where the limit comes from.
    pub formula: String,
}

impl Check {
    pub fn is_good(&self) -> bool {
        self.found <= self.limit
    }
}

#[derive(Debug)]
pub struct Verdict {
    pub checks: Vec<Check>,
    /// What is wrong with the bytes, a line for each tunnel concerned.
    pub losses: Vec<String>,
    pub tunnels: usize,
    /// Bytes that arrived and were verified, in all tunnels.
    pub verified: u64,
    /// Time into the stall at which the proxy's last byte came in and went out; `None`: it went on
    /// to the end of the stall.
    pub inbound_stopped: Option<Duration>,
    pub outbound_stopped: Option<Duration>,
    pub cut_short: bool,
    pub rss_known: bool,
}

impl Verdict {
    pub fn of(options: &Options, record: &Record) -> Verdict {
        let accounts = record.accounts.iter().enumerate();
        let rss_known = record.samples.iter().all(|sample| sample.rss.is_some());
        Verdict {
            checks: checks(options, record, rss_known),
            losses: accounts.filter_map(|(index, it)| loss(index, it)).collect(),
            tunnels: options.tunnels,
            verified: verified(&record.accounts),
            inbound_stopped: stopped(record, |sample| sample.inbound),
            outbound_stopped: stopped(record, |sample| sample.outbound),
            cut_short: record.cut_short,
            rss_known,
        }
    }

    pub fn is_bounded(&self) -> bool {
        self.checks.iter().all(Check::is_good)
    }

    pub fn is_verified(&self) -> bool {
        self.losses.is_empty()
    }

    pub fn is_good(&self) -> bool {
        self.is_bounded() && self.is_verified()
    }
}

/// The most a tunnel may hold in any phase, in bytes: a full send buffer, unless the window lets it
/// fill that far only in part.
pub fn most_in_flight(options: &Options) -> u64 {
    let window = u64::from(options.window());
    (options.send_buf as u64).min(window + FRAME)
}

fn checks(options: &Options, record: &Record, rss_known: bool) -> Vec<Check> {
    let tunnels = options.tunnels as u64;
    let send_buf = options.send_buf as u64;
    let most = |figure: fn(&crate::meter::Tunnel) -> u64| {
        let figures = record.meters.tunnels().iter().map(figure);
        figures.max().unwrap_or(0)
    };
    let in_flight = most_in_flight(options);
    let per_tunnel = tunnels * (in_flight + OVERHEAD);
    let per_tunnel_text = format!("{tunnels} × ({} + {})", size(in_flight), size(OVERHEAD));
    let copy_buffers = (options.write_size + UPLINK_BUFFER) as u64;
    let buffers = copy_buffers + upstream::chunk_size(options.write_size) as u64;
    let heap = record.samples.iter().map(|it| it.heap).max();

    let mut checks = vec![
        Check {
            name: "peak_held_bytes",
            label: "peak held by a tunnel",
            found: most(|tunnel| tunnel.most_held()),
            limit: send_buf,
            formula: "max_send_buf_size".to_owned(),
        },
        Check {
            name: "peak_beyond_window_bytes",
            label: "  beyond the peer's window",
            found: most(|tunnel| tunnel.most_beyond_window()),
            limit: FRAME,
            formula: "one frame".to_owned(),
        },
        Check {
            name: "heap_bytes",
            label: "peak heap",
            found: heap.unwrap_or(0).saturating_sub(record.heap_before),
            limit: per_tunnel + tunnels * buffers + HEAP_SLACK,
            formula: format!(
                "{per_tunnel_text} + {tunnels} × {} buffers + {} slack",
                size(buffers),
                size(HEAP_SLACK)
            ),
        },
    ];
    if rss_known {
        checks.push(Check {
            name: "rss_growth_bytes",
            label: "peak RSS growth",
            found: growth(&record.samples, |sample| sample.rss.unwrap_or(0)),
            limit: per_tunnel + tunnels * copy_buffers + RSS_SLACK,
            formula: format!(
                "{per_tunnel_text} + {tunnels} × {} copy buffers + {} slack",
                size(copy_buffers),
                size(RSS_SLACK)
            ),
        });
    }
    checks
}

/// From the lowest value in the second half of the reading phase, when all is warm, to the highest
/// value after it.
fn growth(samples: &[Sample], figure: impl Fn(&Sample) -> u64) -> u64 {
    let reading = samples.iter().filter(|it| it.phase == Phase::Reading);
    let reading: Vec<_> = reading.map(&figure).collect();
    let baseline = reading[reading.len() / 2..].iter().min();
    let later = samples.iter().filter(|it| it.phase != Phase::Reading);
    let peak = later.map(&figure).max();
    peak.unwrap_or(0).saturating_sub(*baseline.unwrap_or(&0))
}

fn stopped(record: &Record, figure: impl Fn(&Sample) -> u64) -> Option<Duration> {
    let stall = record.spans.iter().find(|it| it.phase == Phase::Stalled)?;
    let stalled = record
        .samples
        .iter()
        .filter(|it| it.phase == Phase::Stalled);
    let at_end = figure(stalled.clone().next_back()?);
    let first_still = stalled.clone().find(|sample| figure(sample) == at_end)?;
    let quiet = stall.to.saturating_sub(first_still.at);
    // A rate that is low but not zero has pauses too; a stop is longer than those.
    (quiet >= Duration::from_millis(200)).then(|| first_still.at - stall.from)
}

fn verified(accounts: &[Account]) -> u64 {
    let good = accounts.iter().filter(|account| loss(0, account).is_none());
    good.filter_map(|account| account.received)
        .map(|it| it.bytes)
        .sum()
}

/// What is wrong with a tunnel, if anything is.
fn loss(index: usize, account: &Account) -> Option<String> {
    let (Some(sent), Some(relayed), Some(received)) =
        (account.sent, account.relayed, account.received)
    else {
        let missing: Vec<_> = [
            ("the upstream", account.sent.is_none()),
            ("the proxy", account.relayed.is_none()),
            ("the client", account.received.is_none()),
        ]
        .iter()
        .filter_map(|(party, missing)| missing.then_some(*party))
        .collect();
        let missing = missing.join(", ");
        return Some(format!("tunnel {index}: no end seen by {missing}"));
    };
    if received.bytes != sent.bytes || relayed != sent.bytes {
        return Some(format!(
            "tunnel {index}: {} B sent, {relayed} B relayed, {} B received",
            sent.bytes, received.bytes
        ));
    }
    (received.hash != sent.hash).then(|| {
        let bytes = sent.bytes;
        format!("tunnel {index}: {bytes} B sent and received, but the hashes differ")
    })
}
