//! Responses for services to give.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Body;

use crate::support::bodies::{empty_body, test_body, TestBody};

pub fn empty() -> Response<TestBody> {
    Response::new(empty_body())
}

pub fn text(text: &'static str) -> Response<TestBody> {
    with_body(Full::new(Bytes::from_static(text.as_bytes())))
}

pub fn with_body<B>(body: B) -> Response<TestBody>
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
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
    let value = HeaderValue::from_static(value);
    response.headers_mut().append(name, value);
    response
}
