//! What the two ways of ending a tunnel as failed have in common, `Upgraded::abort` and `Upgraded::end_with_error`.

use h2::Reason;
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{Frame, RawPeer};
use crate::support::tunnels::{Link, Options, Role, Tunnel};

pub type RawLink = Link<RawPeer<WireEnd>>;

pub fn connect_error(stream: u32) -> Frame {
    Frame::Reset {
        stream,
        code: Reason::CONNECT_ERROR,
    }
}

/// Gives `tunnel` up, and returns all that its peer is sent from then on.
pub async fn frames_after(
    give_up: fn(Upgraded),
    link: &mut RawLink,
    tunnel: Tunnel<u32>,
) -> Vec<Frame> {
    give_up(tunnel.upgraded.into_inner());
    link.peer.settled_frames().await
}

pub async fn assert_reset_after_shutdown(give_up: fn(Upgraded), role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(stream).await;
    let frames = frames_after(give_up, &mut link, tunnel).await;
    assert_eq!(frames, [connect_error(stream)]);
}

pub async fn assert_nothing_after_both_ends(give_up: fn(Upgraded), role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_data(tunnel.stream, "all").await;
    let mut all = String::new();
    let read = tunnel.upgraded.read_to_string(&mut all).await;
    read.expect("a clean end");
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(tunnel.stream).await;
    assert_eq!(frames_after(give_up, &mut link, tunnel).await, []);
}
