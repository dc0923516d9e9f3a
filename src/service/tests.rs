use std::cell::Cell;
use std::convert::Infallible;
use std::future::{ready, Future, Ready};
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};

use super::{service_fn, HttpService, Service};

/// A body nobody looks into.
struct NoBody;

impl Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

/// Doubles numbers; a service need not be about HTTP.
struct Double;

impl Service<u32> for Double {
    type Response = u32;
    type Error = Infallible;
    type Future = Ready<Result<u32, Infallible>>;

    fn call(&self, n: u32) -> Self::Future {
        ready(Ok(n * 2))
    }
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("these futures are ready at once"),
    }
}

fn double(service: impl Service<u32, Response = u32, Error = Infallible>) -> u32 {
    match now(service.call(21)) {
        Ok(n) => n,
        Err(never) => match never {},
    }
}

#[test]
fn a_service_works_through_pointers() {
    type Object = dyn Service<
        u32,
        Response = u32,
        Error = Infallible,
        Future = Ready<Result<u32, Infallible>>,
    >;

    assert_eq!(double(Double), 42);
    assert_eq!(double(&Double), 42);
    assert_eq!(double(&mut Double), 42);
    assert_eq!(double(Box::new(Double)), 42);
    assert_eq!(double(Rc::new(Double)), 42);
    assert_eq!(double(Arc::new(Double)), 42);
    assert_eq!(double(&Double as &Object), 42);
    assert_eq!(double(Box::new(Double) as Box<Object>), 42);
    assert_eq!(double(Rc::new(Double) as Rc<Object>), 42);
    assert_eq!(double(Arc::new(Double) as Arc<Object>), 42);
}

fn status<S: HttpService<u16, ResBody = NoBody>>(mut service: S, body: u16) -> Option<StatusCode> {
    let result = now(HttpService::call(&mut service, Request::new(body)));
    result.ok().map(|response| response.status())
}

#[test]
fn a_closure_is_an_http_service() {
    let calls = Cell::new(0);
    let service = service_fn(|req: Request<u16>| {
        calls.set(calls.get() + 1);
        let status = StatusCode::from_u16(req.into_body());
        ready(status.map(|status| {
            let mut response = Response::new(NoBody);
            *response.status_mut() = status;
            response
        }))
    });
    assert_eq!(status(&service, 404), Some(StatusCode::NOT_FOUND));
    assert_eq!(status(&service, 1), None);
    // `service` is a copy each time: the closure captures a reference only.
    let copy = service;
    assert_eq!(status(copy, 200), Some(StatusCode::OK));
    assert_eq!(status(service, 204), Some(StatusCode::NO_CONTENT));
    assert_eq!(calls.get(), 4);
    assert_eq!(format!("{service:?}"), "impl Service");
}

#[test]
fn a_closure_that_is_only_clone_makes_a_service_that_is_clone() {
    let greeting = String::from("hello");
    let service = service_fn(move |_: Request<()>| {
        let greeting = greeting.clone();
        async move { Ok::<_, Infallible>(Response::new(greeting)) }
    });
    let twin = service.clone();
    drop(service);
    let response = match now(twin.call(Request::new(()))) {
        Ok(response) => response,
        Err(never) => match never {},
    };
    assert_eq!(response.into_body(), "hello");
}

#[test]
fn a_closure_service_can_travel_whatever_its_request_is() {
    fn travels<T: Send + Sync + Unpin>(_: &T) {}
    let service =
        service_fn(|_: Request<Rc<()>>| ready(Ok::<_, Infallible>(Response::new(NoBody))));
    travels(&service);
}
