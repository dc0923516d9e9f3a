//! RFC 9113, section 8.5: a proxy whose target has failed says so with CONNECT_ERROR, by
//! `Upgraded::abort`.

use std::time::Duration;

use h2::Reason;
use hyper::upgrade::Upgraded;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::giving_up::{
    assert_nothing_after_both_ends, assert_reset_after_shutdown, connect_error, frames_after,
    RawLink,
};
use super::pressure::{fill, FRAME};
use crate::support::heap;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{run_until_idle, settle};

const OPEN: u32 = 1 << 30;
const HOUR: Duration = Duration::from_secs(3600);

both_roles!(
    an_aborted_tunnel_is_a_connect_error_to_its_peer,
    bytes_that_wait_for_window_are_thrown_away,
    bytes_that_wait_for_the_socket_are_cut_off,
    a_tunnel_that_was_shut_down_is_reset_all_the_same,
    a_shutdown_that_waits_for_window_is_reset_at_once,
    a_tunnel_that_both_sides_ended_is_over,
    a_tunnel_that_the_peer_has_reset_is_not_reset_again,
    siblings_of_an_aborted_tunnel_go_on,
    a_thousand_aborted_tunnels_leave_nothing_behind,
);

async fn abort(link: &mut RawLink, tunnel: Tunnel<u32>) -> Vec<Frame> {
    frames_after(Upgraded::abort, link, tunnel).await
}

async fn an_aborted_tunnel_is_a_connect_error_to_its_peer(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"half a").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 6).await, "half a");
    assert_eq!(abort(&mut link, tunnel).await, [connect_error(stream)]);
    assert_eq!(link.executor.live(), without_tunnel);
}

async fn bytes_that_wait_for_window_are_thrown_away(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    assert_eq!(fill(&mut tunnel.upgraded, &[1; 1000], FRAME).await, FRAME);
    assert_eq!(abort(&mut link, tunnel).await, [connect_error(stream)]);
    link.peer.grant(stream, 1 << 20).await;
    assert_eq!(link.peer.settled_frames().await, []);
}

async fn bytes_that_wait_for_the_socket_are_cut_off(role: Role) {
    let options = Options::new().stream_window(OPEN).connection_window(OPEN);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.to_peer.stop_reading();
    let accepted = fill(&mut tunnel.upgraded, &[1; 8 << 10], 2 << 20).await;
    tunnel.upgraded.into_inner().abort();
    run_until_idle().await;
    link.to_peer.resume();

    let mut frames = link.peer.settled_frames().await;
    assert_eq!(frames.pop(), Some(connect_error(stream)));
    let payload = |frame: &Frame| match frame {
        Frame::Data {
            payload,
            end_stream,
            ..
        } => {
            assert!(!end_stream, "an aborted tunnel looks complete");
            payload.len()
        }
        other => panic!("{other:?} before the reset"),
    };
    let arrived: usize = frames.iter().map(payload).sum();
    assert!(arrived < accepted / 2, "{arrived} of {accepted} were sent");
}

async fn a_tunnel_that_was_shut_down_is_reset_all_the_same(role: Role) {
    assert_reset_after_shutdown(Upgraded::abort, role).await;
}

async fn a_shutdown_that_waits_for_window_is_reset_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"waits").await.expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    drop(shutdown);
    assert_eq!(abort(&mut link, tunnel).await, [connect_error(stream)]);
}

async fn a_tunnel_that_both_sides_ended_is_over(role: Role) {
    assert_nothing_after_both_ends(Upgraded::abort, role).await;
}

async fn a_tunnel_that_the_peer_has_reset_is_not_reset_again(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await;
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(abort(&mut link, tunnel).await, []);
}

async fn siblings_of_an_aborted_tunnel_go_on(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut sibling = link.tunnel().await;
    let doomed = link.tunnel().await;
    let stream = doomed.stream;
    assert_eq!(abort(&mut link, doomed).await, [connect_error(stream)]);
    sibling.upgraded.write_all(b"here").await.expect("open");
    assert_eq!(link.peer.expect_bytes(sibling.stream, 4).await, "here");
}

async fn a_thousand_aborted_tunnels_leave_nothing_behind(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    // The tables of connection and peer grow with the first ones.
    for _ in 0..100 {
        fill_and_abort(&mut link).await;
    }
    sleep(HOUR).await;
    let mark = heap::mark();
    for _ in 0..900 {
        fill_and_abort(&mut link).await;
    }
    sleep(HOUR).await;
    assert_eq!(link.executor.live(), without_tunnel);
    assert!(mark.grown() <= 64 << 10, "{} bytes stay", mark.grown());
}

async fn fill_and_abort(link: &mut RawLink) {
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    fill(&mut tunnel.upgraded, &[1; FRAME], FRAME).await;
    assert_eq!(abort(link, tunnel).await, [connect_error(stream)]);
}
