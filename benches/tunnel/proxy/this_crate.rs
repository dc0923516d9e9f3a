//! The row of this crate.

use hyper as subject;

#[path = "hyper_row.rs"]
pub mod row;
