//! HTTP/2: what is varied, by what chance, and what may differ.

mod acts;
mod client_differences;
mod frames;
pub mod generate;
mod peer;
mod rewrites;
pub mod scenario;
mod seen;
mod server_differences;
mod wire_format;

use crate::differences::Suite;
use crate::{ours, published};

pub const SERVER: Suite<scenario::ServerScenario> = Suite {
    name: "h2-server",
    ours: ours::harness::h2_server::run,
    published: published::harness::h2_server::run,
    prepare: frames::decode,
    differences: server_differences::SERVER,
    transport: |scenario| &scenario.transport,
};

pub const CLIENT: Suite<scenario::ClientScenario> = Suite {
    name: "h2-client",
    ours: ours::harness::h2_client::run,
    published: published::harness::h2_client::run,
    prepare: frames::decode,
    differences: client_differences::CLIENT,
    transport: |scenario| &scenario.transport,
};
