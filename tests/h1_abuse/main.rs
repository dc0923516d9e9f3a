//! Attacks on HTTP/1, in either role: for each the exact reply or the exact close, what it may cost in memory, and that it
//! costs no more work than its length warrants.
//!
//! Where other suites pin a single case, the tables here are whole: every order of the framing fields, every place for a
//! stray byte, every length at which a message may be cut off. "Contract" names lines of the behaviour contract of
//! hyper 1.12.0; advisories are named by their numbers.
//!
//! - As a server: [`request_framing`], [`stray_bytes`], [`broken_bodies`], [`floods`], [`slow_clients`], [`pipelines`].
//! - As a client: [`response_framing`], [`stray_bytes`], [`broken_bodies`], [`floods`], [`desynchronized_servers`].
//! - What hyper itself puts on the wire: [`own_messages`].
//! - [`advisories`] has a test for each that is known for hyper's HTTP/1; [`cost`] compares sizes.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

support::heap::counting_heap!();

mod asked;

mod advisories;
mod broken_bodies;
mod cost;
mod desynchronized_servers;
mod early_answers;
mod floods;
mod framing_lines;
mod own_messages;
mod pipelines;
mod request_framing;
mod response_framing;
mod slow_clients;
mod stray_bytes;
