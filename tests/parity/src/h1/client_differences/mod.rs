//! What an HTTP/1 client does otherwise than hyper 1.12.0, on purpose.

mod connection;
mod heads;
mod plans;
mod received;
mod sent;

use super::scenario::ClientScenario;
use crate::differences::Difference;

pub const CLIENT: &[&[Difference<ClientScenario>]] = &[
    heads::HEADS,
    received::RECEIVED,
    sent::SENT,
    connection::CONNECTION,
];
