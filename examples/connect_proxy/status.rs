//! The figures behind the page, as `/status.json` has them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::history::{History, Sample};
use crate::limits::MemoryBound;
use crate::live;
use crate::metrics::{open_files, resident_memory};
use crate::proxy::Proxy;

/// Tunnels that are told of.
const MOST_TUNNELS: usize = 500;

#[derive(Serialize)]
pub struct Status {
    version: &'static str,
    uptime_ms: u64,
    draining: bool,
    limits: Limits,
    now: Now,
    tunnels_shown: usize,
    tunnels: Vec<Tunnel>,
    history: Vec<Sample>,
}

impl Status {
    pub fn of(proxy: &Proxy, history: &History) -> Status {
        let now = Instant::now();
        let gauges = proxy.gauges();
        let totals = gauges.totals;
        let refusals = proxy.metrics.refusals();
        let tunnels = most_interesting(proxy.live.open(), now);
        Status {
            version: env!("CARGO_PKG_VERSION"),
            uptime_ms: milliseconds(now.saturating_duration_since(proxy.started)),
            draining: gauges.draining,
            limits: Limits {
                connections: proxy.connections.most(),
                tunnels: proxy.tunnels.most(),
                tunnels_per_connection: proxy.settings.max_tunnels_per_connection,
                memory_bound: MemoryBound::of(&proxy.settings).bytes(),
            },
            now: Now {
                connections: gauges.connections.iter().sum(),
                tunnels: totals.tunnels(),
                stalled: totals.stalled,
                held: totals.held,
                rss: resident_memory(),
                fds: open_files(),
                tasks: gauges.tasks,
                to_target: totals.to_target,
                to_client: totals.to_client,
                refusals: refusals
                    .map(|(cause, count)| (cause.label(), count))
                    .collect(),
            },
            tunnels_shown: tunnels.len(),
            tunnels,
            history: history.samples(),
        }
    }
}

/// Those that stalled come first, the longest before others, then those that hold most.
fn most_interesting(open: Vec<(u64, Arc<live::Tunnel>)>, now: Instant) -> Vec<Tunnel> {
    let open = open.into_iter();
    let mut tunnels: Vec<_> = open
        .map(|(id, tunnel)| Tunnel::of(id, &tunnel, now))
        .collect();
    tunnels.sort_by_key(|tunnel| (Reverse((tunnel.stalled_ms, tunnel.held)), tunnel.id));
    tunnels.truncate(MOST_TUNNELS);
    tunnels
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis() as u64
}

#[derive(Serialize)]
struct Limits {
    connections: usize,
    tunnels: usize,
    tunnels_per_connection: usize,
    memory_bound: u64,
}

#[derive(Serialize)]
struct Now {
    connections: usize,
    tunnels: usize,
    stalled: usize,
    held: usize,
    rss: Option<u64>,
    fds: Option<usize>,
    tasks: usize,
    to_target: u64,
    to_client: u64,
    refusals: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Tunnel {
    id: u64,
    protocol: &'static str,
    kind: &'static str,
    client: String,
    target: String,
    address: String,
    user: Option<String>,
    age_ms: u64,
    to_target: u64,
    to_client: u64,
    held: usize,
    stalled_ms: Option<u64>,
    idle_ms: u64,
}

impl Tunnel {
    fn of(id: u64, tunnel: &live::Tunnel, now: Instant) -> Tunnel {
        Tunnel {
            id,
            protocol: tunnel.protocol.label(),
            kind: tunnel.kind.label(),
            client: tunnel.client.to_string(),
            target: tunnel.target.to_string(),
            address: tunnel.address.to_string(),
            user: tunnel.who.user().map(str::to_owned),
            age_ms: milliseconds(now.saturating_duration_since(tunnel.opened)),
            to_target: tunnel.to_target(),
            to_client: tunnel.to_client(),
            held: tunnel.held(),
            stalled_ms: tunnel.stalled_for(now).map(milliseconds),
            idle_ms: milliseconds(tunnel.idle_for(now)),
        }
    }
}
