use std::error::Error as _;
use std::pin::pin;
use std::task::Waker;

use super::*;
use crate::proto::exchange;

type Body = crate::body::Incoming;

/// Polls once, which is all that an answer at hand takes.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future has to wait"),
    }
}

fn closed() -> SendRequest<Body> {
    let (requests, queue) = exchange::channel();
    drop(queue);
    SendRequest { requests }
}

fn request() -> Request<Body> {
    Request::get("https://example.org/")
        .body(Body::empty())
        .expect("a method and a URI make a request")
}

#[test]
fn an_open_connection_is_ready_at_once_and_for_every_clone() {
    let (requests, queue) = exchange::channel();
    let mut sender: SendRequest<Body> = SendRequest { requests };
    let mut other = sender.clone();

    assert!(now(sender.ready()).is_ok());
    assert!(now(other.ready()).is_ok());
    assert!(sender.is_ready());
    assert!(!other.is_closed());

    drop(queue);
    assert!(sender.is_closed());
    assert!(!other.is_ready());
}

#[test]
fn a_closed_connection_is_not_ready() {
    let error = now(closed().ready()).expect_err("the queue is gone");
    assert!(error.is_closed());
}

#[test]
fn a_request_on_a_closed_connection_comes_back() {
    let mut error = now(closed().try_send_request(request())).expect_err("the queue is gone");

    assert!(error.error().is_canceled());
    assert_eq!(
        error.error().source().expect("a text").to_string(),
        "connection was not ready"
    );
    assert_eq!(
        error.message().expect("the request").uri(),
        "https://example.org/"
    );
    assert!(error.take_message().is_some());
    assert!(error.take_message().is_none());
    assert!(error.into_error().is_canceled());
}

#[test]
fn send_request_fails_as_try_send_request_does() {
    let error = now(closed().send_request(request())).expect_err("the queue is gone");

    assert!(error.is_canceled());
    assert_eq!(
        error.source().expect("a text").to_string(),
        "connection was not ready"
    );
}

#[test]
fn debug_prints_the_name_alone() {
    assert_eq!(format!("{:?}", closed()), "SendRequest");
}
