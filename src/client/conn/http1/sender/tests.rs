use std::error::Error as _;

use tokio_test::{assert_pending, assert_ready_ok, task};

use super::*;
use crate::proto::exchange::{self, Requests};
use crate::proto::h1::dispatch::turn::{turns, TurnOffer};

type Body = crate::body::Incoming;

fn sender() -> (
    SendRequest<Body>,
    TurnOffer,
    Requests<Request<Body>, Response<Incoming>>,
) {
    let (requests, queue) = exchange::channel();
    let (offer, turns) = turns();
    (SendRequest { requests, turns }, offer, queue)
}

fn request(path: &str) -> Request<Body> {
    Request::get(path)
        .body(Body::empty())
        .expect("a method and a URI make a request")
}

/// Why a request came back at once, and which.
fn refusal(sender: &mut SendRequest<Body>, path: &str) -> (Error, Option<String>) {
    let response = sender.try_send_request(request(path));
    let mut response = task::spawn(response);
    match response.poll() {
        Poll::Ready(Err(mut refused)) => {
            let path = refused
                .take_message()
                .map(|request| request.uri().to_string());
            (refused.into_error(), path)
        }
        other => panic!("the request was taken: {other:?}"),
    }
}

// Contract 5.2-1.
#[test]
fn the_first_request_needs_no_readiness_and_the_second_does() {
    let (mut sender, _offer, _queue) = sender();
    assert!(!sender.is_ready());
    let mut first = task::spawn(sender.send_request(request("/1")));
    assert_pending!(first.poll());

    let (error, path) = refusal(&mut sender, "/2");
    assert!(error.is_canceled());
    assert_eq!(
        error.source().expect("a text").to_string(),
        "connection was not ready"
    );
    assert_eq!(path.as_deref(), Some("/2"));
}

// Contract 5.2-4.
#[test]
fn a_request_is_on_its_way_before_its_future_is_polled() {
    let (mut sender, offer, mut queue) = sender();
    offer.offer();
    assert_ready_ok!(task::spawn(sender.ready()).poll());
    let response = sender.send_request(request("/1"));
    assert!(!sender.is_ready(), "readiness is withdrawn at once");
    let mut poll = task::spawn(());
    let queued = poll.enter(|cx, _| queue.poll_next(cx));
    assert!(matches!(queued, Poll::Ready(Some(_))));
    drop(response);
}

// Contract 5.2-3.
#[test]
fn a_connection_that_is_gone_closes_the_sender() {
    let (mut sender, offer, queue) = sender();
    assert!(!sender.is_closed());
    drop((offer, queue));
    assert!(sender.is_closed() && !sender.is_ready());
    match task::spawn(sender.ready()).poll() {
        Poll::Ready(Err(error)) => assert!(error.is_closed()),
        other => panic!("the connection is gone: {other:?}"),
    }
    let (error, path) = refusal(&mut sender, "/1");
    assert!(error.is_canceled());
    assert_eq!(path.as_deref(), Some("/1"));
}

#[test]
fn debug_prints_the_name_alone() {
    assert_eq!(format!("{:?}", sender().0), "SendRequest");
}
