//! `Upgraded::held`: how much of what was written has not left, told at any time.

use h2::Reason;
use tokio::io::AsyncWriteExt;

use super::pressure::{fill, FRAME};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::run_until_idle;

const OPEN: u32 = 1 << 30;

both_roles!(
    an_idle_tunnel_holds_nothing,
    what_waits_for_window_is_held_until_it_leaves,
    what_waits_for_the_socket_is_held_until_it_is_read,
    a_dropped_tunnel_holds_what_has_not_left,
    a_tunnel_that_was_reset_holds_nothing,
    an_aborted_tunnel_holds_nothing,
    it_is_told_while_another_task_writes,
);

async fn an_idle_tunnel_holds_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    assert_eq!(held.bytes(), 0);
    tunnel.upgraded.write_all(b"bytes").await.expect("open");
    link.peer.expect_bytes(tunnel.stream, 5).await;
    run_until_idle().await;
    assert_eq!(held.bytes(), 0);
    assert_eq!(format!("{held:?}"), "Held(0)");
}

async fn what_waits_for_window_is_held_until_it_leaves(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    assert_eq!(fill(&mut tunnel.upgraded, &[1; 100], FRAME).await, FRAME);
    assert_eq!(held.bytes(), FRAME);
    link.peer.grant(tunnel.stream, 10_000).await;
    link.peer.expect_bytes(tunnel.stream, 10_000).await;
    run_until_idle().await;
    assert_eq!(held.bytes(), FRAME - 10_000);
    link.peer.grant(tunnel.stream, OPEN).await;
    link.peer.expect_bytes(tunnel.stream, FRAME - 10_000).await;
    run_until_idle().await;
    assert_eq!(held.bytes(), 0);
}

async fn what_waits_for_the_socket_is_held_until_it_is_read(role: Role) {
    const LIMIT: usize = 100_000;
    let options = Options::new()
        .stream_window(OPEN)
        .connection_window(OPEN)
        .max_send_buf_size(LIMIT);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    link.to_peer.stop_reading();
    let accepted = fill(&mut tunnel.upgraded, &[1; 5000], 2 * LIMIT).await;
    assert!((LIMIT - FRAME..=LIMIT).contains(&held.bytes()), "{held:?}");
    link.to_peer.resume();
    link.peer.expect_bytes(tunnel.stream, accepted).await;
    run_until_idle().await;
    assert_eq!(held.bytes(), 0);
}

async fn a_dropped_tunnel_holds_what_has_not_left(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    tunnel.upgraded.write_all(b"bytes").await.expect("open");
    drop(tunnel.upgraded);
    run_until_idle().await;
    assert_eq!(held.bytes(), 5);
    link.peer.grant(tunnel.stream, 5).await;
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "bytes");
    link.peer.send_last_data(tunnel.stream, "").await;
    run_until_idle().await;
    assert_eq!(held.bytes(), 0);
}

async fn a_tunnel_that_was_reset_holds_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    tunnel.upgraded.write_all(b"bytes").await.expect("open");
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    let written = tunnel.upgraded.write_all(&[1; FRAME]).await;
    written.expect_err("the stream was reset");
    drop(tunnel.upgraded);
    run_until_idle().await;
    assert_eq!(held.bytes(), 0);
}

async fn an_aborted_tunnel_holds_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    tunnel.upgraded.write_all(b"bytes").await.expect("open");
    tunnel.upgraded.into_inner().abort();
    assert_eq!(held.bytes(), 0);
}

async fn it_is_told_while_another_task_writes(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let held = tunnel.upgraded.get_ref().held();
    let clone = held.clone();
    let writing = tokio::spawn(async move { tunnel.upgraded.write_all(&[1; 2 * FRAME]).await });
    run_until_idle().await;
    assert_eq!((held.bytes(), clone.bytes()), (FRAME, FRAME));
    link.peer.grant(tunnel.stream, OPEN).await;
    link.peer.expect_bytes(tunnel.stream, 2 * FRAME).await;
    writing.await.expect("no panic").expect("open");
}
