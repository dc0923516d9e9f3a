//! HTTP/1 with hyper as the client. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0, with
//! "ODD" for the oddities listed in its section 8.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod messages;

mod chunked_bodies;
mod early_responses;
mod given_back_requests;
mod head_limits;
mod header_case;
mod http_0_9;
mod idle_connections;
mod informational_responses;
mod option_panics;
mod parts;
mod readiness;
mod request_failures;
mod request_framing;
mod request_heads;
mod request_trailers;
mod response_bodies;
mod response_fields;
mod response_framing;
mod response_heads;
mod small_print;
mod upgrades;
mod writes;
