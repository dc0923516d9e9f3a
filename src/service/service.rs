//! [`Service`], and the pointers it works through.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// An asynchronous function from a request to a response.
///
/// `call` takes `&self`, as one connection may call it while earlier responses are still being
/// made. State that changes is shared the usual ways: an `Arc<Mutex<_>>`, an atomic, or a channel
/// to a task that owns it.
///
/// There is no notion of readiness. A service that is overloaded answers so, or returns a future
/// that waits its turn.
///
/// # Example
///
/// ```
/// use std::convert::Infallible;
/// use std::future::{ready, Ready};
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use hyper::service::Service;
/// use hyper::{Request, Response};
///
/// #[derive(Default)]
/// struct Counter(AtomicUsize);
///
/// impl<B> Service<Request<B>> for Counter {
///     type Response = Response<String>;
///     type Error = Infallible;
///     type Future = Ready<Result<Self::Response, Self::Error>>;
///
///     fn call(&self, _: Request<B>) -> Self::Future {
///         let n = self.0.fetch_add(1, Ordering::Relaxed);
///         ready(Ok(Response::new(format!("{n} requests before this one"))))
///     }
/// }
/// ```
pub trait Service<Request> {
    /// What a call yields when it succeeds.
    type Response;

    /// What a call yields when it fails. A failure ends the exchange without a response; an answer
    /// such as `404` is no failure.
    type Error;

    /// The call under way.
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    /// Begins to work on `req`.
    ///
    /// The returned future is dropped unfinished when its client goes away, so work that must be
    /// finished belongs into a task of its own.
    fn call(&self, req: Request) -> Self::Future;
}

macro_rules! through_pointer {
    ($($pointer:ty),*) => {$(
        impl<Request, S: Service<Request> + ?Sized> Service<Request> for $pointer {
            type Response = S::Response;
            type Error = S::Error;
            type Future = S::Future;

            #[inline]
            fn call(&self, req: Request) -> Self::Future {
                (**self).call(req)
            }
        }
    )*};
}

through_pointer!(&S, &mut S, Box<S>, Rc<S>, Arc<S>);
