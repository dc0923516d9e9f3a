//! Contract 6.5-1, 6.5-2, 6.5-3, 3.3-6: PINGs that ask for a sign of life.

use std::error::Error;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::{sleep, timeout, Instant};

use crate::messages::{empty, kind};
use crate::server::{tuned, Server};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::ServerBuilder;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
/// A moment less than an interval, and one more.
const BEFORE: Duration = Duration::from_millis(9_900);
const AFTER: Duration = Duration::from_millis(200);

fn watchful(builder: &mut ServerBuilder) {
    builder
        .keep_alive_interval(INTERVAL)
        .keep_alive_timeout(TIMEOUT);
}

/// A server whose peer leaves PINGs unanswered.
async fn deaf(tune: fn(&mut ServerBuilder)) -> Server {
    let mut server = tuned(tune).await;
    server.peer.answer_pings(false);
    server
}

/// Lets time pass while the peer sees to PINGs, and tells how many came.
async fn pings_within(server: &mut Server, time: Duration) -> usize {
    let before = server.peer.pings();
    let other = timeout(time, server.peer.next()).await;
    assert!(other.is_err(), "nothing but PINGs was due: {other:?}");
    server.peer.pings() - before
}

fn assert_timed_out(error: &hyper::Error) {
    assert!(error.is_timeout());
    assert_eq!(kind(error), "Http2");
    assert_eq!(error.to_string(), "http2 error");
    let cause = error.source().expect("the keep-alive");
    assert_eq!(cause.to_string(), "keep-alive timed out");
    let cause = cause.source().expect("the time-out");
    assert_eq!(cause.to_string(), "operation timed out");
    assert!(cause.source().is_none());
}

fn about(elapsed: Duration, expected: Duration) -> bool {
    elapsed >= expected && elapsed < expected + Duration::from_millis(100)
}

// Contract 3.3-6: off unless an interval is set.
#[tokio::test(start_paused = true)]
async fn no_ping_is_sent_without_an_interval() {
    let mut server = tuned(|builder| {
        builder.keep_alive_timeout(TIMEOUT);
    })
    .await;
    let _open = server.get(1).await;
    assert_eq!(pings_within(&mut server, INTERVAL * 100).await, 0);
}

// Contract 6.5-1, 6.5-2, 3.3-6: a server asks also while no stream is open.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_pinged_again_and_again() {
    let mut server = tuned(watchful).await;
    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    assert_eq!(pings_within(&mut server, AFTER).await, 1);
    assert_eq!(pings_within(&mut server, INTERVAL * 9).await, 9);
    assert!(!server.hyper.has_ended());
    server.assert_usable(1).await;
}

// Contract 6.5-2.
#[tokio::test(start_paused = true)]
async fn a_connection_with_an_open_stream_is_pinged_too() {
    let mut server = tuned(watchful).await;
    let call = server.get(1).await;
    assert_eq!(pings_within(&mut server, INTERVAL * 5 + AFTER).await, 5);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
}

// Contract 6.5-1.
#[tokio::test(start_paused = true)]
async fn a_request_puts_the_ping_off() {
    let mut server = tuned(watchful).await;
    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    server.assert_usable(1).await;
    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    assert_eq!(pings_within(&mut server, AFTER).await, 1);
}

// Contract 6.5-1.
#[tokio::test(start_paused = true)]
async fn data_and_trailers_taken_put_the_ping_off() {
    let mut server = tuned(watchful).await;
    let mut call = server.post(1, &[]).await;
    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    server.peer.send_data(1, "data").await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    assert!(frame.expect("a frame").expect("no error").is_data());

    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    server.peer.send_last_headers(1, &[("sum", "42")]).await;
    let frame = expect_soon("trailers", call.request.body_mut().frame()).await;
    assert!(frame.expect("a frame").expect("no error").is_trailers());

    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    assert_eq!(pings_within(&mut server, AFTER).await, 1);
}

// Contract 6.5-1: what nobody takes is no sign of life of the request.
#[tokio::test(start_paused = true)]
async fn data_that_nobody_takes_does_not_put_the_ping_off() {
    let mut server = tuned(watchful).await;
    let _call = server.post(1, &[]).await;
    assert_eq!(pings_within(&mut server, BEFORE).await, 0);
    server.peer.send_data(1, "data").await;
    assert_eq!(pings_within(&mut server, AFTER).await, 1);
}

