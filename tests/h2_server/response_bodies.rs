//! Contract 6.1-3, 6.1-4: how the body of a response goes out.

use bytes::Bytes;
use http::HeaderMap;

use crate::messages::{text, with_body};
use crate::server::{server, server_with, Server};
use crate::support::bodies::{channel, Frames};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{run_until_idle, CountPolls};

fn sum() -> HeaderMap {
    HeaderMap::from_iter([("sum".parse().unwrap(), "42".parse().unwrap())])
}

async fn head_of(server: &mut Server, stream: u32) {
    assert_eq!(server.peer.expect_headers(stream).await.status(), 200);
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn the_last_data_of_a_body_that_knows_its_end_ends_the_stream() {
    let mut server = server().await;
    let body = Frames::of([Bytes::from("one"), Bytes::from("two")]).with_declared_length();
    let (body, polls) = CountPolls::new(body);
    server.answered(1, with_body(body)).await;
    let mut received = Vec::new();
    loop {
        let (payload, end) = server.peer.expect_data(1).await;
        assert!(!payload.is_empty(), "END_STREAM has DATA to ride on");
        received.extend_from_slice(&payload);
        if end {
            break;
        }
    }
    assert_eq!(received, b"onetwo");
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(polls.get(), 2, "nothing is polled after the end");
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn a_single_piece_is_a_single_frame() {
    let mut server = server().await;
    server.answered(1, text("hello")).await;
    let data = server.peer.expect_data(1).await;
    assert_eq!(data, (Bytes::from("hello"), true));
    assert!(server.peer.settled_frames().await.is_empty());
}

// Contract 6.1-4.
#[tokio::test(start_paused = true)]
async fn a_body_that_ends_unannounced_ends_the_stream_with_empty_data() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    body.send_data("only");
    let data = server.peer.expect_data(1).await;
    assert_eq!(data, (Bytes::from("only"), false));
    drop(body);
    server.peer.expect_end(1).await;
}

// Contract 6.1-4, 9-8.
#[tokio::test(start_paused = true)]
async fn trailers_follow_the_data_and_nothing_is_polled_after_them() {
    let mut server = server().await;
    let (body, frames) = channel();
    let (frames, polls) = CountPolls::new(frames);
    server.answered(1, with_body(frames)).await;
    body.send_data("data");
    assert_eq!(server.peer.expect_bytes(1, 4).await, "data");
    body.send_trailers(sum());
    let trailers = server.peer.expect_headers(1).await;
    assert_eq!(trailers.0, [("sum".to_owned(), "42".to_owned())]);
    let polled = polls.get();
    body.send_data("too late");
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(polls.get(), polled);
    assert!(body.is_closed());
}

// Contract 6.1-4, 9-8: HEADERS, then trailers at once.
#[tokio::test(start_paused = true)]
async fn trailers_without_data_end_the_stream() {
    let mut server = server().await;
    server
        .answered(1, with_body(Frames::of([]).with_trailers(sum())))
        .await;
    let frames = server.peer.settled_frames().await;
    assert!(
        matches!(
            &frames[..],
            [Frame::Headers {
                end_stream: true,
                ..
            }]
        ),
        "{frames:?}"
    );
}

// Contract 6.1-4, 9-8: a peer that waits for them gets trailers even when it opens no window.
#[tokio::test(start_paused = true)]
async fn trailers_and_the_bare_end_need_no_window() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    server
        .answered(1, with_body(Frames::of([]).with_trailers(sum())))
        .await;
    assert_eq!(server.peer.expect_headers(1).await.get("sum"), Some("42"));
    server.answered(3, with_body(Frames::of([]))).await;
    server.peer.expect_end(3).await;
}

// Contract 6.1-4: but they do not overtake the data.
#[tokio::test(start_paused = true)]
async fn trailers_wait_behind_data_without_window() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let body = Frames::repeat(1, "data").with_trailers(sum());
    server.answered(1, with_body(body)).await;
    assert!(server.peer.settled_frames().await.is_empty());
    server.peer.grant(1, 4).await;
    assert_eq!(server.peer.expect_bytes(1, 4).await, "data");
    assert_eq!(server.peer.expect_headers(1).await.get("sum"), Some("42"));
}

// Contract 6.1-4: a zero-length frame is sent through.
#[tokio::test(start_paused = true)]
async fn empty_data_is_sent_through() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    body.send_data("");
    let data = server.peer.expect_data(1).await;
    assert_eq!(data, (Bytes::new(), false));
    body.send_data("data");
    let data = server.peer.expect_data(1).await;
    assert_eq!(data, (Bytes::from("data"), false));
}

// Contract 6.1-3: the body is polled though there is no window, and its chunk kept.
#[tokio::test(start_paused = true)]
async fn a_chunk_polled_without_window_is_kept_until_there_is_some() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let (body, frames) = channel();
    let (frames, polls) = CountPolls::new(frames);
    body.send_data("0123456789");
    server.answered(1, with_body(frames)).await;
    run_until_idle().await;
    assert!(polls.get() >= 1);
    server.peer.grant(1, 3).await;
    assert_eq!(server.peer.expect_bytes(1, 3).await, "012");
    assert!(server.peer.settled_frames().await.is_empty());
    server.peer.grant(1, 1).await;
    assert_eq!(server.peer.expect_bytes(1, 1).await, "3");
    server.peer.grant(1, 100).await;
    assert_eq!(server.peer.expect_bytes(1, 6).await, "456789");
}

