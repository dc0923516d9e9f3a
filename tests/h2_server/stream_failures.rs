//! Contract 6.2-5, 6.2-7, 2.3-6: a service, body or response that fails resets its own stream, and no more.

use std::error::Error;
use std::fmt;
use std::io;

use h2::Reason;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;

use crate::messages::{empty, text, with_body};
use crate::server::{server, server_with, BoxError};
use crate::support::bodies::{channel, Frames};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::expect_soon;

/// An error with a cause below it.
#[derive(Debug)]
struct Because<E>(E);

impl<E> fmt::Display for Because<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something underneath")
    }
}

impl<E: Error + 'static> Error for Because<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// What stream 1 is reset with when its service fails with `error`.
async fn reset_for(error: impl Into<BoxError>) -> Reason {
    let mut server = server().await;
    server.get(1).await.answer.fail(error);
    let reason = server.peer.expect_reset(1).await;
    server.assert_usable(3).await;
    server.hyper.graceful_shutdown();
    server.peer.settled_frames().await;
    server.hyper.ended().await.expect("the connection is well");
    reason
}

// Contract 6.2-5, 2.4-11, 2.3-6.
#[tokio::test(start_paused = true)]
async fn a_failing_service_resets_its_stream() {
    assert_eq!(reset_for("boom").await, Reason::INTERNAL_ERROR);
}

// Contract 2.3-6.
#[tokio::test(start_paused = true)]
async fn the_reason_is_that_of_the_h2_error_in_the_chain() {
    let error = || h2::Error::from(Reason::ENHANCE_YOUR_CALM);
    assert_eq!(reset_for(error()).await, Reason::ENHANCE_YOUR_CALM);
    let below = Because(Because(error()));
    assert_eq!(reset_for(below).await, Reason::ENHANCE_YOUR_CALM);
}

// Contract 2.3-6: the first one counts.
#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_h2s_is_an_internal_error() {
    let error = Because(io::Error::from(io::ErrorKind::TimedOut));
    assert_eq!(reset_for(error).await, Reason::INTERNAL_ERROR);
}

// Contract 6.2-5.
#[tokio::test(start_paused = true)]
async fn siblings_of_a_failed_stream_go_on() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    let waiting = server.get(3).await;
    server.get(5).await.answer.fail("boom");
    assert_eq!(server.peer.expect_reset(5).await, Reason::INTERNAL_ERROR);
    body.send_data("going on");
    assert_eq!(server.peer.expect_bytes(1, 8).await, "going on");
    waiting.respond(text("too"));
    assert_eq!(server.peer.expect_headers(3).await.status(), 200);
}

// Contract 6.2-5, 2.4-12: data given before the failure is not promised to arrive; the failure is.
#[tokio::test(start_paused = true)]
async fn a_failing_body_resets_its_stream() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    body.send_data("so far");
    assert_eq!(server.peer.expect_bytes(1, 6).await, "so far");
    body.fail("boom");
    assert_eq!(server.peer.expect_reset(1).await, Reason::INTERNAL_ERROR);
    server.assert_usable(3).await;
}

// Contract 6.2-5, 2.3-6.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_with_an_h2_error_resets_with_its_reason() {
    let mut server = server().await;
    let (body, frames) = channel();
    let frames = frames.map_err(|_| Because(h2::Error::from(Reason::CANCEL)));
    server.answered(1, with_body(frames)).await;
    body.fail("boom");
    assert_eq!(server.peer.expect_reset(1).await, Reason::CANCEL);
    server.assert_usable(3).await;
}

// Contract 6.2-5: the failure does not wait for window.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_while_its_data_waits_resets_at_once() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    body.send_data("never sent");
    assert!(server.peer.settled_frames().await.is_empty());
    body.fail("boom");
    assert_eq!(server.peer.expect_reset(1).await, Reason::INTERNAL_ERROR);
    assert!(body.is_closed());
}

// Contract 6.2-5: a body may fail before its head is out, and then there may be no head.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_at_once_resets_its_stream() {
    let mut server = server().await;
    let call = server.get(1).await;
    call.respond(with_body(Frames::of([]).then_fail("boom")));
    let last = server.peer.settled_frames().await.pop();
    let reset = Frame::Reset {
        stream: 1,
        code: Reason::INTERNAL_ERROR,
    };
    assert_eq!(last, Some(reset));
    server.hyper.graceful_shutdown();
    server.peer.settled_frames().await;
    server.hyper.ended().await.expect("the connection is well");
}

// Contract 6.2-7: trailers that h2 rejects do not leave the peer waiting.
#[tokio::test(start_paused = true)]
async fn trailers_that_may_not_be_sent_reset_the_stream() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("connection", HeaderValue::from_static("close"));
    body.send_trailers(trailers);
    server.peer.expect_reset(1).await;
    server.assert_usable(3).await;
}

// Contract 6.2-7.
#[tokio::test(start_paused = true)]
async fn a_request_body_unread_when_the_response_is_complete_is_refused() {
    let mut server = server().await;
    let call = server.post(1, &[]).await;
    server.peer.send_data(1, "unread").await;
    call.respond(text("done"));
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert_eq!(server.peer.read_to_end(1).await, "done");
    assert_eq!(server.peer.expect_reset(1).await, Reason::NO_ERROR);
    server.assert_usable(3).await;
}

// Contract 6.2-7.
#[tokio::test(start_paused = true)]
async fn a_request_body_dropped_before_its_end_is_refused_after_the_response() {
    let mut server = server().await;
    let call = server.post(1, &[]).await;
    drop(call.request);
    assert!(server.peer.settled_frames().await.is_empty());
    call.answer.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert_eq!(server.peer.expect_reset(1).await, Reason::NO_ERROR);
}

// Contract 6.2-7: a body read to its end is not refused, and neither is one still being read.
#[tokio::test(start_paused = true)]
async fn a_request_body_that_is_read_is_not_refused() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_last_data(1, "read").await;
    assert_eq!(call.read().await, "read");
    call.respond(text("done"));
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert_eq!(server.peer.read_to_end(1).await, "done");

    let mut call = server.post(3, &[]).await;
    call.answer.respond(text("early"));
    assert_eq!(server.peer.expect_headers(3).await.status(), 200);
    assert_eq!(server.peer.read_to_end(3).await, "early");
    assert!(server.peer.settled_frames().await.is_empty());
    server.peer.send_last_data(3, "late").await;
    let body = expect_soon("the body", call.request.body_mut().collect()).await;
    assert_eq!(body.expect("it arrives whole").to_bytes(), "late");
    assert!(server.peer.settled_frames().await.is_empty());
}

// Contract 6.2-7: an answer that is a head alone leaves the request to its reader, too.
#[tokio::test(start_paused = true)]
async fn a_request_body_may_be_read_after_an_answer_without_content() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    call.answer.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert!(server.peer.settled_frames().await.is_empty());
    server.peer.send_data(1, "late").await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    let data = frame.expect("a frame").expect("no error").into_data();
    assert_eq!(data.expect("data"), "late");
    drop(call.request);
    assert_eq!(server.peer.expect_reset(1).await, Reason::NO_ERROR);
    server.assert_usable(3).await;
}
