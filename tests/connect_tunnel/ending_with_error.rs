//! RFC 9113, section 8.5: what a failed target has sent is delivered, and CONNECT_ERROR says that it was not all, by
//! `Upgraded::end_with_error`.

use std::time::Duration;

use h2::Reason;
use hyper::upgrade::Upgraded;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::giving_up::{
    assert_nothing_after_both_ends, assert_reset_after_shutdown, connect_error, frames_after,
    RawLink,
};
use super::pattern::Arrived;
use super::pressure::{PatternWriter, FRAME};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::{run_until_idle, settle};

const OPEN: u32 = 1 << 30;

both_roles!(
    an_idle_tunnel_is_reset_at_once,
    bytes_that_wait_for_window_are_delivered_before_the_reset,
    bytes_that_wait_for_the_socket_are_delivered_before_the_reset,
    a_window_dripped_open_delivers_every_byte,
    a_tunnel_that_was_shut_down_is_reset,
    a_shutdown_that_waits_for_window_ends_in_the_reset,
    a_tunnel_that_both_sides_ended_is_over,
    a_peer_that_resets_meanwhile_is_not_reset,
    a_peer_that_never_opens_the_window_is_reset_after_the_linger,
    what_the_peer_goes_on_sending_disturbs_nobody,
);

async fn end(link: &mut RawLink, tunnel: Tunnel<u32>) -> Vec<Frame> {
    frames_after(Upgraded::end_with_error, link, tunnel).await
}

/// Takes the bytes of `frames`; none of them may end the stream.
fn note(frames: &[Frame], arrived: &mut Arrived) {
    for frame in frames {
        match frame {
            Frame::Data {
                payload,
                end_stream: false,
                ..
            } => arrived.push(payload),
            other => panic!("{other:?} among the data"),
        }
    }
}

async fn an_idle_tunnel_is_reset_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    assert_eq!(end(&mut link, tunnel).await, [connect_error(stream)]);
    assert_eq!(link.executor.live(), without_tunnel);
}

async fn bytes_that_wait_for_window_are_delivered_before_the_reset(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let (stream, held) = (tunnel.stream, tunnel.upgraded.get_ref().held());
    let mut writer = PatternWriter::default();
    while writer.offer(&mut tunnel.upgraded, 1000).await {}
    assert_eq!(end(&mut link, tunnel).await, []);
    assert_eq!(held.bytes(), FRAME);

    link.peer.grant(stream, OPEN).await;
    let mut frames = link.peer.settled_frames().await;
    assert_eq!(frames.pop(), Some(connect_error(stream)));
    let mut arrived = Arrived::default();
    note(&frames, &mut arrived);
    assert_eq!(arrived.len(), writer.accepted());
    assert_eq!(held.bytes(), 0);
    assert_eq!(link.executor.live(), without_tunnel);
}

async fn bytes_that_wait_for_the_socket_are_delivered_before_the_reset(role: Role) {
    let options = Options::new().stream_window(OPEN).connection_window(OPEN);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.to_peer.stop_reading();
    let mut writer = PatternWriter::default();
    while writer.offer(&mut tunnel.upgraded, 5000).await {}
    tunnel.upgraded.into_inner().end_with_error();
    run_until_idle().await;
    link.to_peer.resume();
    let mut frames = link.peer.settled_frames().await;
    assert_eq!(frames.pop(), Some(connect_error(stream)));
    let mut arrived = Arrived::default();
    note(&frames, &mut arrived);
    assert_eq!(arrived.len(), writer.accepted());
}

async fn a_window_dripped_open_delivers_every_byte(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let mut writer = PatternWriter::default();
    assert!(writer.offer(&mut tunnel.upgraded, 100).await);
    assert_eq!(end(&mut link, tunnel).await, []);
    let mut arrived = Arrived::default();
    while arrived.len() < 99 {
        link.peer.grant(stream, 1).await;
        note(&link.peer.settled_frames().await, &mut arrived);
    }
    link.peer.grant(stream, 1).await;
    let mut frames = link.peer.settled_frames().await;
    assert_eq!(frames.pop(), Some(connect_error(stream)));
    note(&frames, &mut arrived);
    assert_eq!(arrived.len(), 100);
}

async fn a_tunnel_that_was_shut_down_is_reset(role: Role) {
    assert_reset_after_shutdown(Upgraded::end_with_error, role).await;
}

async fn a_shutdown_that_waits_for_window_ends_in_the_reset(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"waits").await.expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    drop(shutdown);
    assert_eq!(end(&mut link, tunnel).await, []);
    link.peer.grant(stream, 5).await;
    assert_eq!(link.peer.read_to_end(stream).await, "waits");
    assert_eq!(link.peer.settled_frames().await, [connect_error(stream)]);
}

async fn a_tunnel_that_both_sides_ended_is_over(role: Role) {
    assert_nothing_after_both_ends(Upgraded::end_with_error, role).await;
}

async fn a_peer_that_resets_meanwhile_is_not_reset(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"waits").await.expect("open");
    assert_eq!(end(&mut link, tunnel).await, []);
    link.peer.reset(stream, Reason::CANCEL).await;
    assert_eq!(link.peer.settled_frames().await, []);
    assert_eq!(link.executor.live(), without_tunnel);
}

async fn a_peer_that_never_opens_the_window_is_reset_after_the_linger(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let (stream, held) = (tunnel.stream, tunnel.upgraded.get_ref().held());
    tunnel.upgraded.write_all(b"waits").await.expect("open");
    assert_eq!(end(&mut link, tunnel).await, []);
    sleep(Duration::from_secs(29)).await;
    assert_eq!(link.peer.settled_frames().await, []);
    assert_eq!(held.bytes(), 5);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(link.peer.settled_frames().await, [connect_error(stream)]);
    assert_eq!(held.bytes(), 0);
    assert_eq!(link.executor.live(), without_tunnel);
}

async fn what_the_peer_goes_on_sending_disturbs_nobody(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"waits").await.expect("open");
    let mut sibling = link.tunnel().await;
    assert_eq!(end(&mut link, tunnel).await, []);
    for _ in 0..10 {
        link.peer.send_data(stream, vec![1; 5000]).await;
    }
    link.peer.grant(stream, 5).await;
    assert_eq!(link.peer.expect_bytes(stream, 5).await, "waits");
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CONNECT_ERROR);
    sibling.upgraded.write_all(b"here").await.expect("open");
    link.peer.grant(sibling.stream, 4).await;
    assert_eq!(link.peer.expect_bytes(sibling.stream, 4).await, "here");
}
