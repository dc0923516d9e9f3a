//! Being told of interim responses.
//!
//! Invariant: the callback travels in the extensions of the request, so whoever takes a request apart and puts it
//! together again keeps it.

use std::fmt;
use std::sync::Arc;

use http::{response, HeaderMap, Request, StatusCode, Version};

/// Calls `callback` for every interim response to `request`: those with a 1xx status that is not 101 (RFC 9110, section
/// 15.2), in the order in which they arrive, before the final one.
///
/// Read by HTTP/1 client connections; HTTP/2 ones ignore it. It is called from within the poll of the connection, so it
/// must not block. A second callback on the same request replaces the first. It is dropped once the head of the final
/// response has arrived.
///
/// # Example
///
/// ```
/// use hyper::{Request, StatusCode};
///
/// let mut request = Request::get("/slow").body(()).unwrap();
/// hyper::ext::on_informational(&mut request, |interim| {
///     if interim.status() == StatusCode::EARLY_HINTS {
///         println!("hints: {:?}", interim.headers().get("link"));
///     }
/// });
/// ```
pub fn on_informational<B, F>(request: &mut Request<B>, callback: F)
where
    F: Fn(Response<'_>) + Send + Sync + 'static,
{
    let callback = OnInformational(Arc::new(callback));
    request.extensions_mut().insert(callback);
}

/// The head of an interim response, for the time of a call.
pub struct Response<'a>(&'a response::Parts);

impl Response<'_> {
    /// The status, from 100 to 199, never 101.
    #[inline]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The protocol version of this response.
    #[inline]
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The fields of this response.
    #[inline]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("version", &self.version())
            .field("headers", self.headers())
            .finish()
    }
}

/// What waits in the extensions of a request.
#[derive(Clone)]
pub(crate) struct OnInformational(Arc<dyn Fn(Response<'_>) + Send + Sync>);

impl OnInformational {
    pub(crate) fn call(&self, head: &response::Parts) {
        (self.0)(Response(head));
    }
}
