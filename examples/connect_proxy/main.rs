//! A forward proxy for HTTP/1 and HTTP/2, to deploy or to copy from.
//!
//! ```text
//! cargo run --release --features full --example connect_proxy
//! curl --proxy http://127.0.0.1:3128 https://example.com/
//! ```
//!
//! It opens tunnels for CONNECT on both protocols, WebSockets for extended CONNECT (RFC 8441), and passes plain http on. Every
//! option has a default that is safe to start with; `--help` lists them, and `deploy/` shows it behind a balancer.
//!
//! The way of a connection: [`listening`] accepts it, [`serving`] has hyper-util serve it; [`proxy_service`] tells what each
//! request asks for, and whether it may; [`connecting`] reaches the target; [`tunnel`] carries the bytes, over the
//! [`metered`] streams that [`live`] lists. Whatever is refused on the way is in [`refusal`].
//!
//! Exit: 0 after SIGTERM or SIGINT, once all tunnels have ended or the time for that is over; 1 if it cannot listen; 2 if
//! the options are bad.

mod admin;
mod connecting;
mod connection;
mod credentials;
mod drain;
mod failing;
mod fields;
mod forward;
mod history;
#[path = "../hop_by_hop.rs"]
mod hop_by_hop;
mod limits;
mod listening;
mod live;
mod metered;
mod metrics;
mod option_values;
mod options;
mod proxy;
mod proxy_protocol;
mod proxy_service;
mod refusal;
mod serving;
mod status;
mod targets;
mod tls;
mod transport;
mod tunnel;
mod websocket;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tokio::signal::unix::{signal, Signal, SignalKind};
use tracing_subscriber::EnvFilter;

use crate::admin::Admin;
use crate::history::History;
use crate::limits::MemoryBound;
use crate::listening::{Acceptance, Listener};
use crate::metrics::Metrics;
use crate::option_values::LogFormat;
use crate::options::{Options, Settings};
use crate::proxy::Proxy;
use crate::targets::Targets;
use crate::tls::Tls;

const CANNOT_START: u8 = 1;
const BAD_OPTIONS: u8 = 2;

type BoxError = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let prepared = Options::parse().check().and_then(Prepared::new);
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => {
            eprintln!("error: {reason}");
            return ExitCode::from(BAD_OPTIONS);
        }
    };
    match run(prepared) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(CANNOT_START)
        }
    }
}

/// Options, and what they name.
struct Prepared {
    settings: Settings,
    tls: Option<Tls>,
    origins: Arc<rustls::ClientConfig>,
}

impl Prepared {
    fn new(settings: Settings) -> Result<Prepared, String> {
        log(&settings)?;
        Ok(Prepared {
            tls: Tls::load(&settings)?,
            origins: tls::for_origins(&settings)?,
            settings,
        })
    }
}

fn log(options: &Options) -> Result<(), String> {
    let filter = EnvFilter::try_new(&options.log_filter)
        .map_err(|error| format!("--log-filter {}: {error}", options.log_filter))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match options.log_format {
        LogFormat::Text => subscriber.init(),
        // The field `target` is a tunnel's there, and not the module that logs.
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_target(false)
            .init(),
    }
    Ok(())
}

#[tokio::main]
async fn run(prepared: Prepared) -> Result<(), BoxError> {
    let Prepared {
        settings,
        tls,
        origins,
    } = prepared;
    // From here on they do not end the program, whoever is told that it listens.
    let signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
        hangup: signal(SignalKind::hangup())?,
    };
    let bind = |address, tls| {
        Listener::bind(address, tls).map_err(|error| format!("cannot listen on {address}: {error}"))
    };
    let mut listeners = Vec::new();
    for address in &settings.listen {
        listeners.push(bind(*address, None)?);
    }
    for address in &settings.listen_tls {
        listeners.push(bind(*address, tls.clone())?);
    }
    let admin = settings.admin.0.map(|address| bind(address, None));
    let admin = admin.transpose()?;

    let all = listeners.iter().chain(&admin);
    let own = all.map(|listener| listener.address).collect();
    let targets = Targets::new(settings.allow.clone(), own);
    let metrics = Metrics::install()?;
    let drain_timeout = settings.drain_timeout;
    announce(&settings, &listeners, admin.as_ref(), tls.as_ref())?;
    let proxy = Arc::new(Proxy::new(settings, targets, origins, metrics));

    let history = History::default();
    tokio::spawn(history.clone().sample(Arc::clone(&proxy)));
    if let Some(listener) = admin {
        tokio::spawn(Admin::new(Arc::clone(&proxy), history).run(listener));
    }
    let acceptance = Acceptance::new(Arc::clone(&proxy), listeners.len());
    for listener in listeners {
        proxy.drain.spawn(listener.run(acceptance.clone()));
    }

    let mut signals = signals;
    signals.wait_for_end(tls.as_ref()).await;
    proxy
        .drain
        .run(drain_timeout, signals.wait_for_end(tls.as_ref()))
        .await;
    Ok(())
}

/// Says on stdout where the proxy is, for people and for scripts that wait for it.
fn announce(
    settings: &Settings,
    listeners: &[Listener],
    admin: Option<&Listener>,
    tls: Option<&Tls>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for listener in listeners {
        writeln!(out, "proxy on {}://{}", listener.scheme(), listener.address)?;
    }
    if let Some(admin) = admin {
        writeln!(out, "admin on http://{}", admin.address)?;
    }
    if let Some(sha256) = tls.and_then(Tls::self_signed_sha256) {
        writeln!(out, "certificate: self-signed, SHA-256 {sha256}")?;
    }
    writeln!(out, "memory bound: {}", MemoryBound::of(settings))?;
    // No program of everyday use speaks version 2 of the PROXY protocol; it is the balancer that is to be tried then.
    if let Some(first) = listeners.first().filter(|_| !settings.proxy_protocol) {
        writeln!(out, "try: {}", try_line(settings, first))?;
    }
    out.flush()
}

fn try_line(settings: &Settings, listener: &Listener) -> String {
    let mut address: SocketAddr = listener.address;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let mut line = format!("curl --proxy {}://{address}", listener.scheme());
    if settings.self_signed && listener.scheme() == "https" {
        line.push_str(" --proxy-insecure");
    }
    if !settings.credentials.is_empty() {
        line.push_str(" --proxy-user USER:PASSWORD");
    }
    line + " https://example.com/"
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Ready when the proxy is asked to end. Until then, reads the certificate again when asked to.
    async fn wait_for_end(&mut self, tls: Option<&Tls>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => match tls.map(Tls::reload) {
                    Some(Ok(())) => tracing::info!("certificate read again"),
                    Some(Err(reason)) => tracing::error!("the certificate stays as it was: {reason}"),
                    None => tracing::info!("nothing to read again"),
                },
            }
        }
    }
}
