//! Contract 6.1-3, 6.1-4, 6.1-5: how a request's body goes out.

use bytes::Bytes;
use h2::Reason;
use hyper::header::{HeaderMap, HeaderValue};

use crate::client::{full, get, link, link_with, post, response};
use crate::support::bodies::{channel, Frames};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle, CountPolls};

fn sum() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("sum", HeaderValue::from_static("15"));
    trailers
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn the_last_data_of_a_body_that_knows_its_end_ends_the_stream() {
    let mut link = link().await;
    let body = Frames::of([Bytes::from("one"), Bytes::from("two")]).with_declared_length();
    let (body, polls) = CountPolls::new(body);
    let _answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    let mut received = Vec::new();
    loop {
        let (payload, end) = link.peer.expect_data(stream).await;
        assert!(!payload.is_empty());
        received.extend_from_slice(&payload);
        if end {
            break;
        }
    }
    assert_eq!(received, b"onetwo");
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(polls.get(), 2);
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn a_body_that_ends_unannounced_ends_the_stream_with_empty_data() {
    let mut link = link().await;
    let (body, frames) = channel();
    let _answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    body.send_data("only");
    assert_eq!(
        link.peer.expect_data(stream).await,
        (Bytes::from("only"), false)
    );
    drop(body);
    link.peer.expect_end(stream).await;
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn trailers_follow_the_data_and_end_the_stream() {
    let mut link = link().await;
    let body = Frames::repeat(1, "data").with_trailers(sum());
    let (body, polls) = CountPolls::new(body);
    let _answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    assert_eq!(link.peer.expect_bytes(stream, 4).await, "data");
    let mut frames = link.peer.settled_frames().await;
    let Some(Frame::Headers {
        end_stream: true, ..
    }) = frames.pop()
    else {
        panic!("trailers come last and end the stream")
    };
    assert!(frames
        .iter()
        .all(|frame| matches!(frame, Frame::Data { payload, end_stream: false, .. } if payload.is_empty())));
    // Nothing is polled after the trailers.
    assert_eq!(polls.get(), 2);
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn trailers_arrive_as_given() {
    let mut link = link().await;
    let body = Frames::of([]).with_trailers(sum());
    let answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    let trailers = link.peer.expect_headers(stream).await;
    assert_eq!(trailers.0, [("sum".to_owned(), "15".to_owned())]);
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(answer).await;
}

// Contract 6.1-4, 6.1-3: trailers need no window, but wait for the data before them.
#[tokio::test(start_paused = true)]
async fn trailers_wait_behind_data_without_window() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let body = Frames::repeat(1, "data").with_trailers(sum());
    let _answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 4).await;
    assert_eq!(link.peer.expect_bytes(stream, 4).await, "data");
    assert_eq!(
        link.peer.expect_headers(stream).await.get("sum"),
        Some("15")
    );
}

// Contract 6.1-3.
#[tokio::test(start_paused = true)]
async fn a_chunk_waits_for_the_window_and_none_of_it_is_lost() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let answer = link.hyper.requests().send_request(post(full("0123456789")));
    let (stream, _) = link.peer.expect_request().await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 3).await;
    assert_eq!(link.peer.expect_bytes(stream, 3).await, "012");
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 100).await;
    assert_eq!(link.peer.read_to_end(stream).await, "3456789");
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(answer).await;
}

// Contract 6.1-3.
#[tokio::test(start_paused = true)]
async fn an_idle_body_holds_none_of_the_connections_window() {
    const WINDOW: usize = 65_535;
    let mut link = link_with(&Options::new().stream_window(1 << 20)).await;
    let (idle, idle_frames) = channel();
    let _idle_answer = link.hyper.requests().send_request(post(idle_frames));
    let (idle_stream, _) = link.peer.expect_request().await;
    run_until_idle().await;

    // One byte of the connection's window is left for both.
    let filler = full(vec![7; WINDOW - 1]);
    let _filler_answer = link.hyper.requests().send_request(post(filler));
    let (filler_stream, _) = link.peer.expect_request().await;
    link.peer.expect_bytes(filler_stream, WINDOW - 1).await;

    let _busy_answer = link.hyper.requests().send_request(post(full("b")));
    let (busy_stream, _) = link.peer.expect_request().await;
    assert_eq!(link.peer.expect_bytes(busy_stream, 1).await, "b");
    idle.send_data("i");
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(0, 1).await;
    assert_eq!(link.peer.expect_bytes(idle_stream, 1).await, "i");
}

// Contract 6.1-3: a body is asked for a chunk before there is window for it, and then for no more.
#[tokio::test(start_paused = true)]
async fn a_body_without_window_is_not_drained() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let (body, polls) = CountPolls::new(Frames::repeat(1000, vec![0; 10_000]));
    let _answer = link.hyper.requests().send_request(post(body));
    assert!(link.peer.expect_request().await.0 > 0);
    run_until_idle().await;
    assert!(polls.get() <= 3, "{}", polls.get());
}

// Contract 6.1-5.
#[tokio::test(start_paused = true)]
async fn a_reset_stops_the_body_and_drops_it() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let _response = response(answer).await;
    link.peer.reset(stream, Reason::CANCEL).await;
    expect_soon("the end of the body", body.closed()).await;
}

// Contract 6.1-5.
#[tokio::test(start_paused = true)]
async fn a_reset_stops_a_body_that_waits_for_window() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let (body, frames) = channel();
    body.send_data("blocked");
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    run_until_idle().await;
    link.peer.reset(stream, Reason::CANCEL).await;
    expect_soon("the end of the body", body.closed()).await;
    crate::client::failure(answer).await;
    crate::client::assert_usable(&mut link).await;
}

// Contract 6.1-3: other requests pass a body that is stuck.
#[tokio::test(start_paused = true)]
async fn a_stuck_body_does_not_keep_other_requests_from_the_wire() {
    let mut link = link_with(&Options::new().stream_window(0)).await;
    let _stuck = link.hyper.requests().send_request(post(full("stuck")));
    link.peer.expect_request().await;
    for _ in 0..10 {
        let answer = link.hyper.requests().send_request(get());
        let (stream, _) = link.peer.expect_request().await;
        link.peer
            .send_last_headers(stream, &[(":status", "200")])
            .await;
        response(answer).await;
    }
}
