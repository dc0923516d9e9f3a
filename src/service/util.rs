//! Services made of closures.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use http::Request;

use crate::service::service::Service;

/// Makes a [`Service`] of a closure from a request to a future.
///
/// The service is `Clone` and `Copy` if the closure is.
///
/// # Example
///
/// ```
/// use std::convert::Infallible;
///
/// use hyper::service::service_fn;
/// use hyper::{Request, Response};
///
/// let greeter = service_fn(|req: Request<String>| async move {
///     let path = req.uri().path();
///     Ok::<_, Infallible>(Response::new(format!("welcome to {path}")))
/// });
/// # let _ = hyper::service::Service::call(&greeter, Request::new(String::new()));
/// ```
pub fn service_fn<F, R, S>(f: F) -> ServiceFn<F, R>
where
    F: Fn(Request<R>) -> S,
    S: Future,
{
    ServiceFn {
        f,
        _request: PhantomData,
    }
}

/// What [`service_fn`] makes. Not nameable outside this crate.
pub struct ServiceFn<F, R> {
    f: F,
    // Requests go in only, so no property of the body type is passed on to the service.
    _request: PhantomData<fn(R)>,
}

impl<F, ReqBody, Ret, ResBody, E> Service<Request<ReqBody>> for ServiceFn<F, ReqBody>
where
    F: Fn(Request<ReqBody>) -> Ret,
    Ret: Future<Output = Result<http::Response<ResBody>, E>>,
{
    type Response = http::Response<ResBody>;
    type Error = E;
    type Future = Ret;

    fn call(&self, req: Request<ReqBody>) -> Self::Future {
        (self.f)(req)
    }
}

impl<F, R> fmt::Debug for ServiceFn<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("impl Service")
    }
}

impl<F: Clone, R> Clone for ServiceFn<F, R> {
    fn clone(&self) -> Self {
        ServiceFn {
            f: self.f.clone(),
            _request: PhantomData,
        }
    }
}

impl<F: Copy, R> Copy for ServiceFn<F, R> {}
