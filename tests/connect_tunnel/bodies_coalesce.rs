//! Case 46: small pieces of a body leave together when they have to wait, at once when they do not, and always in order.

use hyper::HeaderMap;

use crate::support::bodies::channel;
use crate::support::outgoing_body::send_body;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Options, Role};
use crate::support::virtual_timer::run_until_idle;
use crate::traffic::payload_on;

both_roles!(
    pieces_that_wait_leave_together,
    a_lone_piece_leaves_at_once,
    trailers_follow_the_data_that_waits,
    the_end_follows_the_data_that_waits,
    trailers_need_no_window,
);

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    let value = http::HeaderValue::from_static("42");
    trailers.insert("checksum", value);
    trailers
}

// Case 46.
async fn pieces_that_wait_leave_together(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new().stream_window(0), body).await;
    for _ in 0..1000 {
        sender.send_data("tick ");
        run_until_idle().await;
    }
    outgoing.peer.grant(outgoing.stream, 10_000).await;
    let frames = outgoing.peer.settled_frames().await;
    assert_eq!(payload_on(outgoing.stream, &frames), "tick ".repeat(1000));
    assert!(frames.len() <= 3, "{} frames", frames.len());
}

// Case 46.
async fn a_lone_piece_leaves_at_once(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new(), body).await;
    for _ in 0..10 {
        sender.send_data("tick");
        let frames = outgoing.peer.settled_frames().await;
        assert_eq!(payload_on(outgoing.stream, &frames), "tick");
        assert_eq!(frames.len(), 1);
    }
}

// Case 46.
async fn trailers_follow_the_data_that_waits(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new().stream_window(0), body).await;
    sender.send_data("first ");
    sender.send_data("second");
    sender.send_trailers(trailers());
    drop(sender);
    assert!(outgoing.peer.settled_frames().await.is_empty());
    outgoing.peer.grant(outgoing.stream, 6).await;
    let bytes = outgoing.peer.expect_bytes(outgoing.stream, 6).await;
    assert_eq!(bytes, "first ");
    assert!(outgoing.peer.settled_frames().await.is_empty());
    outgoing.peer.grant(outgoing.stream, 6).await;
    let bytes = outgoing.peer.expect_bytes(outgoing.stream, 6).await;
    assert_eq!(bytes, "second");
    let fields = outgoing.peer.expect_headers(outgoing.stream).await;
    assert_eq!(fields.get("checksum"), Some("42"));
    assert!(outgoing.peer.settled_frames().await.is_empty());
}

// Case 46.
async fn the_end_follows_the_data_that_waits(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new().stream_window(0), body).await;
    sender.send_data("all");
    drop(sender);
    assert!(outgoing.peer.settled_frames().await.is_empty());
    outgoing.peer.grant(outgoing.stream, 100).await;
    let frames = outgoing.peer.settled_frames().await;
    crate::traffic::assert_whole(&frames, b"all");
}

// Case 46: nothing waits in front of them.
async fn trailers_need_no_window(role: Role) {
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &Options::new().stream_window(0), body).await;
    sender.send_trailers(trailers());
    drop(sender);
    let frames = outgoing.peer.settled_frames().await;
    let is_end = |frame: &Frame| {
        matches!(
            frame,
            Frame::Headers {
                end_stream: true,
                ..
            }
        )
    };
    assert!(
        matches!(&frames[..], [frame] if is_end(frame)),
        "{frames:?}"
    );
}
