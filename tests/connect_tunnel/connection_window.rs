//! The connection's window belongs to those who have bytes to send.

use std::task::Context;

use h2::Reason;

use super::pressure::{fill, offer, poll_write, Io, FRAME};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{setting::INITIAL_WINDOW_SIZE, Frame, RawPeer};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{run_until_idle, CountingWaker};

const CONNECTION: usize = 65_535;
/// More than any test here sends.
const OPEN: u32 = 1 << 30;

both_roles!(
    a_writer_waits_for_the_connections_window_and_wakes_on_it,
    all_that_wait_share_what_the_connection_is_granted,
    an_idle_tunnel_leaves_the_connections_window_to_its_siblings,
    a_tunnel_stalled_on_its_own_window_pins_nothing,
    an_abandoned_write_reserves_nothing,
    a_dropped_tunnel_gives_its_capacity_back,
    a_reset_tunnel_gives_its_capacity_back,
);

fn open() -> Options {
    Options::new().stream_window(OPEN)
}

/// Writes 1 KiB pieces until nothing moves, the peer reading along. Returns how much DATA arrived on any stream.
async fn write_out(peer: &mut RawPeer<WireEnd>, tunnel: &mut Io) -> usize {
    let mut arrived = 0;
    loop {
        let accepted = fill(tunnel, &[1; 1024], 1 << 20).await;
        let received = received(peer).await;
        arrived += received;
        if accepted + received == 0 {
            return arrived;
        }
    }
}

/// How much DATA arrives on any stream before all is at rest.
async fn received(peer: &mut RawPeer<WireEnd>) -> usize {
    let frames = peer.settled_frames().await;
    let payloads = frames.iter().map(Frame::flow_controlled_len);
    payloads.sum::<u32>() as usize
}

/// Case 10.
async fn a_writer_waits_for_the_connections_window_and_wakes_on_it(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut greedy = link.tunnel().await;
    let mut tunnel = link.tunnel().await;
    assert_eq!(
        write_out(&mut link.peer, &mut greedy.upgraded).await,
        CONNECTION
    );
    // What the greedy one still waits with would take the grant first.
    link.peer.reset(greedy.stream, Reason::CANCEL).await;
    run_until_idle().await;

    fill(&mut tunnel.upgraded, &[1; 1024], 4 * FRAME).await;
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(poll_write(&mut tunnel.upgraded, &mut cx, &[1]).is_pending());
    // Its own window is no news: that was open all along.
    link.peer.grant(tunnel.stream, 1000).await;
    assert_eq!(received(&mut link.peer).await, 0);
    assert_eq!(wakes.wakes(), 0);

    link.peer.grant(0, 1).await;
    link.peer.expect_bytes(tunnel.stream, 1).await;
    run_until_idle().await;
    assert!(wakes.wakes() > 0);
    assert!(poll_write(&mut tunnel.upgraded, &mut cx, &[1]).is_ready());
}

/// Case 10, for many: nobody is left behind, nothing is left over.
async fn all_that_wait_share_what_the_connection_is_granted(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut greedy = link.tunnel().await;
    let mut tunnels = Vec::new();
    for _ in 0..20 {
        tunnels.push(link.tunnel().await);
    }
    write_out(&mut link.peer, &mut greedy.upgraded).await;
    let mut waiting = 0;
    for tunnel in &mut tunnels {
        waiting += fill(&mut tunnel.upgraded, &[1; 1000], 4 * FRAME).await;
    }
    waiting += fill(&mut greedy.upgraded, &[1; 1000], 4 * FRAME).await;

    link.peer.grant(0, 10_000).await;
    assert_eq!(received(&mut link.peer).await, 10_000);
    link.peer.grant(0, OPEN).await;
    let rest = received(&mut link.peer).await;
    assert!(rest + 10_000 >= waiting, "{rest} of {waiting} bytes");
    for tunnel in &mut tunnels {
        let accepted = offer(&mut tunnel.upgraded, &[1]).await;
        assert_eq!(accepted, Some(1));
    }
}

