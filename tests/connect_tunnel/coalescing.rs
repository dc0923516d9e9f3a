//! Cases 37 and 38: small writes leave together when they have to wait, and at once when they do not.

use tokio::io::AsyncWriteExt;

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::{frames_to_the_end, pattern, payload_on};

/// The DATA payload every peer accepts, and the least it may ask for (RFC 9113, section 6.5.2).
const FRAME: usize = 16 << 10;
/// Frames that may be smaller than they could be: at the start, at the end, and where a window or buffer ran out.
const A_FEW: usize = 4;

both_roles!(
    small_writes_at_a_closed_window_leave_in_full_frames,
    small_writes_at_a_stuck_socket_leave_in_full_frames,
    small_writes_behind_a_shutdown_leave_in_full_frames,
    a_small_send_buffer_gathers_too,
    the_first_byte_leaves_at_once,
    a_byte_now_and_then_leaves_at_once,
    a_frame_is_cut_by_the_window_alone,
);

/// One-byte writes of all `bytes`, then the end.
fn write_bytewise(
    mut tunnel: Tunnel<u32>,
    bytes: Vec<u8>,
) -> tokio::task::JoinHandle<std::io::Result<()>> {
    tokio::spawn(async move {
        for byte in bytes.chunks(1) {
            tunnel.upgraded.write_all(byte).await?;
        }
        tunnel.upgraded.shutdown().await
    })
}

fn assert_coalesced(frames: &[Frame], stream: u32, bytes: &[u8], frame_size: usize) {
    assert!(payload_on(stream, frames) == bytes, "the bytes differ");
    let limit = bytes.len() / frame_size + A_FEW;
    let sizes: Vec<usize> = frames
        .iter()
        .map(|frame| frame.flow_controlled_len() as usize)
        .collect();
    assert!(
        sizes.len() <= limit,
        "not {limit} frames, but these: {sizes:?}"
    );
}

// Case 37.
async fn small_writes_at_a_closed_window_leave_in_full_frames(role: Role) {
    for len in [10_000, 100_000] {
        let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
        let tunnel = link.tunnel().await;
        let stream = tunnel.stream;
        let bytes = pattern(len);
        let writer = write_bytewise(tunnel, bytes.clone());
        run_until_idle().await;
        link.peer.grant(0, 1 << 20).await;
        link.peer.grant(stream, 1 << 20).await;
        let frames = frames_to_the_end(&mut link.peer).await;
        assert_coalesced(&frames, stream, &bytes, FRAME);
        let written = expect_soon("the writer", writer).await;
        written.expect("no panic").expect("open");
    }
}

// Case 37: the window is open, the socket is what they wait for.
async fn small_writes_at_a_stuck_socket_leave_in_full_frames(role: Role) {
    let options = Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.to_peer.stop_reading();
    let bytes = pattern(100_000);
    let writer = write_bytewise(tunnel, bytes.clone());
    run_until_idle().await;
    link.to_peer.resume();
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_coalesced(&frames, stream, &bytes, FRAME);
    let written = expect_soon("the writer", writer).await;
    written.expect("no panic").expect("open");
}

// Case 37: the order to end does not scatter them.
async fn small_writes_behind_a_shutdown_leave_in_full_frames(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(10_000);
    let writer = write_bytewise(tunnel, bytes.clone());
    run_until_idle().await;
    assert!(!writer.is_finished());
    link.peer.grant(stream, 10_000).await;
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_coalesced(&frames, stream, &bytes, FRAME);
}

// Case 37: with a send buffer of less than two frames, half of it is what gathers. Between two such, a writer may find the tunnel
// drained, and then its next byte leaves at once.
async fn a_small_send_buffer_gathers_too(role: Role) {
    let options = Options::new().stream_window(0).max_send_buf_size(2000);
    let mut link = Link::raw(role, &options).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(10_000);
    let writer = write_bytewise(tunnel, bytes.clone());
    run_until_idle().await;
    link.peer.grant(stream, 1 << 20).await;
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_coalesced(&frames, stream, &bytes, 1000 / 2);
    let written = expect_soon("the writer", writer).await;
    written.expect("no panic").expect("open");
}

// Case 38.
async fn the_first_byte_leaves_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"x").await.expect("open");
    let frames = link.peer.settled_frames().await;
    assert_eq!(payload_on(tunnel.stream, &frames), "x");
}

// Case 38: each finds the tunnel idle.
async fn a_byte_now_and_then_leaves_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    for byte in 0..100 {
        tunnel.upgraded.write_all(&[byte]).await.expect("open");
        let frames = link.peer.settled_frames().await;
        assert_eq!(payload_on(tunnel.stream, &frames), &[byte][..]);
    }
}

// Cases 8 and 37: a frame that could be larger is no reason to hold a smaller one back.
async fn a_frame_is_cut_by_the_window_alone(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(5000);
    let _writer = write_bytewise(tunnel, bytes.clone());
    run_until_idle().await;
    let mut arrived = Vec::new();
    for grant in [1, 10, 100, 1000, 3889] {
        link.peer.grant(stream, grant).await;
        let frames = link.peer.settled_frames().await;
        assert!(frames.len() <= 2, "{} frames", frames.len());
        let payload = payload_on(stream, &frames);
        assert_eq!(payload.len(), grant as usize);
        arrived.extend_from_slice(&payload);
    }
    assert!(arrived == bytes);
}
