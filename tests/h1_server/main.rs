//! HTTP/1 with hyper as the server. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0, with
//! "ODD" for the oddities listed in its section 8.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod messages;

mod backpressure;
mod chunked_bodies;
mod disconnects;
mod expect_continue;
mod fairness;
mod framing;
mod graceful_shutdown;
mod head_limits;
mod header_case;
mod header_timeout;
mod incoming_bodies;
mod keep_alive;
mod option_panics;
mod parse_errors;
mod parts;
mod pipelining;
mod request_fields;
mod request_lines;
mod response_bodies;
mod response_framing;
mod response_heads;
mod response_trailers;
mod service_failures;
mod small_print;
mod unread_bodies;
mod upgrades;
mod writes;
