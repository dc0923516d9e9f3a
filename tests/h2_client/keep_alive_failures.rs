//! Contract 6.5-1, 6.5-3, 2.3-1: what a PING without an answer comes to.

use std::error::Error;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::{sleep, timeout, Instant};

use crate::client::{failure, get, kind, link_with, response, tuned, RawLink};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::expect_soon;

const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);

fn watchful() -> Options {
    tuned(|builder| {
        builder
            .keep_alive_interval(INTERVAL)
            .keep_alive_timeout(TIMEOUT)
            .keep_alive_while_idle(true);
    })
}

async fn deaf(options: &Options) -> RawLink {
    let mut link = link_with(options).await;
    link.peer.answer_pings(false);
    link
}

fn assert_timed_out(error: &hyper::Error) {
    assert!(error.is_timeout());
    assert_eq!(kind(error), "Http2");
    assert!(!error.is_canceled() && !error.is_closed() && !error.is_user());
    let cause = error.source().expect("the keep-alive");
    assert_eq!(cause.to_string(), "keep-alive timed out");
    let cause = cause.source().expect("the time-out");
    assert_eq!(cause.to_string(), "operation timed out");
    assert!(cause.source().is_none());
}

fn about(elapsed: Duration, expected: Duration) -> bool {
    elapsed >= expected && elapsed < expected + Duration::from_millis(100)
}

// Contract 6.5-3, 2.3-1.
#[tokio::test(start_paused = true)]
async fn the_connection_fails_with_a_timeout() {
    let mut link = deaf(&watchful()).await;
    let start = Instant::now();
    let failed = link.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&failed);
    assert!(about(start.elapsed(), INTERVAL + TIMEOUT));
}

// Contract 3.4-5.
#[tokio::test(start_paused = true)]
async fn an_answer_may_take_twenty_seconds_by_default() {
    let mut link = deaf(&tuned(|builder| {
        builder
            .keep_alive_interval(INTERVAL)
            .keep_alive_while_idle(true);
    }))
    .await;
    let start = Instant::now();
    let failed = link.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&failed);
    assert!(about(start.elapsed(), INTERVAL + Duration::from_secs(20)));
}

// Contract 6.5-3.
#[tokio::test(start_paused = true)]
async fn every_request_in_flight_fails_with_a_timeout() {
    let mut link = deaf(&watchful()).await;
    let first = link.hyper.requests().send_request(get());
    let second = link.hyper.requests().try_send_request(get());
    link.peer.expect_request().await;
    link.peer.expect_request().await;

    assert_timed_out(&failure(first).await);
    let mut second = failure(second).await;
    assert!(second.take_message().is_none());
    assert_timed_out(second.error());
    assert_timed_out(&link.hyper.ended().await.expect_err("no answer came"));
}

// Contract 6.5-3.
#[tokio::test(start_paused = true)]
async fn a_response_body_in_flight_fails() {
    let mut link = deaf(&watchful()).await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    let frame = expect_soon("the end of the body", response.frame()).await;
    frame.expect("not a clean end").expect_err("not data");
}

// Contract 6.5-3.
#[tokio::test(start_paused = true)]
async fn the_sender_is_closed_afterwards() {
    let mut link = deaf(&watchful()).await;
    let mut requests = link.hyper.requests().clone();
    assert!(!requests.is_closed());
    link.hyper.ended().await.expect_err("no answer came");
    assert!(requests.is_closed() && !requests.is_ready());
    assert!(requests.ready().await.expect_err("closed").is_closed());
    assert!(failure(requests.send_request(get())).await.is_canceled());
}

// Contract 6.5-1: an answer in time is an answer.
#[tokio::test(start_paused = true)]
async fn an_answer_just_before_the_timeout_saves_the_connection() {
    let mut link = deaf(&watchful()).await;
    for _ in 0..5 {
        let ping = expect_soon("a PING", async {
            loop {
                match link.peer.next_raw().await.expect("the connection lives") {
                    Frame::Ping {
                        ack: false,
                        payload,
                    } => break payload,
                    _ => continue,
                }
            }
        })
        .await;
        sleep(TIMEOUT - Duration::from_millis(50)).await;
        link.peer
            .send(Frame::Ping {
                ack: true,
                payload: ping,
            })
            .await;
    }
    sleep(TIMEOUT).await;
    assert!(!link.hyper.has_ended());
    crate::client::assert_usable(&mut link).await;
}

// Contract 6.5-1: only the answer counts, whatever else arrives.
#[tokio::test(start_paused = true)]
async fn an_answer_to_another_ping_does_not_save_the_connection() {
    let mut link = deaf(&watchful()).await;
    let _ = timeout(INTERVAL + TIMEOUT / 2, link.peer.next()).await;
    assert_eq!(link.peer.pings(), 1);
    link.peer
        .send(Frame::Ping {
            ack: true,
            payload: *b"somebody",
        })
        .await;
    let failed = link.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&failed);
}

// Contract 2.3-2: a transport's own time-out is not hyper's.
#[tokio::test(start_paused = true)]
async fn a_transport_that_times_out_is_not_a_keep_alive_timeout() {
    let mut link = link_with(&watchful()).await;
    link.to_hyper.fail_reads(std::io::ErrorKind::TimedOut);
    let failed = link
        .hyper
        .ended()
        .await
        .expect_err("the transport is broken");
    assert!(!failed.is_timeout());
    assert_eq!(kind(&failed), "Io");
}
