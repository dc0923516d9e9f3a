//! What an HTTP/1 server does otherwise than hyper 1.12.0, on purpose.

mod connection;
mod heads;
mod plans;
mod received;
mod sent;

use super::scenario::ServerScenario;
use crate::differences::Difference;

pub const SERVER: &[&[Difference<ServerScenario>]] = &[
    heads::HEADS,
    received::RECEIVED,
    sent::SENT,
    connection::CONNECTION,
];