/// Case 16.
async fn an_idle_tunnel_leaves_the_connections_window_to_its_siblings(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut idle = Vec::new();
    let mut used = 0;
    // Never used; used with room to spare; used with writes that were taken in part.
    for size in [0, 1, 1000, 3000, 40_000] {
        let mut tunnel = link.tunnel().await;
        if size > 0 {
            offer(&mut tunnel.upgraded, &vec![1; size]).await;
            used += received(&mut link.peer).await;
        }
        idle.push(tunnel);
    }
    assert!((4001..CONNECTION).contains(&used));
    let mut busy = link.tunnel().await;
    let sent = write_out(&mut link.peer, &mut busy.upgraded).await;
    assert_eq!(sent, CONNECTION - used);
}

/// Case 16: waiting for one window is no claim on the other.
async fn a_tunnel_stalled_on_its_own_window_pins_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut stalled = Vec::new();
    for _ in 0..10 {
        let mut tunnel = link.tunnel().await;
        fill(&mut tunnel.upgraded, &[1; 8 << 10], 4 * FRAME).await;
        stalled.push(tunnel);
    }
    let mut busy = link.tunnel().await;
    link.peer.grant(busy.stream, OPEN).await;
    let sent = write_out(&mut link.peer, &mut busy.upgraded).await;
    assert_eq!(sent, CONNECTION);
}

/// Case 17: with the socket full, so that the window is open to be claimed.
async fn an_abandoned_write_reserves_nothing(role: Role) {
    let options = open().connection_window(1 << 20).max_send_buf_size(100);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let mut sibling = link.tunnel().await;
    link.to_peer.set_buffer(0);
    let accepted = fill(&mut tunnel.upgraded, &[1; 100_000], 1 << 20).await;
    // Pending, and never polled again: nothing of it may count.
    assert_eq!(offer(&mut tunnel.upgraded, &[1; 100_000]).await, None);
    link.to_peer.set_buffer(64 << 10);
    assert_eq!(received(&mut link.peer).await, accepted);
    let sent = write_out(&mut link.peer, &mut sibling.upgraded).await;
    assert_eq!(sent, (1 << 20) - accepted);

    link.peer.grant(0, 5).await;
    assert_eq!(received(&mut link.peer).await, 5);
    link.peer.grant(0, 50_000).await;
    assert!(received(&mut link.peer).await > 0);
    assert_eq!(offer(&mut tunnel.upgraded, b"next").await, Some(4));
    assert_eq!(&link.peer.expect_bytes(tunnel.stream, 4).await[..], b"next");
}

/// Case 18.
async fn a_dropped_tunnel_gives_its_capacity_back(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut sibling = link.tunnel().await;
    let mut dropped = 0;
    for accepted in [1, 1000, 20_000] {
        let mut tunnel = link.tunnel().await;
        offer(&mut tunnel.upgraded, &vec![1; accepted]).await;
        drop(tunnel);
        dropped += received(&mut link.peer).await;
    }
    // The last one has to wait for its window before it is out.
    let mut stalled = link.tunnel().await;
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    run_until_idle().await;
    fill(&mut stalled.upgraded, &[1; 1000], 4 * FRAME).await;
    drop(stalled);
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, OPEN)]).await;
    dropped += received(&mut link.peer).await;
    let sent = write_out(&mut link.peer, &mut sibling.upgraded).await;
    assert_eq!(dropped + sent, CONNECTION);
}

/// Case 18: what h2 was given and could not write is given back, too.
async fn a_reset_tunnel_gives_its_capacity_back(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut tunnel = link.tunnel().await;
    let mut sibling = link.tunnel().await;
    link.to_peer.set_buffer(0);
    fill(&mut tunnel.upgraded, &[1; 8 << 10], 1 << 21).await;
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    run_until_idle().await;
    link.to_peer.set_buffer(64 << 10);
    let before = received(&mut link.peer).await;
    let sent = write_out(&mut link.peer, &mut sibling.upgraded).await;
    assert_eq!(before + sent, CONNECTION);
}
