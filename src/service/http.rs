//! [`Service`] for HTTP messages, as one short bound.

use std::error::Error as StdError;
use std::future::Future;

use http::{Request, Response};
use http_body::Body;

use crate::service::service::Service;

/// A [`Service`] from `Request<ReqBody>` to some `Response`.
///
/// Sealed: it holds for each such service whose response has a [`Body`] and whose error can be
/// boxed, and for nothing else.
pub trait HttpService<ReqBody>: sealed::Sealed<ReqBody> {
    /// The body of the response.
    type ResBody: Body;

    /// What a call yields when it fails; it becomes the source of a [`hyper::Error`](crate::Error).
    type Error: Into<Box<dyn StdError + Send + Sync>>;

    /// The call under way.
    type Future: Future<Output = Result<Response<Self::ResBody>, Self::Error>>;

    /// See [`Service::call`].
    #[doc(hidden)]
    fn call(&mut self, req: Request<ReqBody>) -> Self::Future;
}

impl<T, B1, B2> HttpService<B1> for T
where
    T: Service<Request<B1>, Response = Response<B2>>,
    B2: Body,
    T::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Future = T::Future;
    type Error = T::Error;
    type ResBody = B2;

    fn call(&mut self, req: Request<B1>) -> Self::Future {
        Service::call(self, req)
    }
}

impl<T, B1, B2> sealed::Sealed<B1> for T
where
    T: Service<Request<B1>, Response = Response<B2>>,
    B2: Body,
{
}

mod sealed {
    pub trait Sealed<ReqBody> {}
}
