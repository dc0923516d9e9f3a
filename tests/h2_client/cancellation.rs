//! Contract 6.3-6, 7.1-7: callers that stop waiting.

use h2::Reason;
use http_body_util::BodyExt;

use hyper::Method;

use crate::client::{assert_usable, get, held, link, link_with, post, request, response, slots};
use crate::support::bodies::{channel, Frames};
use crate::support::scripted_h2::PeerSettings;
use crate::support::tunnels::{connect_request, empty_body, Options};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle, CountPolls};

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn a_request_given_up_before_its_start_is_never_sent() {
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let (body, polls) = CountPolls::new(Frames::repeat(1, "x"));
    let given_up = client.requests.send_request(post(body));
    let kept = client.requests.send_request(get());
    drop(given_up);
    assert!(settle(&mut client.connection).await.is_pending());

    let (stream, fields) = peer.expect_request().await;
    assert_eq!((stream, fields.get(":method")), (1, Some("GET")));
    peer.send_last_headers(stream, &[(":status", "200")]).await;
    response(kept).await;
    assert!(peer.settled_frames().await.is_empty());
    assert_eq!(polls.get(), 0);
}

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn requests_given_up_while_they_wait_for_a_slot_are_never_sent() {
    let mut link = link_with(&slots(1)).await;
    let first = link.hyper.requests().send_request(get());
    let waiting: Vec<_> = (0..3)
        .map(|_| link.hyper.requests().send_request(get()))
        .collect();
    let last = request(Method::POST, empty_body());
    let last = link.hyper.requests().send_request(last);
    let (stream, _) = link.peer.expect_request().await;
    run_until_idle().await;
    drop(waiting);

    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(first).await;
    let (mut stream, mut fields) = link.peer.expect_request().await;
    if fields.get(":method") == Some("GET") {
        // The one that h2 holds for the next slot counts as started.
        assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
        (stream, fields) = link.peer.expect_request().await;
    }
    assert_eq!(fields.get(":method"), Some("POST"));
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(last).await;
    assert_usable(&mut link).await;
}

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn a_request_given_up_in_flight_is_cancelled() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    drop(answer);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    assert!(link.peer.settled_frames().await.is_empty());
    assert_usable(&mut link).await;
}

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn giving_up_stops_an_idle_request_body() {
    let mut link = link().await;
    let before = link.executor.live();
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    body.send_data("some");
    assert_eq!(link.peer.expect_bytes(stream, 4).await, "some");

    drop(answer);
    expect_soon("the end of the body", body.closed()).await;
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
    assert_usable(&mut link).await;
}

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn giving_up_stops_a_request_body_that_waits_for_window() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let before = link.executor.live();
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    body.send_data("blocked");
    body.send_data("behind it");
    assert!(link.peer.settled_frames().await.is_empty());

    drop(answer);
    expect_soon("the end of the body", body.closed()).await;
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
    assert_usable(&mut link).await;
}

// Contract 6.3-6, 7.1-7.
#[tokio::test(start_paused = true)]
async fn a_response_body_dropped_early_is_cancelled() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    link.peer.send_data(stream, "unread").await;
    drop(response(answer).await);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    assert_usable(&mut link).await;
}

// Contract 6.3-6, 7.1-7.
#[tokio::test(start_paused = true)]
async fn a_response_body_dropped_half_read_is_cancelled() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    link.peer.send_data(stream, "read").await;
    let mut response = response(answer).await;
    response.frame().await.expect("a frame").expect("no error");
    drop(response);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    assert_usable(&mut link).await;
}

// Contract 6.3-6: nothing is left to cancel.
#[tokio::test(start_paused = true)]
async fn a_complete_response_dropped_unread_is_not_cancelled() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    link.peer.send_last_data(stream, "unread").await;
    run_until_idle().await;
    drop(response(answer).await);
    assert!(link.peer.settled_frames().await.is_empty());
    assert_usable(&mut link).await;
}

// Contract 6.3-6: unread bytes do not cost the other streams their window.
#[tokio::test(start_paused = true)]
async fn a_dropped_body_gives_its_connection_window_back() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let response = response(answer).await;
    let before = link.peer.credit(0);
    const UNREAD: usize = 2 << 20;
    for _ in 0..UNREAD / 16_384 {
        link.peer.send_data(stream, vec![0; 16_384]).await;
    }
    assert!(link.peer.settled_frames().await.is_empty());
    drop(response);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    link.peer.settled_frames().await;
    assert_eq!(link.peer.credit(0) - before, UNREAD as u64);
}

// Contract 6.3-6.
#[tokio::test(start_paused = true)]
async fn a_connect_given_up_before_its_answer_is_cancelled() {
    let mut link = link().await;
    let before = link.executor.live();
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    drop(answer);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
    assert_usable(&mut link).await;
}

// Contract 6.3-6: one stream's end is no other's.
#[tokio::test(start_paused = true)]
async fn giving_one_request_up_leaves_its_siblings_alone() {
    let mut link = link().await;
    let answers: Vec<_> = (0..5)
        .map(|_| link.hyper.requests().send_request(get()))
        .collect();
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(link.peer.expect_request().await.0);
    }
    for (number, answer) in answers.into_iter().enumerate() {
        if number % 2 == 0 {
            drop(answer);
            let reset = link.peer.expect_reset(streams[number]).await;
            assert_eq!(reset, Reason::CANCEL);
        } else {
            link.peer
                .send_last_headers(streams[number], &[(":status", "200")])
                .await;
            response(answer).await;
        }
    }
    assert_usable(&mut link).await;
}
