//! Contract 3.4: the options about bytes in flight, by their effect.

use crate::client::{get, link_with, post, response, tuned};
use crate::support::bodies::Frames;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{run_until_idle, CountPolls};

const CHUNK: usize = 1024;
const SOCKET: usize = 1000;

/// Bytes a body has given away while the peer offers an endless window but reads nothing.
async fn taken_from_a_body_nobody_reads(options: Options) -> usize {
    let options = options
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .socket_buffer(SOCKET);
    let mut link = link_with(&options).await;
    link.to_peer.stop_reading();
    let (body, polls) = CountPolls::new(Frames::repeat(10_000, vec![0; CHUNK]));
    let _answer = link.hyper.requests().send_request(post(body));
    run_until_idle().await;
    polls.get() * CHUNK
}

// Contract 3.4-4.
#[tokio::test(start_paused = true)]
async fn max_send_buf_size_bounds_what_is_taken_from_a_body() {
    const LIMIT: usize = 32 * CHUNK;
    let taken = taken_from_a_body_nobody_reads(Options::new().max_send_buf_size(LIMIT)).await;
    // In flight beyond the limit: what the socket holds, a frame being written, a chunk being asked for.
    assert!(taken <= LIMIT + SOCKET + 16 * CHUNK + 2 * CHUNK, "{taken}");
    assert!(taken >= LIMIT / 2, "{taken}");
}

// Contract 3.4-4.
#[tokio::test(start_paused = true)]
async fn a_body_may_be_a_mebibyte_ahead_by_default() {
    let taken = taken_from_a_body_nobody_reads(Options::new()).await;
    assert!(taken <= (1 << 20) + SOCKET + 18 * CHUNK, "{taken}");
    assert!(taken >= 1 << 19, "{taken}");
}

/// Bytes of response body the peer may send while the caller reads none: a window hyper holds to.
async fn accepted_unread(options: Options, attempt: usize) -> bool {
    let mut link = link_with(&options).await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let _response = response(answer).await;
    let mut left = attempt;
    while left > 0 {
        let piece = left.min(16_384);
        link.peer.send_data(stream, vec![0; piece]).await;
        left -= piece;
    }
    let frames = link.peer.settled_frames().await;
    let refused = frames
        .iter()
        .any(|frame| matches!(frame, Frame::Reset { .. } | Frame::GoAway { .. }));
    !refused
}

fn windows_of_100_000() -> Options {
    tuned(|builder| {
        builder
            .initial_stream_window_size(100_000)
            .initial_connection_window_size(200_000);
    })
}

// Contract 3.4-1.
#[tokio::test(start_paused = true)]
async fn the_stream_window_is_what_the_peer_may_send_unread() {
    assert!(accepted_unread(windows_of_100_000(), 100_000).await);
    assert!(!accepted_unread(windows_of_100_000(), 100_001).await);
}

// Contract 3.4-2: frames up to the announced size are taken, larger ones are not.
#[tokio::test(start_paused = true)]
async fn a_frame_larger_than_announced_ends_the_connection() {
    for (size, taken) in [(20_000, true), (20_001, false)] {
        let mut link = link_with(&tuned(|builder| {
            builder.max_frame_size(20_000);
        }))
        .await;
        let answer = link.hyper.requests().send_request(get());
        let (stream, _) = link.peer.expect_request().await;
        link.peer.send_headers(stream, &[(":status", "200")]).await;
        let _response = response(answer).await;
        link.peer.send_data(stream, vec![0; size]).await;
        let frames = link.peer.settled_frames().await;
        assert_eq!(frames.is_empty(), taken, "{frames:?}");
    }
}

// Contract 3.4-2.
#[tokio::test(start_paused = true)]
async fn a_response_head_larger_than_announced_fails_the_request_only() {
    let mut link = link_with(&tuned(|builder| {
        builder.max_header_list_size(2000);
    }))
    .await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    let long = "x".repeat(3000);
    link.peer
        .send_headers(stream, &[(":status", "200"), ("long", &long)])
        .await;
    let failed = crate::client::failure(answer).await;
    assert_eq!(crate::client::kind(&failed), "Http2");
    link.peer.expect_reset(stream).await;
    crate::client::assert_usable(&mut link).await;
}
