//! This crate, in use.

use ::ours as hyper;

#[path = "harness/mod.rs"]
pub mod harness;
