//! Whatever a peer sends, in whatever pieces: no panic, no misreading, no unbounded memory; in either role.
//!
//! Inputs are valid messages, messages that contradict themselves about where they end, both of them damaged in a few
//! places, and bytes that only resemble HTTP. Each is read twice: by hyper, piece by piece, and by [`reference`], which has
//! all of it before it and shares no code with hyper. Then:
//!
//! - What the service (or the caller) got is what the reference says, message by message, bodies and trailers included. If
//!   it leaves a body unread, the connection may end early, but what it gets is never anything else.
//! - Each request is answered once, in order; what cannot be read is refused once, as the last answer.
//! - The connection ends, in the way the reference says.
//!
//! So a request hidden in a body (RFC 9112, section 11.2) shows as a message too many.
//!
//! `PROPTEST_CASES` sets the number of cases. A script that fails is printed, shrunk; it belongs into `regressions.rs`.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

support::heap::counting_heap!();

mod client;
mod memory;
mod messages;
mod pieces;
mod reference;
mod regressions;
mod server;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};

use self::messages::{requests, responses};

/// Cases of each property, unless `PROPTEST_CASES` is set.
const CASES: u32 = 400;

fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        // Milliseconds: a case in hand soon is worth more than the smallest one.
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
        // The same cases every time, so that a failure is the work of a change.
        config.rng_algorithm = RngAlgorithm::ChaCha;
        config.rng_seed = RngSeed::Fixed(20_261_124);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_server_reads_what_was_sent(script in server::script(requests())) {
        server::play(&script);
    }

    #[test]
    fn a_client_reads_what_was_sent(script in client::script(responses())) {
        client::play(&script);
    }
}
