//! Contract 5.5-3, 5.5-4, 5.5-5, 2.4-7, 2.4-12, 2.4-13, 2.4-18: requests that cannot be written.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use crate::messages::{cause_text, get, io_cause, kind, post, with_field};
use crate::support::bodies::{channel, test_body, BodySender, TestBody};
use crate::support::scripted_h1::{Client, HeldClient};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

fn streamed() -> (BodySender, TestBody) {
    let (frames, body) = channel();
    (frames, test_body(body))
}

// Contract 5.5-3, 2.4-12.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_fails_the_request_and_is_not_terminated() {
    let mut client = Client::start();
    let (frames, body) = streamed();
    let exchange = client.send(post(body));
    frames.send_data("data");
    client
        .peer
        .expect_text("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndata\r\n")
        .await;
    frames.fail("boom");
    let error = exchange.failure().await;
    assert_eq!(kind(&error), "User(Body)");
    assert!(error.is_user());
    assert_eq!(cause_text(&error), "boom");
    client.ended().await.expect("the request has the error");
    client.peer.expect_eof().await;
}

// Contract 5.5-3, 2.4-13.
#[tokio::test(start_paused = true)]
async fn a_body_shorter_than_declared_fails_the_request() {
    let mut client = Client::start();
    let (frames, body) = streamed();
    let exchange = client.send(with_field(post(body), "content-length", "5"));
    frames.send_data("hel");
    client
        .peer
        .expect_text("POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhel")
        .await;
    drop(frames);
    let error = exchange.failure().await;
    assert_eq!(kind(&error), "User(BodyWriteAborted)");
    assert!(error.is_user() && error.is_body_write_aborted());
    assert_eq!(cause_text(&error), "early end, expected 2 more bytes");
    client.ended().await.expect("the request has the error");
    client.peer.expect_eof().await;
}

// Contract 5.5-3.
#[tokio::test(start_paused = true)]
async fn after_the_response_such_a_failure_is_the_connections() {
    let mut client = Client::start();
    let (frames, body) = streamed();
    let exchange = client.send(post(body));
    client.peer.settled_text().await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await;
    exchange.response().await;
    frames.fail("boom");
    let error = client.ended().await.expect_err("the body's failure");
    assert_eq!(kind(&error), "User(Body)");

    let mut client = Client::start();
    let (frames, body) = streamed();
    let exchange = client.send(with_field(post(body), "content-length", "5"));
    client.peer.settled_text().await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await;
    exchange.response().await;
    drop(frames);
    let error = client.ended().await.expect_err("the body is too short");
    assert_eq!(kind(&error), "User(BodyWriteAborted)");
}

/// A body that panics when it is polled.
struct Panicking;

impl Body for Panicking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("a panic on purpose")
    }
}

// Contract 5.5-4, 2.4-18.
#[tokio::test(start_paused = true)]
async fn a_body_that_panics_fails_its_request_as_the_users_fault() {
    let mut client = Client::start();
    let answer = client
        .requests()
        .try_send_request(post(test_body(Panicking)));
    let failed = expect_soon("the failure", answer)
        .await
        .expect_err("a panic");
    assert!(failed.message().is_none());
    let error = failed.into_error();
    assert_eq!(kind(&error), "User(DispatchGone)");
    assert!(error.is_user());
    assert_eq!(error.to_string(), "dispatch task is gone");
    assert_eq!(cause_text(&error), "user code panicked");
    let outcome = client.outcome().await;
    assert!(outcome.expect_err("a panic").is_panic());
}

// Contract 2.4-18.
#[tokio::test(start_paused = true)]
async fn a_dropped_connection_fails_the_request_it_started() {
    let mut client = Client::start();
    let answer = tokio::spawn(client.requests().try_send_request(get()));
    client.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    client.abort();
    let failed = expect_soon("the failure", answer).await.expect("no panic");
    let failed = failed.expect_err("nobody is left to answer");
    assert!(failed.message().is_none());
    assert_eq!(kind(failed.error()), "User(DispatchGone)");
    assert_eq!(
        cause_text(failed.error()),
        "runtime dropped the dispatch task"
    );
}

// Contract 2.4-5 (b), 2.5-1.
#[tokio::test(start_paused = true)]
async fn a_dropped_connection_gives_back_the_request_it_did_not_start() {
    let mut held = HeldClient::new(|_| {});
    let answer = held.requests.try_send_request(get());
    drop(held.connection);
    let failed = expect_soon("the failure", answer)
        .await
        .expect_err("dropped");
    assert!(failed.message().is_some());
    assert_eq!(kind(failed.error()), "Canceled");
    assert_eq!(cause_text(failed.error()), "connection closed");
}

// Contract 5.5-5, 2.4-7.
#[tokio::test(start_paused = true)]
async fn a_write_that_fails_fails_the_request() {
    let mut client = Client::start();
    run_until_idle().await;
    client.peer.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    let error = client.send(get()).failure().await;
    assert_eq!(kind(&error), "BodyWrite");
    assert_eq!(io_cause(&error), ErrorKind::BrokenPipe);
    assert_eq!(error.to_string(), "error writing a body to connection");
    client.ended().await.expect("the request has the error");
}

// Contract 5.5-5: in the middle of the body.
#[tokio::test(start_paused = true)]
async fn a_write_that_fails_later_fails_the_request_too() {
    let mut client = Client::start();
    let (frames, body) = streamed();
    let exchange = client.send(post(body));
    client.peer.settled_text().await;
    client.peer.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    frames.send_data("data");
    let error = exchange.failure().await;
    assert_eq!(kind(&error), "BodyWrite");
    assert!(frames.is_closed());
}
