//! The row of this crate.

use hyper as subject;

#[path = "service.rs"]
pub mod service;
