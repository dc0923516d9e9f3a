//! Case 29: a dropped tunnel sends what it accepted, then END_STREAM. One dropped by a panic is reset.

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::{
    assert_whole, frames_to_the_end, is_bare_end, pattern, payload_on, write_until_pending,
};

both_roles!(
    bytes_that_wait_for_window_are_sent_after_the_drop,
    bytes_that_wait_for_the_socket_are_sent_after_the_drop,
    a_drop_right_after_the_write_loses_nothing,
    a_drop_with_a_write_pending_sends_what_was_accepted,
    an_idle_tunnel_dropped_ends_at_once,
    both_halves_dropped_apart_lose_nothing,
    a_panic_resets_what_waits_for_window,
    a_panic_resets_an_idle_tunnel,
    a_panic_after_shutdown_takes_nothing_back,
    a_panic_while_shutdown_waits_resets,
);

// Case 29.
async fn bytes_that_wait_for_window_are_sent_after_the_drop(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(10_000);
    tunnel
        .upgraded
        .write_all(&bytes)
        .await
        .expect("below a frame");
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
    let mut frames = Vec::new();
    for _ in 0..100 {
        link.peer.grant(stream, 100).await;
        frames.extend(link.peer.settled_frames().await);
    }
    assert_whole(&frames, &bytes);
}

// Case 29: more than a socket takes at once, all of it already past the window.
async fn bytes_that_wait_for_the_socket_are_sent_after_the_drop(role: Role) {
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    let bytes = pattern(4 << 20);
    let accepted = write_until_pending(&mut tunnel.upgraded, &bytes).await;
    assert!(accepted > 100_000, "only {accepted} bytes were accepted");
    drop(tunnel);
    link.to_peer.resume();
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_whole(&frames, &bytes[..accepted]);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 29: without a single poll of the tunnel's task in between.
async fn a_drop_right_after_the_write_loses_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    for len in [1, 1000, 60_000] {
        let mut tunnel = link.tunnel().await;
        let (stream, bytes) = (tunnel.stream, pattern(len));
        let accepted = tunnel.upgraded.write(&bytes).await.expect("open");
        drop(tunnel);
        let frames = link.peer.settled_frames().await;
        assert_whole(&frames, &bytes[..accepted]);
        link.peer.send_last_data(stream, "").await;
        link.peer.grant(0, accepted as u32).await;
        assert!(link.peer.settled_frames().await.is_empty());
    }
}

// Case 29: nothing of a write that returned `Pending` was accepted.
async fn a_drop_with_a_write_pending_sends_what_was_accepted(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(1 << 20);
    let accepted = write_until_pending(&mut tunnel.upgraded, &bytes).await;
    drop(tunnel);
    link.peer.grant(stream, 1 << 20).await;
    link.peer.grant(0, 1 << 20).await;
    assert_whole(&link.peer.settled_frames().await, &bytes[..accepted]);
}

// Case 29.
async fn an_idle_tunnel_dropped_ends_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    drop(tunnel);
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

// Case 29: a reader that goes first takes nothing from the writer.
async fn both_halves_dropped_apart_lose_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    write.write_all(b"to the last").await.expect("open");
    let mut byte = [0];
    let mut reading = Box::pin(read.read(&mut byte));
    assert!(settle(&mut reading).await.is_pending());
    drop(reading);
    drop(read);
    assert!(link.peer.settled_frames().await.is_empty());
    drop(write);
    link.peer.grant(stream, 1000).await;
    assert_whole(&link.peer.settled_frames().await, b"to the last");
}

/// Has `tunnel` dropped by a panic.
async fn panic_with(tunnel: Tunnel<u32>) {
    let panicked = tokio::spawn(async move {
        let _tunnel = tunnel;
        // Unlike `panic!`, this leaves the test's output alone.
        std::panic::resume_unwind(Box::new("the handler panics"));
    });
    panicked.await.expect_err("the task panics");
}

// Case 29: a truncated stream must never look complete.
async fn a_panic_resets_what_waits_for_window(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(&pattern(5000))
        .await
        .expect("open");
    link.peer.grant(stream, 1000).await;
    let frames = link.peer.settled_frames().await;
    assert_eq!(payload_on(stream, &frames), pattern(1000));
    panic_with(tunnel).await;
    assert_eq!(link.peer.expect_reset(stream).await, Reason::INTERNAL_ERROR);
    link.peer.grant(stream, 4000).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 29: the panic came before the rest was even written.
async fn a_panic_resets_an_idle_tunnel(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"half of ").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 8).await, "half of ");
    panic_with(tunnel).await;
    assert_eq!(link.peer.expect_reset(stream).await, Reason::INTERNAL_ERROR);
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 29: what was finished before the panic is whole.
async fn a_panic_after_shutdown_takes_nothing_back(role: Role) {
    let options = Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    let bytes = pattern(20_000);
    tunnel.upgraded.write_all(&bytes).await.expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    let is_done = settle(&mut shutdown).await.is_ready();
    drop(shutdown);
    assert!(is_done, "with the window open there is nothing to wait for");
    panic_with(tunnel).await;
    link.to_peer.resume();
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_whole(&frames, &bytes);
}

// Case 29: asked for, but not done: the user was not told `Ok`, and nor is the peer.
async fn a_panic_while_shutdown_waits_resets(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"waiting").await.expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    drop(shutdown);
    panic_with(tunnel).await;
    let frames = expect_soon("a reset", link.peer.settled_frames()).await;
    let is_reset = |frame: &Frame| {
        matches!(
            frame,
            Frame::Reset {
                code: Reason::INTERNAL_ERROR,
                ..
            }
        )
    };
    assert!(
        matches!(&frames[..], [reset] if is_reset(reset)),
        "{frames:?}"
    );
}
