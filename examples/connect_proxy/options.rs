//! The command line, each option of which may stand in the environment as well.
//!
//! Invariants:
//! - What [`Options::check`] lets through, the proxy can start with; only files, addresses and certificates may fail later.
//! - No text made here shows a password.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use humantime::parse_duration;
use ipnet::IpNet;

use crate::credentials::Credentials;
use crate::option_values::{read_network, Admin, LogFormat, Port, Secret};
use crate::targets::Ports;

#[cfg(test)]
mod tests;

/// A forward proxy for HTTP/1 and HTTP/2: CONNECT tunnels, WebSockets and plain http.
///
/// Without any option it listens on 127.0.0.1:3128, reaches public addresses on ports 80 and 443, and asks nobody who they are.
/// Lists in the environment are separated by commas.
#[derive(Debug, Parser)]
#[command(name = "connect_proxy", version, max_term_width = 100)]
pub struct Options {
    /// Listen here for HTTP/1 and for HTTP/2 with prior knowledge, without TLS; repeatable
    #[arg(
        long,
        value_name = "ADDR",
        env = "CONNECT_PROXY_LISTEN",
        value_delimiter = ','
    )]
    pub listen: Vec<SocketAddr>,

    /// Listen here with TLS, for `h2` and `http/1.1`; repeatable
    #[arg(
        long,
        value_name = "ADDR",
        env = "CONNECT_PROXY_LISTEN_TLS",
        value_delimiter = ','
    )]
    pub listen_tls: Vec<SocketAddr>,

    /// Certificate chain in PEM, read again on SIGHUP
    #[arg(
        long,
        value_name = "FILE",
        env = "CONNECT_PROXY_CERTIFICATE",
        requires = "key"
    )]
    pub certificate: Option<PathBuf>,

    /// The certificate's private key in PEM, read again on SIGHUP
    #[arg(
        long,
        value_name = "FILE",
        env = "CONNECT_PROXY_KEY",
        requires = "certificate"
    )]
    pub key: Option<PathBuf>,

    /// Make a certificate for localhost, 127.0.0.1 and ::1 in memory, for a first try
    #[arg(
        long,
        env = "CONNECT_PROXY_SELF_SIGNED",
        conflicts_with = "certificate"
    )]
    pub self_signed: bool,

    /// Serve the page, `/metrics` and `/healthz` here, or `none`; whoever reaches it sees who is connected to what
    #[arg(
        long,
        value_name = "ADDR|none",
        env = "CONNECT_PROXY_ADMIN",
        default_value = "127.0.0.1:9128"
    )]
    pub admin: Admin,

    /// Every connection begins with a PROXY protocol header, version 2; only for a proxy that nobody but the balancer reaches
    #[arg(long, env = "CONNECT_PROXY_PROXY_PROTOCOL")]
    pub proxy_protocol: bool,

    /// Who may use the proxy; repeatable, and split at commas; as others can read command lines, rather use a file
    #[arg(
        long,
        value_name = "USER:PASSWORD",
        env = "CONNECT_PROXY_CREDENTIALS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub credentials: Vec<Secret>,

    /// The same, a line each; empty lines and those that begin with `#` count for nothing
    #[arg(long, value_name = "FILE", env = "CONNECT_PROXY_CREDENTIALS_FILE")]
    pub credentials_file: Option<PathBuf>,

    /// Reach this network although it is private, loopback or reserved; repeatable
    #[arg(
        long,
        value_name = "CIDR",
        env = "CONNECT_PROXY_ALLOW",
        value_delimiter = ',', value_parser = read_network
    )]
    pub allow: Vec<IpNet>,

    /// Reach this port of a target, or `any`; repeatable
    #[arg(long, value_name = "PORT|any", env = "CONNECT_PROXY_PORT", value_delimiter = ',', default_values = ["80", "443"])]
    pub port: Vec<Port>,

    /// Connections of clients, in all
    #[arg(
        long,
        value_name = "N",
        env = "CONNECT_PROXY_MAX_CONNECTIONS",
        default_value_t = 4096
    )]
    pub max_connections: usize,

    /// Tunnels in all; a forwarded request counts as one while it runs
    #[arg(
        long,
        value_name = "N",
        env = "CONNECT_PROXY_MAX_TUNNELS",
        default_value_t = 8192
    )]
    pub max_tunnels: usize,

    /// Tunnels on one connection, which HTTP/2 can have many of
    #[arg(
        long,
        value_name = "N",
        env = "CONNECT_PROXY_MAX_TUNNELS_PER_CONNECTION",
        default_value_t = 100
    )]
    pub max_tunnels_per_connection: usize,

    /// How long a connection may take to its first request, TLS included, and an HTTP/1 one to each further request
    #[arg(long, value_name = "TIME", env = "CONNECT_PROXY_HEAD_TIMEOUT", value_parser = parse_duration, default_value = "10s")]
    pub head_timeout: Duration,

    /// How long a target may take to be resolved and reached
    #[arg(long, value_name = "TIME", env = "CONNECT_PROXY_CONNECT_TIMEOUT", value_parser = parse_duration, default_value = "10s")]
    pub connect_timeout: Duration,

    /// How long a tunnel may carry nothing, an origin take to answer, and an HTTP/2 connection be without requests
    #[arg(long, value_name = "TIME", env = "CONNECT_PROXY_IDLE_TIMEOUT", value_parser = parse_duration, default_value = "10m")]
    pub idle_timeout: Duration,

    /// How long a write may wait for a peer that takes no byte
    #[arg(long, value_name = "TIME", env = "CONNECT_PROXY_STALLED_TIMEOUT", value_parser = parse_duration, default_value = "60s")]
    pub stalled_timeout: Duration,

    /// How long tunnels may go on after SIGTERM
    #[arg(long, value_name = "TIME", env = "CONNECT_PROXY_DRAIN_TIMEOUT", value_parser = parse_duration, default_value = "30s")]
    pub drain_timeout: Duration,

    /// Bound of what one tunnel holds towards an HTTP/2 client
    #[arg(
        long,
        value_name = "BYTES",
        env = "CONNECT_PROXY_SEND_BUFFER",
        default_value_t = 131_072
    )]
    pub send_buffer: usize,

    /// Copy buffer of a tunnel, each way
    #[arg(
        long,
        value_name = "BYTES",
        env = "CONNECT_PROXY_COPY_BUFFER",
        default_value_t = 16_384
    )]
    pub copy_buffer: usize,

    /// Roots in PEM to trust beside the web's, where an origin is reached by TLS
    #[arg(long, value_name = "FILE", env = "CONNECT_PROXY_ORIGIN_CA")]
    pub origin_ca: Option<PathBuf>,

    /// How logs look on stderr
    #[arg(long, value_enum, env = "CONNECT_PROXY_LOG_FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// What is logged, for instance `warn` or `connect_proxy=debug`
    #[arg(
        long,
        value_name = "FILTER",
        env = "CONNECT_PROXY_LOG_FILTER",
        default_value = "info"
    )]
    pub log_filter: String,
}

