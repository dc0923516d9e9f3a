//! The public API at compile time and in small: re-exports, auto traits, derives, the `rt`, `service` and `ext` modules.
//! "Contract" in the tests names lines of the behaviour contract of hyper 1.12.0.

#[allow(unused_macros)]
#[path = "../support/mod.rs"]
mod support;

mod probes;

mod auto_traits;
mod client_auto_traits;
mod debug_outputs;
mod derives;
mod dyn_sleep;
mod errors;
mod executors;
mod extensions;
mod futures;
mod http1;
mod io_traits;
mod must_use;
mod read_buf;
mod reexports;
mod server_auto_traits;
mod services;
mod timers;
