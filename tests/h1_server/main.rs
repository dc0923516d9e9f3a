//! HTTP/1 with hyper as the server. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0, with
//! "ODD" for the oddities listed in its section 8.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod messages;

mod chunked_bodies;
mod expect_continue;
mod framing;
mod head_limits;
mod keep_alive;
mod parse_errors;
mod pipelining;
mod request_fields;
mod request_lines;
mod response_bodies;
mod response_framing;
mod response_heads;
mod response_trailers;
mod writes;
