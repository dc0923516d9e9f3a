//! Case 49: whatever happens to tunnels, in whatever order, they keep to a model.
//!
//! A [`Script`] is a random setup and a random sequence of what users, peer, socket and clock may do, on one connection
//! with one to four tunnels, hyper as server or client. hyper's tasks run one at a time, so that a call may fall between
//! any two of them. After each step:
//!
//! - Held bytes (accepted, and not taken by the socket) are within the limit, and heap within a constant of that.
//! - No more than a frame, or half the limit, is accepted beyond the window granted.
//! - What arrives is the next of what was accepted, never more than granted; END_STREAM comes behind all of it.
//! - At rest with the socket read, all that window allows has arrived; a call that pends does so for a reason, and one
//!   whose reason is gone was woken.
//! - After a reset each call fails, always with the same kind.
//!
//! At the end nothing accepted is lost, no task is left, and the connection serves the next tunnel.
//!
//! `PROPTEST_CASES` sets the number of cases. A script that fails is printed, shrunk; it belongs into `regressions.rs`.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

support::heap::counting_heap!();

mod at_rest;
mod ending;
mod model;
mod parser;
mod pattern;
mod regressions;
mod run;
mod script;
mod tunnel;

use proptest::prelude::*;

use self::run::play;
use self::script::script;
use self::support::tunnels::Role;

/// Cases for each role, unless `PROPTEST_CASES` is set.
const CASES: u32 = 250;

fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        // Milliseconds: a case in hand soon is worth more than the smallest one.
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_server_keeps_to_the_model(script in script()) {
        play(Role::Server, &script);
    }

    #[test]
    fn a_client_keeps_to_the_model(script in script()) {
        play(Role::Client, &script);
    }
}
