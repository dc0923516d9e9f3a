//! Contract 1.2-4, 1.2-7, 1.2-8: services, and what they can be called through.

use std::convert::Infallible;
use std::future::{ready, Ready};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::{service_fn, HttpService, Service};
use hyper::{Request, Response};

use crate::probes::implements;

struct Double;

impl Service<u32> for Double {
    type Response = u32;
    type Error = Infallible;
    type Future = Ready<Result<u32, Infallible>>;

    fn call(&self, request: u32) -> Self::Future {
        ready(Ok(2 * request))
    }
}

type DynDouble =
    dyn Service<u32, Response = u32, Error = Infallible, Future = Ready<Result<u32, Infallible>>>;

async fn call<S: Service<u32, Response = u32, Error = Infallible>>(service: S) -> u32 {
    let Ok(response) = service.call(21).await;
    response
}

// Contract 1.2-8.
#[tokio::test]
async fn a_service_is_called_through_any_pointer() {
    assert_eq!(call(Double).await, 42);
    assert_eq!(call(&Double).await, 42);
    assert_eq!(call(&mut Double).await, 42);
    assert_eq!(call(Box::new(Double)).await, 42);
    assert_eq!(call(Rc::new(Double)).await, 42);
    assert_eq!(call(Arc::new(Double)).await, 42);
}

// Contract 1.2-8.
#[tokio::test]
async fn a_service_of_unknown_type_is_called_through_any_pointer() {
    let (shared, boxed): (&DynDouble, Box<DynDouble>) = (&Double, Box::new(Double));
    let (rc, arc): (Rc<DynDouble>, Arc<DynDouble>) = (Rc::new(Double), Arc::new(Double));
    assert_eq!(call(shared).await, 42);
    let mut double = Double;
    let unique: &mut DynDouble = &mut double;
    assert_eq!(call(unique).await, 42);
    assert_eq!(call(boxed).await, 42);
    assert_eq!(call(rc).await, 42);
    assert_eq!(call(arc).await, 42);
}

// Contract 1.2-4.
#[test]
fn a_service_of_messages_is_an_http_service() {
    fn check<B, S>(_: &S) -> bool
    where
        S: HttpService<B, ResBody = Full<Bytes>, Error = Infallible>,
    {
        true
    }
    let service = service_fn(|_: Request<String>| {
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    assert!(check(&service));
    assert!(check(&&service));
    assert!(check(&Arc::new(service)));
}

// Contract 1.2-3, 1.2-4: what connections call is the service's own method.
#[tokio::test]
async fn an_http_service_is_called_as_the_service_it_is() {
    let mut service = service_fn(|request: Request<String>| {
        let body = Full::<Bytes>::from(request.into_body());
        ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let Ok(response) = HttpService::call(&mut service, Request::new("body".to_owned())).await;
    assert_eq!(
        hyper::body::Body::size_hint(response.body()).exact(),
        Some(4)
    );
}

// Contract 1.2-4: a service of something else is none.
#[test]
fn a_service_of_other_things_is_no_http_service() {
    assert!(!implements!(Double: HttpService<u32>));
}

// Contract 1.2-7.
#[test]
fn a_service_fn_is_cloned_and_copied_as_its_closure_is() {
    fn is_copy<S: Copy>(_: &S) -> bool {
        true
    }
    fn is_clone<S: Clone>(_: &S) -> bool {
        true
    }
    let plain = service_fn(|_: Request<String>| ready(Ok::<_, Infallible>(Response::new(()))));
    assert!(is_copy(&plain));
    let shared = Arc::new(());
    let holding = service_fn(move |_: Request<String>| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(Response::new(shared)) }
    });
    assert!(is_clone(&holding));
}

// Contract 1.2-7.
#[test]
fn a_service_fn_debugs_as_a_service() {
    let service = service_fn(|_: Request<String>| ready(Ok::<_, Infallible>(Response::new(()))));
    assert_eq!(format!("{service:?}"), "impl Service");
}

// Contract 1.2-7.
#[tokio::test]
async fn a_service_fn_calls_its_closure_each_time() {
    let calls = std::cell::Cell::new(0);
    let service = service_fn(|request: Request<String>| {
        calls.set(calls.get() + 1);
        let body = request.into_body();
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    for _ in 0..3 {
        let Ok(response) = service.call(Request::new("body".to_owned())).await;
        assert_eq!(response.body(), "body");
    }
    assert_eq!(calls.get(), 3);
}
