//! Random exchanges on one HTTP/1 connection, in either role, with a peer of raw bytes.
//!
//! A [`Script`](script::Script) says what is sent, how it is framed, in which pieces it arrives, what the program does
//! with it, and what the transport is like. Whatever it says, messages arrive whole, in order and with the bodies that
//! were sent: no byte of one is ever taken for one of another.
//!
//! `PROPTEST_CASES` sets the number of cases. A script that fails is printed, shrunk.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod client;
mod message;
mod script;
mod server;

use proptest::prelude::*;

use self::script::{noise, script, Noise};

/// Cases of each property, unless `PROPTEST_CASES` is set.
const CASES: u32 = 100;

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

/// Runs a future to its end, in virtual time.
fn run<F: std::future::Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_server_serves_every_request_in_order(script in script()) {
        run(server::play(&script));
    }

    #[test]
    fn a_client_gets_every_response_in_order(script in script()) {
        run(client::play(&script));
    }

    #[test]
    fn no_bytes_make_a_server_panic_or_linger(noise in noise(Noise::Requests)) {
        run(server::survive(&noise));
    }

    #[test]
    fn no_bytes_make_a_client_panic_or_linger(noise in noise(Noise::Responses)) {
        run(client::survive(&noise));
    }
}
