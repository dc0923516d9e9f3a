//! What a Prometheus server is told, and this process's own figures.
//!
//! Invariants:
//! - Counters and histograms are told when something happens; gauges, and what is counted elsewhere anyway (bytes of tunnels,
//!   refusals), are looked up when somebody asks, so that they cannot drift.
//! - The names are those of `/metrics` and nothing else has them.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::{
    counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram, Unit,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::connection::Protocol;
use crate::live::{Kind, Totals};
use crate::refusal::Cause;

/// Seconds.
const CONNECT_BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
const TUNNEL_BUCKETS: [f64; 9] = [0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0];

pub struct Metrics {
    prometheus: PrometheusHandle,
    /// In the order of [`Cause::ALL`].
    refusals: Vec<AtomicU64>,
}

/// What is looked up when somebody asks.
pub struct Gauges {
    /// Of unknown protocol, HTTP/1, HTTP/2.
    pub connections: [usize; 3],
    pub totals: Totals,
    pub tasks: usize,
    pub draining: bool,
}

impl Metrics {
    /// Makes this process's metrics go to Prometheus.
    pub fn install() -> Result<Metrics, BuildError> {
        let prometheus = PrometheusBuilder::new()
            .set_buckets_for_metric(
                Matcher::Full("connect_proxy_connect_seconds".to_owned()),
                &CONNECT_BUCKETS,
            )?
            .set_buckets_for_metric(
                Matcher::Full("connect_proxy_tunnel_seconds".to_owned()),
                &TUNNEL_BUCKETS,
            )?
            .install_recorder()?;
        describe();
        Ok(Metrics {
            prometheus,
            refusals: Cause::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        })
    }

    pub fn refused(&self, cause: Cause) {
        self.refusals[cause as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Causes there have been, each with how often.
    pub fn refusals(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        self.all_refusals().filter(|(_, count)| *count > 0)
    }

    fn all_refusals(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        let counts = self.refusals.iter();
        let counts = counts.map(|count| count.load(Ordering::Relaxed));
        Cause::ALL.iter().copied().zip(counts)
    }

    pub fn accepted(&self, listener: &'static str) {
        counter!("connect_proxy_connections_total", "listener" => listener).increment(1);
    }

    pub fn connected(&self, took: Duration) {
        histogram!("connect_proxy_connect_seconds").record(took);
    }

    pub fn opened(&self, protocol: Protocol, kind: Kind) {
        let (protocol, kind) = (protocol.label(), kind.label());
        counter!("connect_proxy_tunnels_total", "protocol" => protocol, "kind" => kind)
            .increment(1);
    }

    pub fn ended(&self, end: &'static str, lasted: Duration) {
        histogram!("connect_proxy_tunnel_seconds", "end" => end).record(lasted);
    }

    pub fn forwarded(&self, status: u16) {
        counter!("connect_proxy_forwarded_total", "status" => status.to_string()).increment(1);
    }

    /// Folds what histograms have gathered; to be called now and then, or it gathers until somebody asks.
    pub fn keep_up(&self) {
        self.prometheus.run_upkeep();
    }

    pub fn render(&self, gauges: &Gauges) -> String {
        let connections = ["unknown", "h1", "h2"].into_iter().zip(gauges.connections);
        for (protocol, count) in connections {
            gauge!("connect_proxy_connections_open", "protocol" => protocol).set(count as f64);
        }
        let totals = &gauges.totals;
        for (protocol, count) in [("h1", totals.http1), ("h2", totals.http2)] {
            gauge!("connect_proxy_tunnels_open", "protocol" => protocol).set(count as f64);
        }
        gauge!("connect_proxy_tunnels_stalled").set(totals.stalled as f64);
        gauge!("connect_proxy_held_bytes").set(totals.held as f64);
        for (direction, bytes) in [
            ("to_target", totals.to_target),
            ("to_client", totals.to_client),
        ] {
            counter!("connect_proxy_bytes_total", "direction" => direction).absolute(bytes);
        }
        // Those of 0 as well: a series that begins there shows its first refusal as an increase.
        for (cause, count) in self.all_refusals() {
            let (cause, status) = (cause.label(), cause.status_label());
            counter!("connect_proxy_refusals_total", "cause" => cause, "status" => status)
                .absolute(count);
        }
        gauge!("connect_proxy_tasks").set(gauges.tasks as f64);
        gauge!("connect_proxy_draining").set(f64::from(u8::from(gauges.draining)));
        if let Some(bytes) = resident_memory() {
            gauge!("process_resident_memory_bytes").set(bytes as f64);
        }
        if let Some(count) = open_files() {
            gauge!("process_open_fds").set(count as f64);
        }
        self.prometheus.render()
    }
}

fn describe() {
    describe_gauge!("connect_proxy_connections_open", "connections of clients");
    describe_counter!(
        "connect_proxy_connections_total",
        "connections that were accepted"
    );
    describe_gauge!("connect_proxy_tunnels_open", "tunnels that are open");
    describe_gauge!(
        "connect_proxy_tunnels_stalled",
        "tunnels with a write that has been pending for a second or more"
    );
    describe_counter!("connect_proxy_tunnels_total", "tunnels that were opened");
    describe_counter!(
        "connect_proxy_bytes_total",
        Unit::Bytes,
        "bytes that tunnels carried"
    );
    describe_gauge!(
        "connect_proxy_held_bytes",
        Unit::Bytes,
        "bytes taken for HTTP/2 clients that their sockets have not taken"
    );
    describe_counter!(
        "connect_proxy_refusals_total",
        "requests and connections that were refused"
    );
    describe_histogram!(
        "connect_proxy_tunnel_seconds",
        Unit::Seconds,
        "how long tunnels lasted"
    );
    describe_histogram!(
        "connect_proxy_connect_seconds",
        Unit::Seconds,
        "how long targets took to be resolved and reached"
    );
    describe_counter!(
        "connect_proxy_forwarded_total",
        "responses of origins that were passed on"
    );
    describe_gauge!("connect_proxy_tasks", "tasks that the runtime has");
    describe_gauge!(
        "connect_proxy_draining",
        "1 while the proxy is being stopped"
    );
    describe_gauge!(
        "process_resident_memory_bytes",
        Unit::Bytes,
        "resident memory"
    );
    describe_gauge!("process_open_fds", "open file descriptors");
}

/// Bytes of memory that are resident; `None` where there is no `/proc`.
pub fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

/// Open file descriptors; `None` where there is no `/proc`.
pub fn open_files() -> Option<usize> {
    // The directory itself is open while it is read.
    Some(
        fs::read_dir("/proc/self/fd")
            .ok()?
            .count()
            .saturating_sub(1),
    )
}
