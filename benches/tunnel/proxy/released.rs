//! The row of a released hyper: the same source, another crate.

use hyper_released as subject;

#[path = "hyper_row.rs"]
pub mod row;
