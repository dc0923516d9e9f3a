//! HTTP/2 with hyper as the server. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0, with
//! "ODD" for the oddities listed in its section 8 that this crate does not repeat.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod messages;
mod server;

mod adaptive_window;
mod cancelled_requests;
mod connect_requests;
mod endings;
mod executors;
mod extended_connect;
mod floods;
mod graceful_shutdown;
mod keep_alive;
mod limits;
mod malformed_requests;
mod option_panics;
mod ordinary_peer;
mod panics;
mod request_bodies;
mod request_heads;
mod response_bodies;
mod response_heads;
mod responses_without_content;
mod settings_options;
mod stream_failures;
mod tunnel_ends;
