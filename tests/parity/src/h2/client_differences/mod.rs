//! What an HTTP/2 client does otherwise than hyper 1.12.0, on purpose.

mod connection;
mod plans;
mod streams;
mod tunnels;

use super::scenario::ClientScenario;
use crate::differences::Difference;

pub const CLIENT: &[&[Difference<ClientScenario>]] =
    &[tunnels::TUNNELS, streams::STREAMS, connection::CONNECTION];
