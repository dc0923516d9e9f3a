//! What the fuzz targets do with an input: one module, and one `run`, for each.
//!
//! Everything goes through hyper's public API, on transports in memory, on one thread whose clock is virtual. A run panics
//! where something is not as it should be; what that is stands at the head of each module.
//!
//! The modules below `tests` are those of the suites. So are the readings of HTTP/1 that hyper is compared with.

#[path = "../../tests/support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

support::heap::counting_heap!();

#[path = "../../tests/h1_hostile/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "../../tests/h1_hostile/messages.rs"]
#[allow(dead_code)]
mod messages;
#[path = "../../tests/h1_hostile/pieces.rs"]
#[allow(dead_code)]
mod pieces;
#[path = "../../tests/h1_hostile/reference.rs"]
mod reference;
#[path = "../../tests/h1_hostile/server.rs"]
#[allow(dead_code)]
mod server;

mod frames;
mod options;

pub mod chunks;
pub mod h1_client;
pub mod h1_server;
pub mod h2_client;
pub mod h2_server;
pub mod tunnel;
