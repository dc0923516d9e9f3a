//! Contract 6.3-8, 5.5-1 over HTTP/2: responses that come before the request is complete.

use h2::Reason;
use http_body_util::BodyExt;

use crate::client::{assert_usable, bytes, link, link_with, post, response};
use crate::support::bodies::channel;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 6.3-8.
#[tokio::test(start_paused = true)]
async fn an_early_response_with_a_reset_without_error_is_delivered_whole() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "413")]).await;
    link.peer.send_data(stream, "too large").await;
    link.peer.send_last_headers(stream, &[("sum", "9")]).await;
    link.peer.reset(stream, Reason::NO_ERROR).await;

    let response = response(answer).await;
    assert_eq!(response.status(), 413);
    let collected = expect_soon("the body", response.into_body().collect()).await;
    let collected = collected.expect("no error");
    assert_eq!(collected.trailers().expect("trailers")["sum"], "9");
    assert_eq!(collected.to_bytes(), "too large");
    expect_soon("the end of the body", body.closed()).await;
    assert_usable(&mut link).await;
}

// Contract 6.3-8: the same when everything is there before the caller looks.
#[tokio::test(start_paused = true)]
async fn an_early_response_is_delivered_however_late_the_caller_looks() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let (body, frames) = channel();
    body.send_data("blocked");
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "413")]).await;
    link.peer.send_last_data(stream, "too large").await;
    link.peer.reset(stream, Reason::NO_ERROR).await;
    run_until_idle().await;

    let response = response(answer).await;
    run_until_idle().await;
    assert_eq!(bytes(response).await, "too large");
    expect_soon("the end of the body", body.closed()).await;
    assert_usable(&mut link).await;
}

// Contract 6.3-8, 7.1-7.
#[tokio::test(start_paused = true)]
async fn an_early_response_of_a_head_only_is_delivered() {
    let mut link = link().await;
    let (_body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "401")])
        .await;
    link.peer.reset(stream, Reason::NO_ERROR).await;
    let response = response(answer).await;
    assert_eq!(response.status(), 401);
    assert_eq!(bytes(response).await, "");
}

// Contract 6.3-8 (5.5-1): without a reset the request goes on.
#[tokio::test(start_paused = true)]
async fn the_request_body_goes_on_after_an_early_response() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    drop(response(answer).await);
    run_until_idle().await;
    assert!(body.send_data("still"));
    assert_eq!(link.peer.expect_bytes(stream, 5).await, "still");
    drop(body);
    link.peer.expect_end(stream).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Contract 6.3-8: both directions at once.
#[tokio::test(start_paused = true)]
async fn request_and_response_may_stream_side_by_side() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    for _ in 0..10 {
        body.send_data("ping");
        assert_eq!(link.peer.expect_bytes(stream, 4).await, "ping");
        link.peer.send_data(stream, "pong").await;
        let frame = expect_soon("the echo", response.frame()).await;
        let frame = frame.expect("a frame").expect("no error");
        assert_eq!(frame.into_data().expect("data"), "pong");
    }
}
