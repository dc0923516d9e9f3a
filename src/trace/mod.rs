//! What becomes of connections, streams and tunnels, told by way of the [`tracing`](https://docs.rs/tracing) crate.
//!
//! With the feature `tracing` these are spans and events; without it the same names stand for nothing, so
//! that whoever reports needs no switch and costs nothing.
//!
//! Invariant: nothing here decides anything. What is reported at a drop is reported exactly once.

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(feature = "tracing")]
mod enabled;

#[cfg(not(feature = "tracing"))]
pub(crate) use self::disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use self::enabled::*;
