//! Case 30: a tunnel that was let go, and whose peer does not let it finish, is reset after the linger: by default 30 seconds
//! without a byte of progress.

use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::cause::assert_reset_with;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::{assert_whole, frames_to_the_end, is_bare_end, payload_on};

const JUST_LESS: Duration = Duration::from_secs(29);
const THE_REST: Duration = Duration::from_secs(2);
const HOUR: Duration = Duration::from_secs(3600);

both_roles!(
    a_dropped_tunnel_is_cancelled_after_the_linger,
    a_shut_down_tunnel_is_cancelled_after_the_linger,
    a_peers_reset_ends_the_linger_at_once,
    a_grant_of_one_byte_starts_the_linger_anew,
    a_hundred_abandoned_tunnels_leave_nothing_behind,
    an_open_tunnel_may_wait_for_ever,
    without_a_timer_a_dropped_tunnel_waits_for_its_peer,
    a_peer_silent_after_our_end_is_left_after_the_linger,
    a_peer_that_stops_reading_its_socket_is_left_after_the_linger,
    a_half_closed_tunnel_still_held_is_not_cut_off,
);

fn is_reset(frame: &Frame, reason: Reason) -> bool {
    matches!(frame, Frame::Reset { code, .. } if *code == reason)
}

// Case 30.
async fn a_dropped_tunnel_is_cancelled_after_the_linger(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    tunnel
        .upgraded
        .write_all(b"never read")
        .await
        .expect("open");
    drop(tunnel);
    sleep(JUST_LESS).await;
    assert!(link.peer.settled_frames().await.is_empty());
    sleep(THE_REST).await;
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [reset] if is_reset(reset, Reason::CANCEL)),
        "{frames:?}"
    );
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 30: the shutdown that waited is told, and so is every call after it.
async fn a_shut_down_tunnel_is_cancelled_after_the_linger(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    tunnel
        .upgraded
        .write_all(b"never read")
        .await
        .expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    let ended = expect_soon("the shutdown's end", shutdown).await;
    assert_reset_with(&ended.expect_err("lost"), Reason::CANCEL);
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [reset] if is_reset(reset, Reason::CANCEL)),
        "{frames:?}"
    );
    for again in [
        tunnel.upgraded.flush().await,
        tunnel.upgraded.shutdown().await,
        tunnel.upgraded.write_all(b"more").await,
    ] {
        assert_reset_with(&again.expect_err("lost"), Reason::CANCEL);
    }
    let read = expect_soon("a read", tunnel.upgraded.read(&mut [0])).await;
    read.expect_err("the peer did not end its side");
}

// Case 30: the peer spares us the wait.
async fn a_peers_reset_ends_the_linger_at_once(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(b"never read")
        .await
        .expect("open");
    drop(tunnel);
    run_until_idle().await;
    link.peer.reset(stream, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 30: the linger limits standing still, not the whole.
async fn a_grant_of_one_byte_starts_the_linger_anew(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(b"0123456789")
        .await
        .expect("open");
    drop(tunnel);
    let mut frames = Vec::new();
    for _ in 0..9 {
        sleep(JUST_LESS).await;
        link.peer.grant(stream, 1).await;
        frames.extend(link.peer.settled_frames().await);
    }
    assert_eq!(payload_on(stream, &frames), "012345678");
    sleep(JUST_LESS).await;
    assert!(link.peer.settled_frames().await.is_empty());
    sleep(THE_REST).await;
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [reset] if is_reset(reset, Reason::CANCEL)),
        "{frames:?}"
    );
}

// Case 30: as many as the connection has room for, and then one more.
async fn a_hundred_abandoned_tunnels_leave_nothing_behind(role: Role) {
    let mut options = Options::new().stream_window(0).tune(
        |server| {
            server.max_concurrent_streams(100);
        },
        |_| {},
    );
    options.peer.max_concurrent_streams = Some(100);
    let mut link = Link::raw(role, &options).await;
    run_until_idle().await;
    let without_tunnels = link.executor.live();
    for at in 0..100 {
        let mut tunnel = link.tunnel().await;
        tunnel
            .upgraded
            .write_all(b"never read")
            .await
            .expect("open");
        if at % 2 == 0 {
            let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
            assert!(settle(&mut shutdown).await.is_pending());
        }
    }
    sleep(JUST_LESS + THE_REST).await;
    let frames = link.peer.settled_frames().await;
    assert_eq!(frames.len(), 100);
    assert!(frames.iter().all(|frame| is_reset(frame, Reason::CANCEL)));
    assert_eq!(link.executor.live(), without_tunnels);

    let mut next = expect_soon("the 101st tunnel", link.tunnel()).await;
    link.peer.grant(next.stream, 100).await;
    next.upgraded.write_all(b"served").await.expect("open");
    assert_eq!(link.peer.expect_bytes(next.stream, 6).await, "served");
}

// Case 30: the linger is for tunnels that were let go.
async fn an_open_tunnel_may_wait_for_ever(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"late").await.expect("open");
    sleep(24 * HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(tunnel.stream, 100).await;
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "late");
}

// Case 30: nothing tells the time, so nothing is given up.
async fn without_a_timer_a_dropped_tunnel_waits_for_its_peer(role: Role) {
    let options = Options::new().stream_window(0).without_timer();
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"late").await.expect("open");
    drop(tunnel);
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 100).await;
    assert_whole(&link.peer.settled_frames().await, b"late");
}

// Case 30: all was delivered; only the peer's own end is missing. A server says that this is no error (RFC 9113, section 8.1).
async fn a_peer_silent_after_our_end_is_left_after_the_linger(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let tunnel = link.tunnel().await;
    drop(tunnel);
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
    sleep(JUST_LESS).await;
    assert!(link.peer.settled_frames().await.is_empty());
    sleep(THE_REST).await;
    let reason = match role {
        Role::Server => Reason::NO_ERROR,
        Role::Client => Reason::CANCEL,
    };
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [reset] if is_reset(reset, reason)),
        "{frames:?}"
    );
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 30: past the window, but stuck before the socket.
async fn a_peer_that_stops_reading_its_socket_is_left_after_the_linger(role: Role) {
    let options = Options::new()
        .stream_window(1 << 20)
        .connection_window(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    tunnel
        .upgraded
        .write_all(&[7; 100_000])
        .await
        .expect("open");
    drop(tunnel);
    sleep(JUST_LESS).await;
    assert_eq!(link.executor.live(), without_tunnel + 1);
    sleep(THE_REST).await;
    assert_eq!(link.executor.live(), without_tunnel);

    // The peer comes back: what it gets is no complete stream.
    link.to_peer.resume();
    let frames = frames_to_the_end(&mut link.peer).await;
    let last = frames.last().expect("something was sent");
    assert!(is_reset(last, Reason::CANCEL), "{last:?}");
}

// Case 30: END_STREAM is out, and the user reads on for as long as the peer cares to send.
async fn a_half_closed_tunnel_still_held_is_not_cut_off(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(tunnel.stream).await;
    sleep(24 * HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.send_last_data(tunnel.stream, "late").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    assert_eq!(read, b"late");
}
