//! HTTP/2 with hyper as the client. "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0.

#[allow(unused_macros)]
#[path = "../support/mod.rs"]
mod support;

mod client;

mod adaptive_window;
mod cancellation;
mod closing;
mod connect_requests;
mod early_responses;
mod extended_connect;
mod flow_control_options;
mod given_back_requests;
mod informational_responses;
mod keep_alive_failures;
mod keep_alive_pings;
mod lost_connections;
mod many_requests;
mod opening;
mod option_panics;
mod queueing;
mod refused_connects;
mod request_bodies;
mod request_body_failures;
mod request_heads;
mod request_lengths;
mod reset_options;
mod response_bodies;
mod response_failures;
mod settings_options;
mod transport_failures;
mod waiting_streams;
