//! What an HTTP/2 server does otherwise than hyper 1.12.0, on purpose.

mod connection;
mod plans;
mod streams;
mod tunnels;

use super::scenario::ServerScenario;
use crate::differences::Difference;

pub const SERVER: &[&[Difference<ServerScenario>]] =
    &[tunnels::TUNNELS, streams::STREAMS, connection::CONNECTION];