// Contract 6.5-3, 2.3-1.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_is_given_up_with_goaway() {
    let mut server = deaf(watchful).await;
    let start = Instant::now();
    let goaway = server.peer.expect_goaway().await;
    assert_eq!(goaway.1, h2::Reason::NO_ERROR);
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
    assert!(about(start.elapsed(), INTERVAL + TIMEOUT));
    assert_eq!(server.peer.pings(), 1);
    assert!(server.to_peer.is_ended());
}

// Contract 3.3-6.
#[tokio::test(start_paused = true)]
async fn an_answer_may_take_twenty_seconds_by_default() {
    let mut server = deaf(|builder| {
        builder.keep_alive_interval(INTERVAL);
    })
    .await;
    let start = Instant::now();
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
    assert!(about(start.elapsed(), INTERVAL + Duration::from_secs(20)));
}

// Contract 6.5-3: the end is abrupt.
#[tokio::test(start_paused = true)]
async fn open_streams_end_with_the_connection() {
    let mut server = deaf(watchful).await;
    let mut call = server.post(1, &[]).await;
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
    call.answer.abandoned().await;
    let frame = expect_soon("the failure", call.request.body_mut().frame()).await;
    frame.expect("not a clean end").expect_err("not a frame");
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 0);
}

// Contract 6.5-1: a socket that takes nothing does not keep a dead peer.
#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_is_given_up_too() {
    let mut server = deaf(watchful).await;
    run_until_idle().await;
    server.to_peer.set_buffer(0);
    let start = Instant::now();
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
    assert!(start.elapsed() <= INTERVAL + TIMEOUT + AFTER);
}

/// The next PING of hyper's.
async fn next_ping(server: &mut Server) -> [u8; 8] {
    expect_soon("a PING", async {
        loop {
            let frame = server.peer.next_raw().await;
            if let Frame::Ping {
                ack: false,
                payload,
            } = frame.expect("the connection lives")
            {
                return payload;
            }
        }
    })
    .await
}

// Contract 6.5-1: the payload is one and the same.
#[tokio::test(start_paused = true)]
async fn an_answer_just_in_time_saves_the_connection() {
    let mut server = deaf(watchful).await;
    let mut payloads = Vec::new();
    for _ in 0..5 {
        let payload = next_ping(&mut server).await;
        payloads.push(payload);
        sleep(TIMEOUT - Duration::from_millis(50)).await;
        server.peer.send(Frame::Ping { ack: true, payload }).await;
    }
    sleep(TIMEOUT).await;
    assert!(!server.hyper.has_ended());
    assert!(payloads.iter().all(|payload| *payload == payloads[0]));
    server.assert_usable(1).await;
}

// Contract 6.5-1: only the answer counts, whatever else arrives.
#[tokio::test(start_paused = true)]
async fn other_frames_do_not_stand_for_the_answer() {
    let mut server = deaf(watchful).await;
    next_ping(&mut server).await;
    let payload = *b"somebody";
    server.peer.send(Frame::Ping { ack: true, payload }).await;
    server.peer.ping(payload).await;
    server.assert_usable(1).await;
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
}

// Contract 6.5-1: waiting costs no work.
#[tokio::test(start_paused = true)]
async fn waiting_for_the_next_ping_polls_nothing() {
    let mut server = tuned(watchful).await;
    assert_eq!(pings_within(&mut server, INTERVAL + AFTER).await, 1);
    run_until_idle().await;
    let polls = server.hyper.executor.polls();
    assert_eq!(pings_within(&mut server, INTERVAL - AFTER * 2).await, 0);
    assert_eq!(server.hyper.executor.polls(), polls);
}

// Contract 6.5-1, 6.2-8: the two do not get in each other's way.
#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_goes_on_being_watched() {
    let mut server = tuned(watchful).await;
    let _call = server.get(1).await;
    server.hyper.graceful_shutdown();
    server.peer.expect_goaway().await;
    server.peer.expect_goaway().await;
    let before = server.peer.pings();
    assert!(pings_within(&mut server, INTERVAL * 3 + AFTER).await >= 3);
    assert!(server.peer.pings() > before);
    server.peer.answer_pings(false);
    let error = server.hyper.ended().await.expect_err("no answer came");
    assert_timed_out(&error);
}

// Contract 3.3-6: an interval no clock can add does no harm.
#[tokio::test(start_paused = true)]
async fn an_interval_without_end_sends_no_ping() {
    let mut server = tuned(|builder| {
        builder
            .keep_alive_interval(Duration::MAX)
            .keep_alive_timeout(Duration::MAX);
    })
    .await;
    assert_eq!(pings_within(&mut server, INTERVAL * 100).await, 0);
    server.assert_usable(1).await;
}
