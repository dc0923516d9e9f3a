//! The row of a released hyper: the same source, another crate.

use hyper_released as subject;

#[allow(
    clippy::duplicate_mod,
    reason = "compiled twice on purpose, once for each hyper"
)]
#[path = "service.rs"]
pub mod service;
