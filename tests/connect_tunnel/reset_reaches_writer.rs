//! Case 23: RST_STREAM wakes whoever waits to write, with a kind that fits and the reason behind it.

use h2::Reason;
use tokio::io::AsyncWriteExt;

use crate::cause::{all_codes, assert_reset_with};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::write_until_error;

both_roles!(
    a_write_waiting_for_window_fails_with_the_resets_reason,
    a_write_waiting_for_the_socket_fails_with_the_resets_reason,
    a_waiting_flush_fails_with_the_resets_reason,
    a_waiting_shutdown_fails_with_the_resets_reason,
    a_reset_behind_a_grant_wins_over_it,
    a_reset_before_the_first_write_is_told_by_it,
    a_reset_before_a_shutdown_is_told_by_it,
    a_reset_after_shutdown_ends_the_reading_too,
    a_reset_takes_no_sibling_with_it,
    a_reset_ends_the_task_though_the_tunnel_is_kept,
);

// Case 23.
async fn a_write_waiting_for_window_fails_with_the_resets_reason(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        let mut write = Box::pin(write_until_error(&mut tunnel.upgraded));
        assert!(settle(&mut write).await.is_pending());
        link.peer.reset(tunnel.stream, code).await;
        assert_reset_with(&expect_soon("the writer's error", write).await, code);
    }
}

// Case 23, with bytes in h2's queue instead of at the window.
async fn a_write_waiting_for_the_socket_fails_with_the_resets_reason(role: Role) {
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    let mut write = Box::pin(write_until_error(&mut tunnel.upgraded));
    assert!(settle(&mut write).await.is_pending());
    link.peer.reset(tunnel.stream, Reason::INTERNAL_ERROR).await;
    let err = expect_soon("the writer's error", write).await;
    assert_reset_with(&err, Reason::INTERNAL_ERROR);
}

// Case 23.
async fn a_waiting_flush_fails_with_the_resets_reason(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        let accepted = tunnel.upgraded.write_all(b"waits for window").await;
        accepted.expect("an idle tunnel takes a few bytes");
        let mut flush = Box::pin(tunnel.upgraded.flush());
        assert!(settle(&mut flush).await.is_pending());
        link.peer.reset(tunnel.stream, code).await;
        let flushed = expect_soon("the flush's end", flush).await;
        assert_reset_with(&flushed.expect_err("the bytes are lost"), code);
    }
}

// Case 23.
async fn a_waiting_shutdown_fails_with_the_resets_reason(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        let accepted = tunnel.upgraded.write_all(b"waits for window").await;
        accepted.expect("an idle tunnel takes a few bytes");
        let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
        assert!(settle(&mut shutdown).await.is_pending());
        link.peer.reset(tunnel.stream, code).await;
        let ended = expect_soon("the shutdown's end", shutdown).await;
        assert_reset_with(&ended.expect_err("the bytes are lost"), code);
    }
}

// Case 23: whatever the peer granted before, bytes go nowhere after the reset.
async fn a_reset_behind_a_grant_wins_over_it(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let mut write = Box::pin(write_until_error(&mut tunnel.upgraded));
    assert!(settle(&mut write).await.is_pending());
    link.peer.grant(tunnel.stream, 100).await;
    link.peer.reset(tunnel.stream, Reason::REFUSED_STREAM).await;
    link.peer.grant(tunnel.stream, 100).await;
    let err = expect_soon("the writer's error", write).await;
    assert_reset_with(&err, Reason::REFUSED_STREAM);
}

// Case 23: an idle tunnel waits for nothing, and learns of its reset when it is used.
async fn a_reset_before_the_first_write_is_told_by_it(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        link.peer.reset(tunnel.stream, code).await;
        run_until_idle().await;
        let err = expect_soon("an error", write_until_error(&mut tunnel.upgraded)).await;
        assert_reset_with(&err, code);
    }
}

// Case 23.
async fn a_reset_before_a_shutdown_is_told_by_it(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        link.peer.reset(tunnel.stream, code).await;
        run_until_idle().await;
        let ended = expect_soon("the shutdown's end", tunnel.upgraded.shutdown()).await;
        assert_reset_with(&ended.expect_err("no END_STREAM can be sent"), code);
    }
}

// Case 23: after END_STREAM only the reader is left to be told.
async fn a_reset_after_shutdown_ends_the_reading_too(role: Role) {
    use tokio::io::AsyncReadExt;

    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel
        .upgraded
        .shutdown()
        .await
        .expect("the stream is open");
    link.peer.expect_end(tunnel.stream).await;
    let mut byte = [0];
    let mut read = Box::pin(tunnel.upgraded.read(&mut byte));
    assert!(settle(&mut read).await.is_pending());
    link.peer.reset(tunnel.stream, Reason::INTERNAL_ERROR).await;
    let read = expect_soon("the reader's error", read).await;
    read.expect_err("the peer broke off");
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 23: a reset is the matter of one stream.
async fn a_reset_takes_no_sibling_with_it(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut doomed = link.tunnel().await;
    let mut sibling = link.tunnel().await;
    let accepted = sibling.upgraded.write_all(b"sibling").await;
    accepted.expect("an idle tunnel takes a few bytes");
    let mut write = Box::pin(write_until_error(&mut doomed.upgraded));
    assert!(settle(&mut write).await.is_pending());
    link.peer.reset(doomed.stream, Reason::CANCEL).await;
    expect_soon("the writer's error", write).await;

    link.peer.grant(sibling.stream, 100).await;
    assert_eq!(link.peer.expect_bytes(sibling.stream, 7).await, "sibling");
    sibling.upgraded.write_all(b"goes on").await.expect("open");
    assert_eq!(link.peer.expect_bytes(sibling.stream, 7).await, "goes on");
}

// Cases 6 and 23: with the stream over there is nothing left to serve.
async fn a_reset_ends_the_task_though_the_tunnel_is_kept(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnels = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let accepted = tunnel.upgraded.write_all(b"waits for window").await;
    accepted.expect("an idle tunnel takes a few bytes");
    run_until_idle().await;
    assert!(link.executor.live() > without_tunnels);
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnels);
    let err = write_until_error(&mut tunnel.upgraded).await;
    assert_reset_with(&err, Reason::CANCEL);
}
