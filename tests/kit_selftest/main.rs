//! Tests of the test kit itself: each shows that a tool the suites rely on can tell true from false.

#[path = "../support/mod.rs"]
mod support;

mod fixtures_open_tunnels;
mod gate_blocks_and_resumes;
mod heap_is_counted;
mod idle_is_proved;
mod raw_peer_talks_to_hyper;
mod shaped_transports_keep_their_shape;

support::heap::counting_heap!();
