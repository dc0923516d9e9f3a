//! The test kit: everything a suite needs around the crate under test, and nothing of the crate itself but its public API.
//!
//! A test target takes it in with
//!
//! ```ignore
//! #[path = "../support/mod.rs"]
//! mod support;
//! ```
//!
//! Conventions shared by the modules:
//!
//! - Tests run on a current-thread runtime with a paused clock (`#[tokio::test(start_paused = true)]`), so that a wait
//!   costs no wall-clock time and "nothing more happens" can be proved (see [`virtual_timer`]).
//! - "Peer" is the end that is not under test; "hyper" is the end that is.

// Every target compiles the whole kit and uses part of it.
#![allow(dead_code, unused_imports)]

pub mod bodies;
pub mod calls;
pub mod chunked_bodies;
#[cfg(all(feature = "server", feature = "http1"))]
pub mod conversation;
pub mod errors;
pub mod gate;
pub mod heap;
pub mod linear;
#[cfg(all(feature = "client", feature = "server", feature = "http2"))]
pub mod outgoing_body;
#[cfg(all(feature = "client", feature = "server", feature = "http2"))]
pub mod own_service;
pub mod reading;
pub mod responses;
pub mod scripted_h1;
pub mod scripted_h2;
pub mod shaped;
pub mod tokio_rt;
#[cfg(all(any(feature = "client", feature = "server"), feature = "http2"))]
pub mod tunnels;
pub mod virtual_timer;
