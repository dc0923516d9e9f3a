//! Contract 7.1 over HTTP/2: what a received body says and yields.

use futures_util::FutureExt;
use h2::Reason;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Method, Response};

use crate::client::{get, h2_cause, kind, link, request, response, tuned, RawLink};
use crate::support::tunnels::empty_body;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

/// A response whose body is still to come.
async fn open_response(link: &mut RawLink, lines: &[(&str, &str)]) -> (Response<Incoming>, u32) {
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    let mut fields = vec![(":status", "200")];
    fields.extend_from_slice(lines);
    link.peer.send_headers(stream, &fields).await;
    (response(answer).await, stream)
}

async fn next(body: &mut Incoming) -> Option<hyper::Result<hyper::body::Frame<bytes::Bytes>>> {
    expect_soon("the next frame", body.frame()).await
}

async fn next_data(body: &mut Incoming) -> bytes::Bytes {
    let frame = next(body).await.expect("a frame").expect("no error");
    frame.into_data().expect("data")
}

// Contract 7.1-1, 7.1-2, 1.2-12.
#[tokio::test(start_paused = true)]
async fn a_response_that_ends_with_its_head_has_an_empty_body() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    let mut body = response(answer).await.into_body();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(next(&mut body).await.is_none());
    assert!(next(&mut body).await.is_none());
}

// Contract 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn a_body_of_known_length_counts_down() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[("content-length", "7")]).await;
    let mut body = response.into_body();
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(7));
    link.peer.send_data(stream, "1234").await;
    assert_eq!(next_data(&mut body).await, "1234");
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(3));
    link.peer.send_last_data(stream, "567").await;
    assert_eq!(next_data(&mut body).await, "567");
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());
    assert!(next(&mut body).await.is_none());
}

// Contract 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn a_body_of_unknown_length_says_nothing_until_it_has_ended() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    let mut body = response.into_body();
    let hint = body.size_hint();
    assert_eq!((hint.lower(), hint.upper()), (0, None));
    link.peer.send_data(stream, "some").await;
    assert_eq!(next_data(&mut body).await, "some");
    assert!(!body.is_end_stream());
    link.peer.send_last_data(stream, "more").await;
    run_until_idle().await;
    // The end is here, but there is still something before it.
    assert!(!body.is_end_stream());
    assert_eq!(next_data(&mut body).await, "more");
    assert!(body.is_end_stream());
    assert!(next(&mut body).await.is_none());
}

// Contract 7.1-2: as in hyper 1.12.0, only the head and a length tell a size.
#[tokio::test(start_paused = true)]
async fn an_end_that_comes_behind_data_is_no_size() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    let mut body = response.into_body();
    link.peer.send_last_data(stream, "some").await;
    assert_eq!(next_data(&mut body).await, "some");
    let hint = body.size_hint();
    assert!(body.is_end_stream());
    assert_eq!((hint.lower(), hint.upper()), (0, None));
}

// Contract 7.1-2, 5.4-9, without oddity 24: HEAD has no body, whatever its length would be.
#[tokio::test(start_paused = true)]
async fn the_body_of_a_response_to_head_is_empty() {
    let mut link = link().await;
    let answer = link
        .hyper
        .requests()
        .send_request(request(Method::HEAD, empty_body()));
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200"), ("content-length", "1000")])
        .await;
    let response = response(answer).await;
    assert_eq!(response.headers()["content-length"], "1000");
    let mut body = response.into_body();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(next(&mut body).await.is_none());
    crate::client::assert_usable(&mut link).await;
}

// Contract 7.1-3.
#[tokio::test(start_paused = true)]
async fn frames_come_in_order_with_the_trailers_last_and_then_nothing() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[("trailer", "sum")]).await;
    link.peer.send_data(stream, "one").await;
    link.peer.send_data(stream, "two").await;
    link.peer
        .send_last_headers(stream, &[("sum", "3"), ("sum", "4")])
        .await;
    let mut body = response.into_body();
    assert_eq!(next_data(&mut body).await, "one");
    assert_eq!(next_data(&mut body).await, "two");
    let frame = next(&mut body).await.expect("trailers").expect("no error");
    let trailers = frame.into_trailers().expect("trailers");
    let values: Vec<_> = trailers.get_all("sum").iter().collect();
    assert_eq!(values, ["3", "4"]);
    assert!(next(&mut body).await.is_none());
    assert!(next(&mut body).await.is_none());
    assert!(body.is_end_stream());
}

