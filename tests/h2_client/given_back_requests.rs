//! Contract 2.5, 2.4-5, 6.3-11: `try_send_request` gives the request back in exactly those cases in which none of it was sent.

use std::time::Duration;

use h2::Reason;
use hyper::client::conn::TrySendError;
use hyper::{Method, Request, Uri};

use crate::client::{cause_text, failure, full, get, held, kind, link_with, request, slots};
use crate::support::scripted_h2::PeerSettings;
use crate::support::tunnels::{empty_body, test_body, Options, TestBody};
use crate::support::virtual_timer::{run_until_idle, settle};

type Refused = TrySendError<Request<TestBody>>;

fn marked(mark: &'static str) -> Request<TestBody> {
    let mut request = get();
    let mark = hyper::header::HeaderValue::from_static(mark);
    request.headers_mut().insert("mark", mark);
    request
}

fn assert_given_back(mut refused: Refused, mark: &str, why: &str) {
    assert!(refused.error().is_canceled());
    assert_eq!(kind(refused.error()), "Canceled");
    assert_eq!(cause_text(refused.error()), why);
    assert_eq!(refused.message().expect("given back").uri().path(), "/path");
    let message = refused.take_message().expect("given back");
    assert_eq!(message.headers()["mark"], mark);
    assert!(refused.message().is_none() && refused.take_message().is_none());
    assert!(refused.into_error().is_canceled());
}

// Contract 2.4-5 (a), 2.5-1.
#[tokio::test(start_paused = true)]
async fn a_closed_connection_gives_the_request_back_at_once() {
    let (mut client, _peer) = held(&PeerSettings::default()).await;
    drop(client.connection);
    let refused = failure(client.requests.try_send_request(marked("late"))).await;
    assert_given_back(refused, "late", "connection was not ready");

    let refused = failure(client.requests.send_request(marked("late"))).await;
    assert!(refused.is_canceled());
    assert_eq!(cause_text(&refused), "connection was not ready");
}

// Contract 2.4-5 (b), 2.5-1, 6.3-11.
#[tokio::test(start_paused = true)]
async fn a_dropped_connection_gives_back_what_it_had_not_begun() {
    let (mut client, _peer) = held(&PeerSettings::default()).await;
    let first = client.requests.try_send_request(marked("one"));
    let second = client.requests.try_send_request(marked("two"));
    let third = client.requests.send_request(marked("three"));
    drop(client.connection);
    assert_given_back(failure(first).await, "one", "connection closed");
    assert_given_back(failure(second).await, "two", "connection closed");
    let third = failure(third).await;
    assert!(third.is_canceled());
    assert_eq!(cause_text(&third), "connection closed");
}

// Contract 6.3-11, 2.5-1: only those that h2 was not handed yet.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_gives_back_the_queue_and_only_the_queue() {
    let mut link = link_with(&slots(1)).await;
    let in_flight = link.hyper.requests().try_send_request(marked("in flight"));
    let waiting: Vec<_> = (0..4)
        .map(|_| link.hyper.requests().try_send_request(marked("queued")))
        .collect();
    let (stream, _) = link.peer.expect_request().await;
    run_until_idle().await;
    link.peer.goaway(stream, Reason::INTERNAL_ERROR).await;
    link.peer.eof().await;

    let in_flight = failure(in_flight).await;
    assert!(in_flight.message().is_none());
    assert!(!in_flight.error().is_canceled());
    let mut given_back = 0;
    for answer in waiting {
        let mut refused = failure(answer).await;
        // The one that h2 holds until a stream is free counts as begun.
        let canceled = refused.error().is_canceled();
        assert_eq!(refused.take_message().is_some(), canceled);
        given_back += usize::from(canceled);
    }
    assert!(given_back >= 3, "{given_back}");
}

