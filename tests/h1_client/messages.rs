//! Requests the tests of this target share.

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::Full;

use crate::support::bodies::{empty_body, test_body, Frames, TestBody};
pub use crate::support::errors::{cause_text, io_cause, kind};

/// A request for `/`.
pub fn request(method: Method, body: TestBody) -> Request<TestBody> {
    let request = Request::builder().method(method).uri("/").body(body);
    request.expect("the parts are valid")
}

pub fn get() -> Request<TestBody> {
    request(Method::GET, empty_body())
}

pub fn post(body: TestBody) -> Request<TestBody> {
    request(Method::POST, body)
}

/// A body of known size.
pub fn sized(data: &'static str) -> TestBody {
    test_body(Full::new(Bytes::from_static(data.as_bytes())))
}

/// A body of one frame that does not say its size.
pub fn unmeasured(data: &'static str) -> TestBody {
    test_body(Frames::repeat(1, data))
}

pub fn with_field(
    mut request: Request<TestBody>,
    name: &'static str,
    value: &'static str,
) -> Request<TestBody> {
    let value = HeaderValue::from_static(value);
    request.headers_mut().append(name, value);
    request
}
