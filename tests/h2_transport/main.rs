//! HTTP/2 connections and their transports: what hyper makes of a transport's oddities, its failures and its end, and what a
//! connection costs in memory and in writes. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0.

#[path = "../support/mod.rs"]
mod support;

support::heap::counting_heap!();

mod bodies;
mod end_of_input;
mod handshakes;
mod many_threads;
mod memory;
mod odd_transports;
mod read_ahead;

// ----- what they share -----
mod exchange;
#[allow(dead_code, reason = "a target takes what it needs")]
#[path = "../connect_tunnel/pattern.rs"]
mod pattern;
