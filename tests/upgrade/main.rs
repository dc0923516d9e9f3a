//! From a message to a stream of bytes: `hyper::upgrade` over HTTP/2. "Contract" in the tests names lines of the behaviour
//! contract of hyper 1.12.0. How a tunnel behaves under pressure is the matter of `connect_tunnel`.

#[allow(unused_macros)]
#[path = "../support/mod.rs"]
mod support;

mod exchange;

mod clones_share_one_tunnel;
mod downcasting;
mod finding_the_upgrade;
mod offered_upgrades;
mod promises_not_kept;
mod reading;
mod resets;
mod writing;
