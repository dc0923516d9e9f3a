//! PING frames (RFC 9113, section 6.7): keep-alive and the measurement behind an adaptive receive window.
//!
//! Two halves share one connection's state: a [`recorder::Recorder`], cloned to whoever takes data or opens streams, and
//! a [`ponger::Ponger`], owned by the connection task. Activity flows into the first; acknowledgements and time
//! come out of the second.
//!
//! Invariants:
//! - h2 lets one user PING be under way at a time. Whoever sent it, its acknowledgement serves both purposes.
//! - Time is read from the connection's `Clock` alone.
//! - A recorder of a connection that uses neither feature does nothing at all.

mod bdp;
mod keep_alive;
pub(crate) mod ponger;
pub(crate) mod recorder;
mod shared;

#[cfg(test)]
mod tests;
