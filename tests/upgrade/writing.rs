//! Contract 6.4-7, 7.3-1: what is written to a tunnel.

use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::pin::Pin;

use hyper::rt::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

both_roles!(
    a_write_leaves_without_a_flush,
    a_write_of_nothing_is_done_and_sends_nothing,
    a_tunnel_is_not_vectored_and_takes_slices_all_the_same,
    shutdown_ends_the_stream_once,
    writing_after_shutdown_is_a_broken_pipe,
    reading_goes_on_after_shutdown,
    a_write_waits_while_there_is_no_window,
    dropping_a_tunnel_ends_its_stream_cleanly,
    flush_is_done_when_nothing_waits,
);

// Contract 6.4-7.
async fn a_write_leaves_without_a_flush(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let write = tunnel.upgraded.write(b"bytes").await;
    assert_eq!(write.expect("open"), 5);
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 5).await, "bytes");
}

// Contract 6.4-7.
async fn a_write_of_nothing_is_done_and_sends_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    assert_eq!(tunnel.upgraded.write(b"").await.expect("open"), 0);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Contract 6.4-7, 7.2-1.
async fn a_tunnel_is_not_vectored_and_takes_slices_all_the_same(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await;
    let mut upgraded = tunnel.upgraded.into_inner();
    assert!(!upgraded.is_write_vectored());
    let slices = [b"" as &[u8], b"first", b"second"].map(IoSlice::new);
    let write = poll_fn(|cx| Pin::new(&mut upgraded).poll_write_vectored(cx, &slices));
    assert_eq!(write.await.expect("open"), 5);
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 5).await, "first");
}

// Contract 6.4-7.
async fn shutdown_ends_the_stream_once(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"last").await.expect("open");
    tunnel.upgraded.shutdown().await.expect("open");
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "last");
    run_until_idle().await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Contract 6.4-7.
async fn writing_after_shutdown_is_a_broken_pipe(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(tunnel.stream).await;
    run_until_idle().await;
    let failed = tunnel.upgraded.write(b"more").await;
    assert_eq!(failed.expect_err("ended").kind(), ErrorKind::BrokenPipe);
}

// Contract 6.4-7, 6.4-6.
async fn reading_goes_on_after_shutdown(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(tunnel.stream).await;
    link.peer.send_data(tunnel.stream, "still ").await;
    link.peer.send_last_data(tunnel.stream, "here").await;
    let mut read = String::new();
    tunnel
        .upgraded
        .read_to_string(&mut read)
        .await
        .expect("EOF");
    assert_eq!(read, "still here");
}

// Contract 6.4-7: backpressure.
async fn a_write_waits_while_there_is_no_window(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = vec![5; 1 << 20];
    let mut write = Box::pin(async {
        tunnel.upgraded.write_all(&bytes).await?;
        tunnel.upgraded.shutdown().await
    });
    assert!(settle(&mut write).await.is_pending());
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 1 << 20).await;
    link.peer.grant(0, 1 << 20).await;
    let (written, received) = tokio::join!(write, link.peer.read_to_end(stream));
    written.expect("open");
    assert!(received == bytes);
}

// Contract 6.4-7.
async fn dropping_a_tunnel_ends_its_stream_cleanly(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.send_last_data(stream, "read").await;
    let mut read = String::new();
    tunnel
        .upgraded
        .read_to_string(&mut read)
        .await
        .expect("EOF");
    tunnel.upgraded.write_all(b"written").await.expect("open");
    drop(tunnel);
    assert_eq!(link.peer.read_to_end(stream).await, "written");
    let frames = link.peer.settled_frames().await;
    let reset = frames
        .iter()
        .any(|frame| matches!(frame, Frame::Reset { .. }));
    assert!(!reset, "{frames:?}");
}

// Contract 7.3-1.
async fn flush_is_done_when_nothing_waits(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let flush = expect_soon("the flush", tunnel.upgraded.flush()).await;
    flush.expect("open");
    tunnel.upgraded.write_all(b"bytes").await.expect("open");
    let flush = expect_soon("the flush", tunnel.upgraded.flush()).await;
    flush.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 5).await, "bytes");
}
