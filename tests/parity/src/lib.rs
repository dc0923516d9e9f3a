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
mod seen;
pub mod sim;
pub mod wire;

use differences::Suite;
use search::{search, Found, Limits};

/// A suite, whatever its scenarios are.
pub struct Entry {
    pub name: &'static str,
    pub search: fn(Limits) -> Found,
    /// Ids and texts of the deliberate differences.
    pub differences: fn() -> Vec<(&'static str, &'static str)>,
}

fn listed<S>(suite: &Suite<S>) -> Vec<(&'static str, &'static str)> {
    let all = suite.all();
    all.map(|difference| (difference.id, difference.what))
        .collect()
}

pub const SUITES: &[Entry] = &[
    Entry {
        name: h1::SERVER.name,
        search: |limits| search(&h1::SERVER, &h1::generate::server(), limits),
        differences: || listed(&h1::SERVER),
    },
    Entry {
        name: h1::CLIENT.name,
        search: |limits| search(&h1::CLIENT, &h1::generate::client(), limits),
        differences: || listed(&h1::CLIENT),
    },
    Entry {
        name: h2::SERVER.name,
        search: |limits| search(&h2::SERVER, &h2::generate::server(), limits),
        differences: || listed(&h2::SERVER),
    },
    Entry {
        name: h2::CLIENT.name,
        search: |limits| search(&h2::CLIENT, &h2::generate::client(), limits),
        differences: || listed(&h2::CLIENT),
    },
];

/// The list of deliberate differences as it stands in the README.
pub fn list() -> String {
    let mut text = String::new();
    for suite in SUITES {
        text.push_str(&format!("### {}\n\n", suite.name));
        for (id, what) in (suite.differences)() {
            text.push_str(&format!("- `{id}`: {what}.\n"));
        }
        text.push('\n');
    }
    text.push_str("### Wherever a transport takes so many bytes and no more\n\n");
    text.push_str(&format!(
        "- `{}`: {}.\n",
        differences::ROOM,
        differences::WHAT_ROOM
    ));
    text
}
