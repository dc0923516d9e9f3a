//! The way to a target: resolved, looked at, connected.
//!
//! Invariants:
//! - One deadline holds for all of it.
//! - Whatever is left of the time is shared out among the addresses that are left, so that a dead one does not use it up.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{lookup_host, TcpStream};
use tokio::time::{timeout, timeout_at, Instant};

use crate::connection::Connection;
use crate::proxy::Proxy;
use crate::refusal::{Cause, Refusal};
use crate::targets::{Host, Prohibited, Target};
use crate::transport;

/// Connects to a target on behalf of a client.
///
/// Cancel safe: dropping this closes what was opened. A name that is being resolved keeps a thread until the resolver is done.
pub async fn connect(
    proxy: &Proxy,
    connection: &Connection,
    target: &Target,
) -> Result<(TcpStream, SocketAddr), Refusal> {
    if !proxy.settings.ports.allow(target.port) {
        return Err(Cause::PortProhibited.into());
    }
    let began = Instant::now();
    let deadline = began + proxy.settings.connect_timeout;
    let found = timeout_at(deadline, resolve(target))
        .await
        .map_err(|_| Refusal::because(Cause::ConnectTimeout, "the name did not resolve in time"))?
        .map_err(|error| Refusal::by(Cause::Dns, error))?;
    let chosen = proxy.targets.choose(found, connection.local);
    let chosen = chosen.map_err(|prohibited| match prohibited {
        Prohibited::Address(address) => Refusal::because(
            Cause::AddressProhibited,
            format!("{address} is not allowed"),
        ),
        Prohibited::Itself => Cause::Loop.into(),
    })?;
    let (tcp, address) = try_each(&chosen, deadline).await.map_err(|error| {
        let cause = Cause::of_connect(&error);
        Refusal::by(cause, error)
    })?;
    transport::tune(&tcp).map_err(|error| Refusal::by(Cause::Unavailable, error))?;
    proxy.metrics.connected(began.elapsed());
    Ok((tcp, address))
}

async fn resolve(target: &Target) -> io::Result<Vec<SocketAddr>> {
    let name = match &target.host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, target.port)]),
        Host::Name(name) => name,
    };
    let found: Vec<_> = lookup_host((name.as_str(), target.port)).await?.collect();
    match found.is_empty() {
        true => Err(io::Error::other("the name has no address")),
        false => Ok(found),
    }
}

async fn try_each(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> io::Result<(TcpStream, SocketAddr)> {
    let mut failure = io::Error::from(io::ErrorKind::TimedOut);
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share: Duration = left / (addresses.len() - tried) as u32;
        failure = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok((tcp, *address)),
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(failure)
}
