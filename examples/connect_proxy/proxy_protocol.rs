//! The header with which a balancer tells whose connection it passes on: PROXY protocol, version 2.
//!
//! Invariants:
//! - Exactly the header is read; what follows is TLS or HTTP.
//! - Version 1, which is a line of text, is refused: nobody can tell its end from a request's without reading on.

use std::net::SocketAddr;

use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::refusal::{Cause, Refusal};

#[cfg(test)]
mod tests;

/// Signature, version and command, family, length.
const FIXED: usize = 16;

/// Addresses take 36 bytes at most that we know; the rest is for what balancers add.
const LONGEST: usize = 2048;

/// Reads the header, and gives the client's address. `None`: the balancer speaks for itself, or for a client without an address.
pub async fn read_header<R: AsyncRead + Unpin>(io: &mut R) -> Result<Option<SocketAddr>, Refusal> {
    let refused = |why: &'static str| Refusal::because(Cause::ProxyProtocol, why);
    let mut header = vec![0; FIXED];
    let (signature, rest) = header.split_at_mut(PROTOCOL_PREFIX.len());
    io.read_exact(signature)
        .await
        .map_err(|error| Refusal::by(Cause::ProxyProtocol, error))?;
    if signature != PROTOCOL_PREFIX {
        return Err(refused(
            "the connection does not begin with a header of version 2",
        ));
    }
    io.read_exact(rest)
        .await
        .map_err(|error| Refusal::by(Cause::ProxyProtocol, error))?;
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if length > LONGEST {
        return Err(refused("the header is too long"));
    }
    header.resize(FIXED + length, 0);
    io.read_exact(&mut header[FIXED..])
        .await
        .map_err(|error| Refusal::by(Cause::ProxyProtocol, error))?;
    let header = Header::try_from(&header[..]);
    let header = header.map_err(|error| Refusal::by(Cause::ProxyProtocol, error))?;
    Ok(match (header.command, header.addresses) {
        (Command::Local, _) => None,
        (Command::Proxy, Addresses::IPv4(ip)) => Some((ip.source_address, ip.source_port).into()),
        (Command::Proxy, Addresses::IPv6(ip)) => Some((ip.source_address, ip.source_port).into()),
        (Command::Proxy, Addresses::Unix(_) | Addresses::Unspecified) => None,
    })
}
