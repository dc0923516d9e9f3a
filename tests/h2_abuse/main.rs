//! Attacks on HTTP/2, in either role: what ends the connection and with which code, what is endured, and what either may cost in
//! memory, in polls and in work. "Contract" names lines of the behaviour contract of hyper 1.12.0; advisories and CVEs are
//! named by their numbers, at the start of a test's name where it is one's own.
//!
//! Much of this is the `h2` crate's doing, below hyper. What is pinned is what the two together do: the defences that hyper
//! switches on, and that nothing of hyper's piles up where h2's limits leave room. Bounds on heap are measured with everything
//! in one thread, the socket's buffer of 64 KiB included.
//!
//! - [`floods`]: any frame, any number of times. [`data`]: DATA that is dear to keep. [`header_blocks`]: heads that never end,
//!   or grow. [`resets`]: streams opened and reset, by either side. [`windows`]: windows dripped, swung, ignored.
//!   [`servers`]: what only a server can do to its client.
//! - [`cost`] compares sizes.

#[path = "../support/mod.rs"]
#[allow(unused_macros, reason = "a target takes what it needs of the kit")]
mod support;

support::heap::counting_heap!();

mod victim;

mod cost;
mod data;
mod floods;
mod header_blocks;
mod resets;
mod servers;
mod windows;