// Contract 7.1-3; gRPC depends on it (9-8).
#[tokio::test(start_paused = true)]
async fn trailers_may_come_without_data() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    link.peer
        .send_last_headers(stream, &[("grpc-status", "0")])
        .await;
    let body = response.into_body().collect().await.expect("no error");
    assert_eq!(body.trailers().expect("trailers")["grpc-status"], "0");
    assert!(body.to_bytes().is_empty());
}

// Contract 7.1-3.
#[tokio::test(start_paused = true)]
async fn an_error_comes_after_the_data_before_it_and_again_at_every_poll() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    link.peer.send_data(stream, "before").await;
    run_until_idle().await;
    link.peer.reset(stream, Reason::ENHANCE_YOUR_CALM).await;
    run_until_idle().await;
    let mut body = response.into_body();
    assert_eq!(next_data(&mut body).await, "before");
    for _ in 0..3 {
        let failed = next(&mut body).await.expect("no end").expect_err("no data");
        assert_eq!(kind(&failed), "Body");
        assert_eq!(h2_cause(&failed).reason(), Some(Reason::ENHANCE_YOUR_CALM));
    }
}

// Contract 7.1-7, 6.3-8.
#[tokio::test(start_paused = true)]
async fn a_reset_without_error_ends_the_body() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    link.peer.send_data(stream, "all").await;
    link.peer.reset(stream, Reason::NO_ERROR).await;
    run_until_idle().await;
    let mut body = response.into_body();
    assert_eq!(next_data(&mut body).await, "all");
    assert!(next(&mut body).await.is_none());
    assert!(next(&mut body).await.is_none());
}

/// A client with windows of 100,000 bytes.
async fn small_windows() -> RawLink {
    let options = tuned(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_connection_window_size(100_000);
    });
    crate::client::link_with(&options).await
}

// Contract 7.1-7, 6.1-5.
#[tokio::test(start_paused = true)]
async fn window_is_given_back_when_data_is_taken_and_not_before() {
    let mut link = small_windows().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    let before = link.peer.credit(0);
    for _ in 0..5 {
        link.peer.send_data(stream, vec![0; 16_000]).await;
    }
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!((link.peer.credit(stream), link.peer.credit(0)), (0, before));

    let mut body = response.into_body();
    for _ in 0..5 {
        assert_eq!(next_data(&mut body).await.len(), 16_000);
    }
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.peer.credit(stream), 80_000);
    assert_eq!(link.peer.credit(0) - before, 80_000);
}

// Contract 7.1-3: a body waits without being asked again.
#[tokio::test(start_paused = true)]
async fn a_body_with_nothing_to_yield_waits_for_the_peer() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    let mut body = response.into_body();
    let mut frame = Box::pin(body.frame());
    assert!(settle(&mut frame).await.is_pending());
    link.peer.send_data(stream, "late").await;
    let frame = expect_soon("data", frame).await;
    let frame = frame.expect("a frame").expect("no error");
    assert_eq!(frame.into_data().expect("data"), "late");
}

// Contract 7.1-1, 6.1-1: a length that does not hold is the peer's fault.
#[tokio::test(start_paused = true)]
async fn a_body_longer_or_shorter_than_announced_fails() {
    for data in ["123", "123456789"] {
        let mut link = link().await;
        let (response, stream) = open_response(&mut link, &[("content-length", "7")]).await;
        link.peer.send_last_data(stream, data).await;
        let failed = response.into_body().collect().await;
        let failed = failed.expect_err("the length does not hold");
        assert_eq!(kind(&failed), "Body");
        assert_eq!(h2_cause(&failed).reason(), Some(Reason::PROTOCOL_ERROR));
        assert_eq!(link.peer.expect_reset(stream).await, Reason::PROTOCOL_ERROR);
        crate::client::assert_usable(&mut link).await;
    }
}

// Contract 1.2-12.
#[tokio::test(start_paused = true)]
async fn the_debug_output_of_a_body_tells_whether_it_streams() {
    let mut link = link().await;
    let (response, stream) = open_response(&mut link, &[]).await;
    assert_eq!(format!("{:?}", response.body()), "Body(Streaming)");
    link.peer.send_last_data(stream, "").await;
    let mut body = response.into_body();
    run_until_idle().await;
    while let Some(Some(frame)) = body.frame().now_or_never() {
        frame.expect("no error");
    }
    assert!(body.is_end_stream());
}
