//! What HTTP/1 connections of this crate do otherwise than those of hyper 1.12.0, apart from what only its own tests can
//! see. "ODD" in the tests numbers the oddities that section 8 of the behaviour contract lists.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

mod broken_writes;
mod endless_bodies;
mod last_words;
mod lengths;
mod pipelining;
mod prefaces;
mod refused_upgrades;
mod requests_and_answers;
mod responses_and_requests;
mod saying_close;
mod shutting_down;
mod stalled_requests;
mod timeouts;
mod trailers;
mod unread_answers;
mod unread_requests;
mod versions;