/// Spends the connection's window on stream 1 but for one byte, and leaves that stream open and idle.
async fn all_but_one_byte_spent(server: &mut Server) -> crate::support::bodies::BodySender {
    const SPENT: usize = 65_534;
    let (body, frames) = channel();
    server.get(1).await.respond(with_body(frames));
    head_of(server, 1).await;
    body.send_data(vec![0; SPENT]);
    server.peer.expect_bytes(1, SPENT).await;
    body
}

// Contract 6.1-3: an idle body holds no window of the connection.
#[tokio::test(start_paused = true)]
async fn two_streams_progress_while_the_connection_has_one_byte_of_window() {
    let mut server = server_with(&Options::new().stream_window(1 << 20)).await;
    let idle = all_but_one_byte_spent(&mut server).await;
    let (other, frames) = channel();
    server.get(3).await.respond(with_body(frames));
    head_of(&mut server, 3).await;
    run_until_idle().await;

    other.send_data("a");
    assert_eq!(server.peer.expect_bytes(3, 1).await, "a");
    server.peer.grant(0, 1).await;
    idle.send_data("b");
    assert_eq!(server.peer.expect_bytes(1, 1).await, "b");
    server.peer.grant(0, 1).await;
    other.send_data("c");
    assert_eq!(server.peer.expect_bytes(3, 1).await, "c");
}

// Contract 6.1-3: nor does a body whose stream has no window hold any of the connection's.
#[tokio::test(start_paused = true)]
async fn a_stream_without_window_does_not_hold_the_connections() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    server
        .answered(1, with_body(Frames::repeat(4, vec![1; 65_535])))
        .await;
    server
        .answered(3, with_body(Frames::repeat(1, "two")))
        .await;
    server.peer.grant(3, 3).await;
    assert_eq!(server.peer.read_to_end(3).await, "two");
}

// Contract 6.1-3, 3.3-4: what a stalled response may take from its body is bounded.
#[tokio::test(start_paused = true)]
async fn a_body_is_not_polled_ahead_of_the_window() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let (body, polls) = CountPolls::new(Frames::repeat(1000, vec![0; 16_384]));
    server.answered(1, with_body(body)).await;
    run_until_idle().await;
    assert!(polls.get() <= 2, "polled {} times", polls.get());
}

/// Polls of an endless body of 16 KiB frames while the socket takes nothing and windows are no limit.
async fn polls_without_socket(options: &Options) -> usize {
    const WINDOW: u32 = 1 << 30;
    let options = options.clone().stream_window(WINDOW);
    let mut server = server_with(&options.connection_window(WINDOW)).await;
    let call = server.get(1).await;
    let (body, polls) = CountPolls::new(Frames::repeat(1000, vec![0; 16_384]));
    run_until_idle().await;
    server.to_peer.set_buffer(0);
    call.respond(with_body(body));
    run_until_idle().await;
    let stalled = polls.get();
    server.to_peer.set_buffer(1 << 20);
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    server.peer.expect_bytes(1, 1000 * 16_384).await;
    server.peer.expect_end(1).await;
    stalled
}

// Contract 3.3-4.
#[tokio::test(start_paused = true)]
async fn max_send_buf_size_bounds_what_waits_for_the_socket() {
    let default = polls_without_socket(&Options::new()).await;
    assert!(
        (20..=26).contains(&default),
        "400 KiB are 25 frames: {default}"
    );
    let small = polls_without_socket(&Options::new().max_send_buf_size(64 << 10)).await;
    assert!((2..=5).contains(&small), "64 KiB are 4 frames: {small}");
}

// Contract 6.1-4: frames are no longer than the peer allows.
#[tokio::test(start_paused = true)]
async fn large_pieces_are_cut_to_the_peers_frame_size() {
    let mut server = server().await;
    server
        .get(1)
        .await
        .respond(with_body(Frames::repeat(1, vec![7; 40_000])));
    head_of(&mut server, 1).await;
    let mut left = 40_000;
    while left > 0 {
        let (payload, _) = server.peer.expect_data(1).await;
        assert!(payload.len() <= 16_384);
        left -= payload.len();
    }
    server.peer.expect_end(1).await;
}

// Contract 7.1-8, 9-12: an incoming body is sent on as it is.
#[tokio::test(start_paused = true)]
async fn a_request_body_may_be_the_responses() {
    let mut server = server().await;
    let call = server.post(1, &[("content-length", "6")]).await;
    call.answer.respond(with_body(call.request.into_body()));
    let fields = server.peer.expect_headers(1).await;
    assert_eq!(fields.get("content-length"), Some("6"));
    server.peer.send_data(1, "abc").await;
    assert_eq!(server.peer.expect_bytes(1, 3).await, "abc");
    server.peer.send_last_data(1, "def").await;
    assert_eq!(server.peer.expect_data(1).await, (Bytes::from("def"), true));
}
