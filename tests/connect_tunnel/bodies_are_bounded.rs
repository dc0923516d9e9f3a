//! Cases 45 and 47: what holds for a tunnel holds for a body: it is taken from its maker no faster than it leaves.

use bytes::Bytes;

use crate::support::bodies::{channel, Frames};
use crate::support::heap;
use crate::support::outgoing_body::{send_body, Drip};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, CountPolls};
use crate::traffic::{assert_whole, frames_to_the_end, pattern, payload_on};

/// `max_send_buf_size` in these tests, in bytes.
const LIMIT: usize = 64 << 10;
/// What a stream costs beside the bytes it holds: handles, buffers, tables.
const OVERHEAD: usize = 192 << 10;
const MEBIBYTE: usize = 1 << 20;

both_roles!(
    tiny_frames_at_a_closed_window_are_bounded,
    tiny_frames_at_a_stuck_socket_are_bounded,
    tiny_frames_all_arrive_in_full_ones,
    a_large_frame_leaves_in_granted_pieces,
    large_frames_at_a_stuck_socket_are_not_asked_for,
    a_large_frame_is_not_copied_whole,
    a_reset_drops_a_body_that_waits_for_window,
    a_reset_drops_a_body_that_waits_for_its_maker,
);

fn closed_window() -> Options {
    Options::new().stream_window(0).max_send_buf_size(LIMIT)
}

fn stuck_socket() -> Options {
    Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(LIMIT)
        .socket_buffer(1000)
}

// Case 45.
async fn tiny_frames_at_a_closed_window_are_bounded(role: Role) {
    let mark = heap::mark();
    let (body, polls) = CountPolls::new(Drip { frames: 400_000 });
    let _outgoing = send_body(role, &closed_window(), body).await;
    run_until_idle().await;
    assert!(polls.get() <= LIMIT, "{} frames were taken", polls.get());
    assert!(
        mark.peak() < LIMIT + OVERHEAD,
        "{} bytes of heap",
        mark.peak()
    );
}

// Case 45: windows wide open, and a peer that reads nothing all the same.
async fn tiny_frames_at_a_stuck_socket_are_bounded(role: Role) {
    let (body, polls) = CountPolls::new(Drip { frames: 400_000 });
    let mark = heap::mark();
    let outgoing = send_body(role, &stuck_socket().socket_buffer(200), body).await;
    outgoing.to_peer.stop_reading();
    run_until_idle().await;
    assert!(polls.get() <= LIMIT, "{} frames were taken", polls.get());
    assert!(
        mark.peak() < LIMIT + OVERHEAD,
        "{} bytes of heap",
        mark.peak()
    );
}

// Case 45, with the peer back.
async fn tiny_frames_all_arrive_in_full_ones(role: Role) {
    const COUNT: usize = 400_000;
    let body = Drip { frames: COUNT };
    let mut outgoing = send_body(role, &closed_window(), body).await;
    run_until_idle().await;
    outgoing.peer.grant(0, 1 << 20).await;
    outgoing.peer.grant(outgoing.stream, 1 << 20).await;
    let frames = frames_to_the_end(&mut outgoing.peer).await;
    assert_eq!(payload_on(outgoing.stream, &frames), vec![b'x'; COUNT]);
    assert!(frames.len() < 100, "{} frames", frames.len());
}

// Case 47.
async fn a_large_frame_leaves_in_granted_pieces(role: Role) {
    let bytes = Bytes::from(pattern(100_000));
    let body = Frames::of([bytes.clone()]).with_declared_length();
    let mut outgoing = send_body(role, &closed_window(), body).await;
    outgoing.peer.grant(0, 100_000).await;
    let mut frames = Vec::new();
    for grant in [1, 9, 90, 900, 9000, 90_000] {
        assert!(outgoing.peer.settled_frames().await.is_empty());
        outgoing.peer.grant(outgoing.stream, grant).await;
        let granted = outgoing.peer.settled_frames().await;
        let len = payload_on(outgoing.stream, &granted).len();
        assert_eq!(len, grant as usize);
        frames.extend(granted);
    }
    assert_whole(&frames, &bytes);
}

// Case 47: one is under way, and the next is left with its maker.
async fn large_frames_at_a_stuck_socket_are_not_asked_for(role: Role) {
    let frames = Frames::repeat(100, vec![0; MEBIBYTE]);
    let (body, polls) = CountPolls::new(frames);
    let outgoing = send_body(role, &stuck_socket(), body).await;
    outgoing.to_peer.stop_reading();
    run_until_idle().await;
    assert!(polls.get() <= 2, "{} frames were taken", polls.get());
}

// Case 47: its bytes are handed on, not doubled.
async fn a_large_frame_is_not_copied_whole(role: Role) {
    let bytes = Bytes::from(pattern(8 * MEBIBYTE));
    let body = Frames::of([bytes]).with_declared_length();
    let mark = heap::mark();
    let options = stuck_socket().socket_buffer(16 << 10);
    let mut outgoing = send_body(role, &options, body).await;
    let mut left = 8 * MEBIBYTE;
    while left > 0 {
        let (payload, _) = outgoing.peer.expect_data(outgoing.stream).await;
        left -= payload.len();
    }
    assert!(mark.peak() < MEBIBYTE, "{} bytes of heap", mark.peak());
}

// Case 23, for a body.
async fn a_reset_drops_a_body_that_waits_for_window(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &closed_window(), body).await;
    sender.send_data("never read");
    assert!(outgoing.peer.settled_frames().await.is_empty());
    outgoing
        .peer
        .reset(outgoing.stream, h2::Reason::CANCEL)
        .await;
    expect_soon("the body's drop", sender.closed()).await;
    let frames = outgoing.peer.settled_frames().await;
    assert!(!frames
        .iter()
        .any(|frame| matches!(frame, Frame::Data { .. })));
}

// Case 23, for a body.
async fn a_reset_drops_a_body_that_waits_for_its_maker(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new(), body).await;
    sender.send_data("one");
    outgoing.peer.expect_bytes(outgoing.stream, 3).await;
    outgoing
        .peer
        .reset(outgoing.stream, h2::Reason::CANCEL)
        .await;
    expect_soon("the body's drop", sender.closed()).await;
}
