//! What options may be set to, where that is more than a number or a name.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use clap::ValueEnum;
use ipnet::IpNet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Option<SocketAddr>);

impl FromStr for Admin {
    type Err = String;

    fn from_str(text: &str) -> Result<Admin, String> {
        match text {
            "none" => Ok(Admin(None)),
            _ => match text.parse() {
                Ok(address) => Ok(Admin(Some(address))),
                Err(_) => Err("neither an address with a port nor `none`".to_owned()),
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    One(u16),
    Any,
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Port, String> {
        match text {
            "any" => Ok(Port::Any),
            _ => match text.parse() {
                Ok(port) if port > 0 => Ok(Port::One(port)),
                _ => Err("neither a port from 1 to 65535 nor `any`".to_owned()),
            },
        }
    }
}

/// A text that is not shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Secret, Self::Err> {
        Ok(Secret(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Port {
    pub fn number(&self) -> Option<u16> {
        match self {
            Port::One(number) => Some(*number),
            Port::Any => None,
        }
    }
}

/// Reads a network, or an address that stands for itself.
pub fn read_network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| text.parse());
    network.map_err(|_| "neither a network like 10.0.0.0/8 nor an address".to_owned())
}
