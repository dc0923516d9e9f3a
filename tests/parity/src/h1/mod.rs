//! HTTP/1: what is varied, by what chance, and what may differ.

mod client_differences;
pub mod generate;
pub mod scenario;
mod seen;
mod server_differences;
mod texts;

use crate::differences::Suite;
use crate::{ours, published};

pub const SERVER: Suite<scenario::ServerScenario> = Suite {
    name: "h1-server",
    ours: ours::harness::h1_server::run,
    published: published::harness::h1_server::run,
    prepare: |_| {},
    differences: server_differences::SERVER,
    transport: |scenario| &scenario.transport,
};

pub const CLIENT: Suite<scenario::ClientScenario> = Suite {
    name: "h1-client",
    ours: ours::harness::h1_client::run,
    published: published::harness::h1_client::run,
    prepare: |_| {},
    differences: client_differences::CLIENT,
    transport: |scenario| &scenario.transport,
};
