//! hyper beside hyper: generated exchanges go to this crate and to the published 1.12.0, and what comes out must be the same.
//!
//! - A *scenario* is plain data: the options of the builder, what the peer does, what the user does.
//! - [`harness`](ours::harness) is compiled once for each build and makes an [`Observation`](observation::Observation) of it.
//! - What may differ is listed, each with a reason and a number.

pub mod differences;
pub mod edit;
pub mod generate;
pub mod h1;
pub mod h2;
pub mod observation;
pub mod ours;
pub mod plan;
pub mod published;
pub mod script;
pub mod search;
pub mod sim;
pub mod wire;

use search::{search, Found};

/// By name: a search with a seed, until so many cases are compared or so many differ.
pub type Search = fn(u64, usize, usize) -> Found;

pub const SUITES: &[(&str, Search)] = &[
    ("h1-server", |seed, cases, failures| {
        search(&h1::SERVER, &h1::generate::server(), seed, cases, failures)
    }),
    ("h2-server", |seed, cases, failures| {
        search(&h2::SERVER, &h2::generate::server(), seed, cases, failures)
    }),
    ("h2-client", |seed, cases, failures| {
        search(&h2::CLIENT, &h2::generate::client(), seed, cases, failures)
    }),
    ("h1-client", |seed, cases, failures| {
        search(&h1::CLIENT, &h1::generate::client(), seed, cases, failures)
    }),
];
