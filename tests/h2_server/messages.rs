//! Heads and responses the tests of this target share, and readings of errors.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use h2::Reason;
use http::{Request, Response};
use http_body_util::Full;

use crate::server::BoxError;
pub use crate::support::errors::kind;
use crate::support::tunnels::{empty_body, test_body, TestBody};

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

// ----- responses -----

pub fn empty() -> Response<TestBody> {
    Response::new(empty_body())
}

pub fn text(text: &'static str) -> Response<TestBody> {
    with_body(Full::new(Bytes::from_static(text.as_bytes())))
}

pub fn with_body<B>(body: B) -> Response<TestBody>
where
    B: hyper::body::Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    Response::new(test_body(body))
}

pub fn with_status(status: u16, mut response: Response<TestBody>) -> Response<TestBody> {
    *response.status_mut() = status.try_into().expect("a status has three digits");
    response
}

pub fn with_field(
    mut response: Response<TestBody>,
    name: &'static str,
    value: &'static str,
) -> Response<TestBody> {
    response
        .headers_mut()
        .append(name, http::HeaderValue::from_static(value));
    response
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
