//! Contract 6.5-1, 6.5-2, 3.4-5: when hyper sends PING.

use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::client::{get, link_with, post, response, tuned, RawLink};
use crate::support::bodies::channel;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::run_until_idle;

const INTERVAL: Duration = Duration::from_secs(10);
/// A moment less than an interval, and one more.
const BEFORE: Duration = Duration::from_millis(9_900);
const AFTER: Duration = Duration::from_millis(200);

fn busy_only() -> Options {
    tuned(|builder| {
        builder.keep_alive_interval(INTERVAL);
    })
}

fn always() -> Options {
    tuned(|builder| {
        builder
            .keep_alive_interval(INTERVAL)
            .keep_alive_while_idle(true);
    })
}

/// Lets time pass while the peer answers PINGs, and tells how many came.
async fn pings_within(link: &mut RawLink, time: Duration) -> usize {
    let before = link.peer.pings();
    let other = timeout(time, link.peer.next()).await;
    assert!(other.is_err(), "nothing but PINGs was due: {other:?}");
    link.peer.pings() - before
}

/// A stream whose request is complete and whose response has not come.
async fn open_stream(
    link: &mut RawLink,
) -> (
    impl std::future::Future<Output = hyper::Result<hyper::Response<hyper::body::Incoming>>>,
    u32,
) {
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    (answer, stream)
}

// Contract 3.4-5: off unless an interval is set.
#[tokio::test(start_paused = true)]
async fn no_ping_is_sent_without_an_interval() {
    let mut link = link_with(&tuned(|builder| {
        builder.keep_alive_while_idle(true);
    }))
    .await;
    let _open = open_stream(&mut link).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 100).await, 0);
}

// Contract 3.4-5, 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_left_alone_by_default() {
    let mut link = link_with(&busy_only()).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 10).await, 0);
}

// Contract 6.5-1, 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_pinged_again_and_again_when_asked_for() {
    let mut link = link_with(&always()).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
    assert_eq!(pings_within(&mut link, INTERVAL * 9).await, 9);
}

// Contract 6.5-1, 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_open_stream_is_pinged_for_until_its_response_comes() {
    let mut link = link_with(&busy_only()).await;
    let (answer, stream) = open_stream(&mut link).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
    assert_eq!(pings_within(&mut link, INTERVAL * 5).await, 5);

    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    drop(response(answer).await);
    pings_within(&mut link, INTERVAL * 2).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 10).await, 0);
}

// Contract 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_unfinished_response_body_is_an_open_stream() {
    let mut link = link_with(&busy_only()).await;
    let (answer, stream) = open_stream(&mut link).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 5 + AFTER).await, 5);

    link.peer.send_last_data(stream, "end").await;
    let frame = response.frame().await.expect("a frame").expect("no error");
    assert_eq!(frame.into_data().expect("data"), "end");
    assert!(response.frame().await.is_none());
    drop(response);
    pings_within(&mut link, INTERVAL * 2).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 10).await, 0);
}

// Contract 6.5-1: as in hyper 1.12.0, what counts is when the end is taken and not when it came.
#[tokio::test(start_paused = true)]
async fn reading_the_end_of_a_body_is_a_sign_of_life() {
    let mut link = link_with(&always()).await;
    let (answer, stream) = open_stream(&mut link).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.send_last_data(stream, "end").await;
    response.frame().await.expect("a frame").expect("no error");
    assert_eq!(pings_within(&mut link, INTERVAL / 2).await, 0);
    assert!(response.frame().await.is_none());
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
}

// Contract 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_unfinished_request_body_is_an_open_stream() {
    let mut link = link_with(&busy_only()).await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    drop(response(answer).await);
    assert_eq!(pings_within(&mut link, INTERVAL * 5 + AFTER).await, 5);

    drop(body);
    link.peer.expect_end(stream).await;
    pings_within(&mut link, INTERVAL * 2).await;
    assert_eq!(pings_within(&mut link, INTERVAL * 10).await, 0);
}

// Contract 6.5-2.
#[tokio::test(start_paused = true)]
async fn an_open_tunnel_is_an_open_stream() {
    let mut link = link_with(&busy_only()).await;
    let _tunnel = link.tunnel().await;
    assert_eq!(pings_within(&mut link, INTERVAL * 5 + AFTER).await, 5);
}

// Contract 6.5-1.
#[tokio::test(start_paused = true)]
async fn data_taken_puts_the_ping_off() {
    let mut link = link_with(&busy_only()).await;
    let (answer, stream) = open_stream(&mut link).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    for _ in 0..10 {
        assert_eq!(pings_within(&mut link, BEFORE).await, 0);
        link.peer.send_data(stream, "more").await;
        response.frame().await.expect("a frame").expect("no error");
    }
    assert_eq!(pings_within(&mut link, INTERVAL + AFTER).await, 1);
}

// Contract 6.5-1: only what the caller took counts.
#[tokio::test(start_paused = true)]
async fn data_nobody_takes_does_not_put_the_ping_off() {
    let mut link = link_with(&busy_only()).await;
    let (answer, stream) = open_stream(&mut link).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let _response = response(answer).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    link.peer.send_data(stream, "more").await;
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
}

// Contract 6.5-1.
#[tokio::test(start_paused = true)]
async fn the_head_of_a_response_puts_the_ping_off() {
    let mut link = link_with(&always()).await;
    let (answer, stream) = open_stream(&mut link).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let _response = response(answer).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
}

// Contract 6.5-1.
#[tokio::test(start_paused = true)]
async fn trailers_taken_put_the_ping_off() {
    let mut link = link_with(&always()).await;
    let (answer, stream) = open_stream(&mut link).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    link.peer.send_last_headers(stream, &[("sum", "1")]).await;
    let frame = response.frame().await.expect("a frame").expect("no error");
    assert!(frame.is_trailers());
    assert_eq!(pings_within(&mut link, BEFORE).await, 0);
    assert_eq!(pings_within(&mut link, AFTER).await, 1);
}

// Contract 6.5-1: the payload is one and the same.
#[tokio::test(start_paused = true)]
async fn every_ping_carries_the_same_payload() {
    let mut link = link_with(&always()).await;
    let mut payloads = Vec::new();
    while payloads.len() < 3 {
        let frame = timeout(INTERVAL * 2, link.peer.next_raw()).await;
        if let Ok(Some(Frame::Ping {
            ack: false,
            payload,
        })) = frame
        {
            payloads.push(payload);
            link.peer.send(Frame::Ping { ack: true, payload }).await;
        }
    }
    assert!(payloads.iter().all(|payload| *payload == payloads[0]));
}

// Contract 6.5-1: a keep-alive that waits costs no work.
#[tokio::test(start_paused = true)]
async fn waiting_for_the_next_ping_polls_nothing() {
    let mut link = link_with(&always()).await;
    assert_eq!(pings_within(&mut link, INTERVAL + AFTER).await, 1);
    run_until_idle().await;
    let polls = link.executor.polls();
    assert_eq!(pings_within(&mut link, INTERVAL - AFTER * 2).await, 0);
    assert_eq!(link.executor.polls(), polls);
}
