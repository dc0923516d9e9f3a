//! Where the proxy connects to, and where it does not.
//!
//! Invariants:
//! - A name is resolved once, and what is connected to is one of the addresses that were looked at: a name cannot change
//!   between the look and the connection.
//! - An IPv4 address within an IPv6 one is judged as what it is.
//! - Whoever is allowed to reach its network: no target is one of the proxy's own listening addresses.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::http::uri::Authority;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

#[cfg(test)]
mod tests;

/// A host and a port as a client named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: Host,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Name(String),
    Address(IpAddr),
}

/// Longest name that DNS knows, in characters (RFC 1035 section 3.1).
const LONGEST_NAME: usize = 253;

/// Addresses of one name that are tried at most.
const MOST_ADDRESSES: usize = 8;

impl Target {
    /// Reads `host:port`, with a default for where the port may be left out.
    ///
    /// # Errors
    ///
    /// What is wrong, for the client: userinfo (RFC 9110 section 4.2.4), no port, an empty or impossible host.
    pub fn read(authority: &Authority, default_port: Option<u16>) -> Result<Target, &'static str> {
        let text = authority.as_str();
        if text.contains('@') {
            return Err("userinfo has no place in a target");
        }
        // Told apart from a port that is left out: `host:` and `host:0`.
        let after_host = &text[authority.host().len()..];
        let port = match (after_host, authority.port_u16()) {
            ("", _) => default_port.ok_or("the target has no port")?,
            (_, Some(port)) if port > 0 => port,
            _ => return Err("the target's port is none"),
        };
        let host = Host::read(authority.host())?;
        Ok(Target { host, port })
    }
}

impl Target {
    /// The target as `Host` has it: without the port that goes without saying.
    pub fn to_host_field(&self, default_port: u16) -> String {
        let mut text = self.to_string();
        if self.port == default_port {
            let host = text.rfind(':').expect("a target is shown with its port");
            text.truncate(host);
        }
        text
    }
}

impl Host {
    fn read(text: &str) -> Result<Host, &'static str> {
        let bracketed = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Some(address) = bracketed {
            let address: Ipv6Addr = address
                .parse()
                .map_err(|_| "the target has brackets, and no IPv6 address in them")?;
            return Ok(Host::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Host::Address(address.into()));
        }
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(is_of_name) {
            return Err("the target's host is none");
        }
        Ok(Host::Name(text.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(f, "{name}:{}", self.port),
            Host::Address(address) => SocketAddr::new(*address, self.port).fmt(f),
        }
    }
}

/// Ports of targets that may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    Any,
    These(BTreeSet<u16>),
}

impl Ports {
    pub fn allow(&self, port: u16) -> bool {
        match self {
            Ports::Any => true,
            Ports::These(ports) => ports.contains(&port),
        }
    }
}

/// Why no address of a target may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prohibited {
    Address(IpAddr),
    Itself,
}

/// Which addresses may be connected to.
pub struct Targets {
    allowed: Vec<IpNet>,
    own: Vec<SocketAddr>,
}

impl Targets {
    /// `own`: where the proxy listens, the admin server included.
    pub fn new(allowed: Vec<IpNet>, own: Vec<SocketAddr>) -> Targets {
        Targets { allowed, own }
    }

    /// Leaves out of `found`, the addresses of one target, what may not be connected to, in the same order. `local` is the
    /// address at which the client reached the proxy.
    ///
    /// # Errors
    ///
    /// Nothing is left.
    pub fn choose(
        &self,
        found: impl IntoIterator<Item = SocketAddr>,
        local: IpAddr,
    ) -> Result<Vec<SocketAddr>, Prohibited> {
        let mut prohibited = None;
        let mut chosen = Vec::new();
        for address in found {
            if !self.allows(address.ip()) {
                prohibited.get_or_insert(Prohibited::Address(address.ip()));
            } else if self.is_own(address, local) {
                prohibited.get_or_insert(Prohibited::Itself);
            } else if !chosen.contains(&address) && chosen.len() < MOST_ADDRESSES {
                chosen.push(address);
            }
        }
        match (chosen.is_empty(), prohibited) {
            (true, Some(prohibited)) => Err(prohibited),
            _ => Ok(chosen),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = meant(address);
        !is_special(address) || self.allowed.iter().any(|net| net.contains(&address))
    }

    fn is_own(&self, address: SocketAddr, local: IpAddr) -> bool {
        let (ip, local) = (meant(address.ip()), meant(local));
        self.own.iter().any(|own| {
            let listening = meant(own.ip());
            own.port() == address.port()
                && (listening == ip
                    || ip.is_unspecified()
                    || listening.is_unspecified() && (ip.is_loopback() || ip == local))
        })
    }
}

/// The address that is reached in the end: IPv4 where it is only written as IPv6 (mapped, RFC 4291 section 2.5.5.2), and
/// where a NAT64 (RFC 6052 section 2.1) or 6to4 (RFC 3056 section 2) takes it out.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let within = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => within(g, h),
        (0x2002, high, low, ..) => within(high, low),
        _ => address,
    }
}

/// IPv4 of the IANA special-purpose registry (RFC 6890), multicast (RFC 5771) and the reserved rest (RFC 1112).
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this network, unspecified
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local, clouds' metadata
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // 6to4 relays
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, broadcast
];

/// All of IPv6 that is given out as global unicast (RFC 4291 section 2.4).
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0], 3);

/// What within that is not for anybody's hosts.
const SPECIAL_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0], 23),     // protocol assignments: Teredo, ORCHID, benchmarks
    v6([0x2001, 0xdb8], 32), // documentation
    v6([0x3fff, 0], 20),     // documentation
];

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6([first, second]: [u16; 2], bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), bits)
}

fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            !GLOBAL_V6.contains(&address) || SPECIAL_V6.iter().any(|net| net.contains(&address))
        }
    }
}
