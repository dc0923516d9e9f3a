//! hyper 1.12.0 from the registry, in use.

use ::published as hyper;

// The same files again: what differs is what `hyper` stands for.
#[allow(clippy::duplicate_mod)]
#[path = "harness/mod.rs"]
pub mod harness;