// Contract 6.3-11, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_goodbye_gives_back_what_waits_for_a_slot() {
    let mut link = link_with(&slots(1)).await;
    let in_flight = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    let waiting: Vec<_> = (0..3)
        .map(|_| link.hyper.requests().try_send_request(marked("queued")))
        .collect();
    run_until_idle().await;
    link.peer.goaway(stream, Reason::NO_ERROR).await;
    run_until_idle().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    crate::client::response(in_flight).await;
    let mut given_back = 0;
    for answer in waiting {
        let refused = failure(answer).await;
        let canceled = refused.error().is_canceled();
        assert_eq!(refused.message().is_some(), canceled);
        given_back += usize::from(canceled);
    }
    assert!(given_back >= 2, "{given_back}");
}

// Contract 6.3-11, 6.5-3.
#[tokio::test(start_paused = true)]
async fn a_keep_alive_timeout_gives_back_what_waits_for_a_slot() {
    let mut options = slots(1);
    options.tune_client = |builder| {
        builder.keep_alive_interval(Duration::from_secs(10));
    };
    let mut link = link_with(&options).await;
    link.peer.answer_pings(false);
    let in_flight = link.hyper.requests().try_send_request(get());
    let waiting: Vec<_> = (0..3)
        .map(|_| link.hyper.requests().try_send_request(marked("queued")))
        .collect();
    let in_flight = failure(in_flight).await;
    assert!(in_flight.error().is_timeout() && in_flight.message().is_none());
    let mut given_back = 0;
    for answer in waiting {
        let refused = failure(answer).await;
        let canceled = refused.error().is_canceled();
        assert_eq!(refused.message().is_some(), canceled);
        given_back += usize::from(canceled);
    }
    assert!(given_back >= 2, "{given_back}");
}

/// Sends a request h2 or hyper refuses, and checks that it is not given back.
async fn refused_unsent(bad: Request<TestBody>) -> hyper::Error {
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let answer = client.requests.try_send_request(bad);
    assert!(settle(&mut client.connection).await.is_pending());
    let refused: Refused = failure(answer).await;
    assert!(refused.message().is_none());
    assert!(peer.settled_frames().await.is_empty());
    refused.into_error()
}

// Contract 2.5-2, 6.3-4.
#[tokio::test(start_paused = true)]
async fn a_request_with_a_relative_uri_is_not_given_back() {
    let mut bad = get();
    *bad.uri_mut() = Uri::from_static("/relative");
    *bad.version_mut() = hyper::Version::HTTP_2;
    assert_eq!(kind(&refused_unsent(bad).await), "Http2");
}

// Contract 2.5-2, 6.4-4.
#[tokio::test(start_paused = true)]
async fn a_connect_with_a_body_is_not_given_back() {
    let mut bad = request(Method::CONNECT, test_body(full("content")));
    *bad.uri_mut() = Uri::from_static("target.example:443");
    let refused = refused_unsent(bad).await;
    assert_eq!(kind(&refused), "User(InvalidConnectWithBody)");
    assert!(refused.is_user());
}

// Contract 2.5-1: what the peer refused was sent.
#[tokio::test(start_paused = true)]
async fn a_request_the_peer_resets_is_not_given_back() {
    let mut link = link_with(&Options::new()).await;
    let answer = link.hyper.requests().try_send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.reset(stream, Reason::REFUSED_STREAM).await;
    let refused = failure(answer).await;
    assert!(refused.message().is_none());
    assert_eq!(kind(refused.error()), "Http2");
}

// Contract 1.2-10.
#[tokio::test(start_paused = true)]
async fn the_debug_output_of_a_refusal_shows_error_and_message() {
    let (mut client, _peer) = held(&PeerSettings::default()).await;
    drop(client.connection);
    let request = request(Method::GET, empty_body());
    let refused = failure(client.requests.try_send_request(request)).await;
    let text = format!("{refused:?}");
    assert!(text.starts_with("TrySendError {"), "{text}");
    assert!(text.contains("hyper::Error(Canceled"), "{text}");
}
