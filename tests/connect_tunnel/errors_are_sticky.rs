//! Case 25: a tunnel that failed says so on every later call, and never takes back what it accepted in silence.

use std::io::{self, ErrorKind};

use h2::Reason;
use tokio::io::AsyncWriteExt;

use crate::cause::{all_codes, assert_reset_with};
use crate::support::scripted_h2::setting::INITIAL_WINDOW_SIZE;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::write_until_error;

both_roles!(
    after_a_reset_every_call_fails_alike,
    a_flush_does_not_call_lost_bytes_flushed,
    a_shutdown_does_not_call_lost_bytes_delivered,
    a_second_shutdown_does_not_hide_what_the_first_could_not_know,
    a_reset_after_a_clean_shutdown_does_not_undo_it_for_the_peer,
    a_write_of_nothing_accepts_nothing_and_sends_nothing,
);

fn options() -> Options {
    Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
        .socket_buffer(1000)
}

// Case 25.
async fn after_a_reset_every_call_fails_alike(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for code in all_codes() {
        let mut tunnel = link.tunnel().await;
        let mut write = Box::pin(write_until_error(&mut tunnel.upgraded));
        assert!(settle(&mut write).await.is_pending());
        link.peer.reset(tunnel.stream, code).await;
        assert_reset_with(&expect_soon("the writer's error", write).await, code);

        let io = &mut tunnel.upgraded;
        for _ in 0..2 {
            let calls: [io::Result<()>; 3] = [
                expect_soon("a flush", io.flush()).await,
                expect_soon("a write", io.write(b"more")).await.map(drop),
                expect_soon("a shutdown", io.shutdown()).await,
            ];
            for call in calls {
                assert_reset_with(&call.expect_err("the tunnel failed before"), code);
            }
        }
    }
}

// Case 25: the bytes went from the writer to h2, and are thrown away there.
async fn a_flush_does_not_call_lost_bytes_flushed(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    let accepted = tunnel.upgraded.write_all(&[7; 8000]).await;
    accepted.expect("the window is open");
    run_until_idle().await;
    link.peer.reset(tunnel.stream, Reason::INTERNAL_ERROR).await;
    run_until_idle().await;
    let flushed = expect_soon("the flush's end", tunnel.upgraded.flush()).await;
    assert_reset_with(&flushed.expect_err("lost"), Reason::INTERNAL_ERROR);
}

// Case 25.
async fn a_shutdown_does_not_call_lost_bytes_delivered(role: Role) {
    for code in all_codes() {
        let mut link = Link::raw(role, &options()).await;
        let mut tunnel = link.tunnel().await;
        link.to_peer.stop_reading();
        let accepted = tunnel.upgraded.write_all(&[7; 8000]).await;
        accepted.expect("the window is open");
        run_until_idle().await;
        link.peer.reset(tunnel.stream, code).await;
        run_until_idle().await;
        let ended = expect_soon("the shutdown's end", tunnel.upgraded.shutdown()).await;
        assert_reset_with(&ended.expect_err("lost"), code);
    }
}

// Case 25: a stream that both sides have ended, with a byte that a shrunken window keeps from the wire.
async fn a_second_shutdown_does_not_hide_what_the_first_could_not_know(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(1)).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    assert_eq!(tunnel.upgraded.write(b"x").await.expect("open"), 1);
    link.peer.send_last_data(tunnel.stream, "").await;
    assert!(link.peer.settled_frames().await.is_empty());
    tunnel.upgraded.shutdown().await.expect("END_STREAM queues");
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    run_until_idle().await;
    for _ in 0..2 {
        let io = &mut tunnel.upgraded;
        let ended = expect_soon("a shutdown", io.shutdown()).await;
        assert_eq!(ended.expect_err("lost").kind(), ErrorKind::BrokenPipe);
        let flushed = expect_soon("a flush", io.flush()).await;
        assert_eq!(flushed.expect_err("lost").kind(), ErrorKind::BrokenPipe);
    }
}

// Case 25: what was delivered stays delivered. A second shutdown may say either; a write may not succeed.
async fn a_reset_after_a_clean_shutdown_does_not_undo_it_for_the_peer(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"whole").await.expect("open");
    tunnel.upgraded.shutdown().await.expect("open");
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "whole");
    link.peer.reset(tunnel.stream, Reason::NO_ERROR).await;
    run_until_idle().await;
    let written = expect_soon("a write", tunnel.upgraded.write(b"more")).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe);
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 25: `Ok(0)` is for an empty buffer alone.
async fn a_write_of_nothing_accepts_nothing_and_sends_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    assert_eq!(tunnel.upgraded.write(b"").await.expect("open"), 0);
    tunnel.upgraded.flush().await.expect("nothing waits");
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(tunnel.upgraded.write(b"x").await.expect("open"), 1);
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 1).await, "x");
    assert!(link.peer.settled_frames().await.is_empty());
}