/// Options that fit together.
#[derive(Debug)]
pub struct Settings {
    pub options: Options,
    pub credentials: Credentials,
    pub ports: Ports,
}

impl std::ops::Deref for Settings {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

impl Options {
    /// Looks whether the options fit together, and reads the credentials.
    ///
    /// # Errors
    ///
    /// One sentence for whoever started the program.
    pub fn check(mut self) -> Result<Settings, String> {
        if self.listen.is_empty() && self.listen_tls.is_empty() {
            self.listen.push(SocketAddr::from(([127, 0, 0, 1], 3128)));
        }
        if self.listen_tls.is_empty() {
            if self.self_signed || self.certificate.is_some() {
                return Err("a certificate is of no use without --listen-tls".to_owned());
            }
        } else if !self.self_signed && self.certificate.is_none() {
            return Err("--listen-tls needs --certificate and --key, or --self-signed".to_owned());
        }
        for (name, number) in [
            ("--max-connections", self.max_connections),
            ("--max-tunnels", self.max_tunnels),
            (
                "--max-tunnels-per-connection",
                self.max_tunnels_per_connection,
            ),
        ] {
            if !(1..=MOST).contains(&number) {
                return Err(format!("{name} {number}: must be from 1 to {MOST}"));
            }
        }
        for (name, time) in [
            ("--head-timeout", self.head_timeout),
            ("--connect-timeout", self.connect_timeout),
            ("--idle-timeout", self.idle_timeout),
            ("--stalled-timeout", self.stalled_timeout),
        ] {
            if time.is_zero() || time > LONGEST {
                return Err(format!("{name}: must be more than 0, and at most a year"));
            }
        }
        if self.drain_timeout > LONGEST {
            return Err("--drain-timeout: must be at most a year".to_owned());
        }
        for (name, bytes) in [
            ("--send-buffer", self.send_buffer),
            ("--copy-buffer", self.copy_buffer),
        ] {
            if !(SMALLEST_BUFFER..=LARGEST_BUFFER).contains(&bytes) {
                return Err(format!(
                    "{name} {bytes}: must be from {SMALLEST_BUFFER} to {LARGEST_BUFFER} bytes"
                ));
            }
        }
        let credentials = self.read_credentials()?;
        let mut listening = self.listen.iter().chain(&self.listen_tls);
        if let Some(open) = listening.find(|address| !address.ip().is_loopback()) {
            if credentials.is_empty() {
                return Err(format!(
                    "{open} is not loopback: that takes --credentials or --credentials-file"
                ));
            }
        }
        let ports = match self.port.contains(&Port::Any) {
            true => Ports::Any,
            false => Ports::These(self.port.iter().filter_map(Port::number).collect()),
        };
        Ok(Settings {
            credentials,
            ports,
            options: self,
        })
    }

    fn read_credentials(&mut self) -> Result<Credentials, String> {
        let mut credentials = Credentials::default();
        for secret in self.credentials.drain(..) {
            credentials
                .add(secret.reveal())
                .map_err(|reason| format!("--credentials: {reason}"))?;
        }
        if let Some(path) = &self.credentials_file {
            let named = format!("--credentials-file {}", path.display());
            let text = fs::read_to_string(path).map_err(|error| format!("{named}: {error}"))?;
            for (number, line) in (1..).zip(text.lines()) {
                if line.trim().is_empty() || line.starts_with('#') {
                    continue;
                }
                credentials
                    .add(line)
                    .map_err(|reason| format!("{named}, line {number}: {reason}"))?;
            }
            if credentials.is_empty() {
                return Err(format!("{named}: no credentials in it"));
            }
        }
        Ok(credentials)
    }
}

/// Most connections or tunnels that may be asked for.
const MOST: usize = 1_000_000;
/// Bytes.
const SMALLEST_BUFFER: usize = 1024;
const LARGEST_BUFFER: usize = 16 << 20;
/// Far from what a clock cannot add.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
