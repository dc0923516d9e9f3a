//! Heads and responses the tests of this target share, and readings of errors.

use std::convert::Infallible;
use std::error::Error;

use h2::Reason;
use http::{Request, Response};

use crate::support::bodies::TestBody;
pub use crate::support::errors::kind;
pub use crate::support::responses::{empty, text, with_body, with_field, with_status};

// ----- heads -----

pub fn head<'a>(method: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        (":method", method),
        (":scheme", "http"),
        (":authority", "server.example"),
        (":path", "/path?query"),
    ];
    fields.extend_from_slice(more);
    fields
}

pub fn connect_head<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![(":method", "CONNECT"), (":authority", "target.example:443")];
    fields.extend_from_slice(more);
    fields
}

/// A service that answers everything with `ok`, for builders the test makes itself.
pub async fn ok<B>(_: Request<B>) -> Result<Response<TestBody>, Infallible> {
    Ok(text("ok"))
}

// ----- errors -----

/// The reason of the `h2` error that stands directly below `error` (contract 2.3-4).
pub fn reason(error: &hyper::Error) -> Option<Reason> {
    let cause = error.source().expect("the error has a cause");
    let cause = cause.downcast_ref::<h2::Error>();
    cause.expect("the cause is h2's").reason()
}
