//! Contract 6.2-6, 6.1-5: a client that resets its stream.

use h2::Reason;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::messages::{kind, reason, text, with_body};
use crate::server::{server, server_with};
use crate::support::bodies::{channel, Frames};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle, CountPolls};

async fn next_error(body: &mut Incoming) -> hyper::Error {
    let frame = expect_soon("the failure", body.frame()).await;
    frame.expect("not a clean end").expect_err("not a frame")
}

// Contract 6.2-6.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_the_future_of_the_service() {
    let mut server = server().await;
    let mut call = server.get(1).await;
    run_until_idle().await;
    assert!(!call.answer.is_abandoned());
    server.peer.reset(1, Reason::CANCEL).await;
    call.answer.abandoned().await;
    assert!(server.peer.settled_frames().await.is_empty());
    server.assert_usable(3).await;
}

// Contract 6.2-6, 2.4-9, 7.1-3.
#[tokio::test(start_paused = true)]
async fn a_reset_fails_the_request_body_with_its_reason_again_and_again() {
    let mut server = server().await;
    for (stream, code) in [
        (1, Reason::CANCEL),
        (3, Reason::INTERNAL_ERROR),
        (5, Reason::ENHANCE_YOUR_CALM),
    ] {
        let mut call = server.post(stream, &[]).await;
        server.peer.reset(stream, code).await;
        for _ in 0..3 {
            let error = next_error(call.request.body_mut()).await;
            assert_eq!(kind(&error), "Body");
            assert_eq!(error.to_string(), "error reading a body from connection");
            assert_eq!(reason(&error), Some(code));
            assert!(!error.is_user() && !error.is_canceled() && !error.is_timeout());
        }
    }
}

// Contract 6.2-6.
#[tokio::test(start_paused = true)]
async fn a_body_being_read_is_woken_by_a_reset() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    let reader = tokio::spawn(async move { next_error(call.request.body_mut()).await });
    run_until_idle().await;
    assert!(!reader.is_finished());
    server.peer.reset(1, Reason::CANCEL).await;
    let error = expect_soon("the failure", reader).await.expect("no panic");
    assert_eq!(reason(&error), Some(Reason::CANCEL));
}

// Contract 6.2-6, 7.1-7 [ODD 19].
#[tokio::test(start_paused = true)]
async fn a_reset_with_no_error_reads_as_the_end() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.reset(1, Reason::NO_ERROR).await;
    for _ in 0..2 {
        let frame = expect_soon("the end", call.request.body_mut().frame()).await;
        assert!(frame.is_none());
    }
    server.assert_usable(3).await;
}

// Contract 6.1-5.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_the_body_of_the_response() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    run_until_idle().await;
    assert!(!body.is_closed());
    server.peer.reset(1, Reason::CANCEL).await;
    expect_soon("the end of the body", body.closed()).await;
    server.assert_usable(3).await;
}

// Contract 6.1-5: also while it waits for window.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_a_body_that_is_blocked_on_window() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let (body, frames) = channel();
    body.send_data(vec![0; 100_000]);
    server.answered(1, with_body(frames)).await;
    run_until_idle().await;
    assert!(!body.is_closed());
    server.peer.reset(1, Reason::CANCEL).await;
    expect_soon("the end of the body", body.closed()).await;
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 1, "the connection alone");
}

// Contract 6.1-5: and while the socket takes nothing.
#[tokio::test(start_paused = true)]
async fn a_reset_drops_a_body_that_is_blocked_on_the_socket() {
    const WINDOW: u32 = 1 << 30;
    let options = Options::new()
        .stream_window(WINDOW)
        .connection_window(WINDOW);
    let mut server = server_with(&options).await;
    let (body, polls) = CountPolls::new(Frames::repeat(10_000, vec![0; 16_384]));
    server.answered(1, with_body(body)).await;
    server.to_peer.stop_reading();
    run_until_idle().await;
    let stalled = polls.get();
    server.peer.reset(1, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(polls.get(), stalled);
    assert_eq!(server.hyper.executor.live(), 1, "the connection alone");
}

// Contract 6.2-6: an answer that comes too late goes nowhere and harms nobody.
#[tokio::test(start_paused = true)]
async fn a_reset_that_crosses_the_answer_does_no_harm() {
    let mut server = server().await;
    let call = server.get(1).await;
    call.respond(text("too late"));
    server.peer.reset(1, Reason::CANCEL).await;
    server.peer.settled_frames().await;
    server.hyper.graceful_shutdown();
    server.peer.settled_frames().await;
    server.hyper.ended().await.expect("the connection is well");
}

// Contract 6.2-6: siblings of a reset stream go on.
#[tokio::test(start_paused = true)]
async fn a_reset_leaves_other_streams_alone() {
    let mut server = server().await;
    let mut first = server.post(1, &[]).await;
    let second = server.post(3, &[]).await;
    server.peer.reset(3, Reason::CANCEL).await;
    run_until_idle().await;
    assert!(second.answer.is_abandoned() && !first.answer.is_abandoned());
    server.peer.send_last_data(1, "whole").await;
    assert_eq!(first.read().await, "whole");
    first.respond(text("answer"));
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
}

// Contract 6.2-1: a connection that is dropped takes its requests with it.
#[tokio::test(start_paused = true)]
async fn dropping_the_connection_ends_its_services_and_bodies() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    let mut call = server.post(3, &[]).await;
    server.hyper.abort();
    call.answer.abandoned().await;
    expect_soon("the end of the body", body.closed()).await;
    assert_eq!(kind(&next_error(call.request.body_mut()).await), "Body");
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 0);
}
