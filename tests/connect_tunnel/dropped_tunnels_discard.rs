//! Case 30, the other direction: what a peer still sends to a tunnel that was dropped is thrown away quietly, within what it
//! was allowed to have under way; its credit goes back, and nothing waits for longer than that.

use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, Instant};

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, ClientBuilder, Link, Options, Role, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::is_bare_end;

const WINDOW: u32 = 65_535;
const JUST_LESS_THAN_THE_LINGER: Duration = Duration::from_secs(29);
const HOUR: Duration = Duration::from_secs(3600);

both_roles!(
    data_under_way_at_the_drop_is_discarded_quietly,
    the_peers_end_frees_the_task_at_once,
    a_peer_that_goes_on_regardless_is_reset,
    a_dropped_tunnel_keeps_none_of_the_connections_window,
    a_peers_reset_frees_the_task_at_once,
    a_peers_reset_frees_the_task_though_the_socket_is_full,
    each_byte_discarded_starts_the_linger_anew,
    a_tunnel_half_closed_for_an_hour_is_dropped_like_any_other,
);

/// hyper with windows of 65,535 bytes for what it receives.
fn options() -> Options {
    fn server(builder: &mut ServerBuilder) {
        builder.initial_stream_window_size(WINDOW);
        builder.initial_connection_window_size(WINDOW);
    }
    fn client(builder: &mut ClientBuilder) {
        builder.initial_stream_window_size(WINDOW);
        builder.initial_connection_window_size(WINDOW);
    }
    Options::new().tune(server, client)
}

// Case 30.
async fn data_under_way_at_the_drop_is_discarded_quietly(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.send_data(stream, vec![1; 16_000]).await;
    drop(tunnel);
    for _ in 0..3 {
        link.peer.send_data(stream, vec![1; 16_000]).await;
        let frames = link.peer.settled_frames().await;
        assert!(frames.iter().all(is_bare_end), "{frames:?}");
    }
    let window_left = WINDOW as usize - 4 * 16_000;
    link.peer.send_data(stream, vec![1; window_left]).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.send_last_data(stream, "").await;
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 30.
async fn the_peers_end_frees_the_task_at_once(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    drop(tunnel);
    run_until_idle().await;
    link.peer.send_last_data(stream, "bye").await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

// Case 30: nobody is going to read any of it.
async fn a_peer_that_goes_on_regardless_is_reset(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    drop(tunnel);
    link.peer.expect_end(stream).await;
    let start = Instant::now();
    let mut sent = 0;
    let reset = loop {
        assert!(sent <= 4 * u64::from(WINDOW), "never told to stop");
        link.peer.send_data(stream, vec![1; 16_000]).await;
        sent += 16_000;
        let mut frames = link.peer.settled_frames().await;
        if let Some(frame) = frames.pop() {
            break frame;
        }
        assert!(sent - link.peer.credit(0) + 16_000 <= u64::from(WINDOW));
        assert!(sent - link.peer.credit(stream) + 16_000 <= u64::from(WINDOW));
    };
    let reason = match role {
        Role::Server => Reason::NO_ERROR,
        Role::Client => Reason::CANCEL,
    };
    assert!(
        matches!(reset, Frame::Reset { code, .. } if code == reason),
        "{reset:?}"
    );
    assert!(
        sent > u64::from(WINDOW),
        "{sent} bytes may have been under way"
    );
    assert!(start.elapsed() < Duration::from_secs(1));
}

// Case 30: unread, half read or sent too late, the bytes of a dropped tunnel must not stand in its siblings' way.
async fn a_dropped_tunnel_keeps_none_of_the_connections_window(role: Role) {
    const BURST: u32 = 16_000;
    let mut link = Link::raw(role, &options()).await;
    let mut sent = 0;
    let mut streams = Vec::new();
    for round in 0..20 {
        let mut tunnel = link.tunnel().await;
        let owed = sent - link.peer.credit(0);
        assert!(
            owed + 2 * u64::from(BURST) <= u64::from(WINDOW),
            "round {round}: {owed} owed"
        );
        link.peer
            .send_data(tunnel.stream, vec![1; BURST as usize])
            .await;
        if round % 2 == 0 {
            let read = tunnel.upgraded.read_exact(&mut [0; 100]).await;
            read.expect("the data is there");
        }
        streams.push(tunnel.stream);
        drop(tunnel);
        link.peer
            .send_data(streams[round], vec![1; BURST as usize])
            .await;
        sent += 2 * u64::from(BURST);
        link.peer.settled_frames().await;
    }
    assert!(link.peer.credit(0) <= sent, "more came back than was sent");
}

// Case 30.
async fn a_peers_reset_frees_the_task_at_once(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    drop(tunnel);
    expect_soon("END_STREAM", link.peer.expect_end(stream)).await;
    link.peer.reset(stream, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 30: what the socket has not taken is no matter of the stream any more.
async fn a_peers_reset_frees_the_task_though_the_socket_is_full(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    tunnel.upgraded.write_all(b"stuck").await.expect("open");
    run_until_idle().await;
    drop(tunnel);
    run_until_idle().await;
    assert!(link.executor.live() > without_tunnel);
    link.peer.reset(stream, Reason::CANCEL).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 30.
async fn each_byte_discarded_starts_the_linger_anew(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    drop(tunnel);
    link.peer.expect_end(stream).await;
    for _ in 0..4 {
        sleep(JUST_LESS_THAN_THE_LINGER).await;
        link.peer.send_data(stream, "x").await;
        assert!(link.peer.settled_frames().await.is_empty());
    }
    link.peer.send_last_data(stream, "").await;
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Cases 26 and 30: the linger begins with the drop, however long ago the other side was ended.
async fn a_tunnel_half_closed_for_an_hour_is_dropped_like_any_other(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.expect_end(stream).await;
    sleep(HOUR).await;
    drop(tunnel);
    run_until_idle().await;
    link.peer.send_data(stream, vec![1; 16_000]).await;
    link.peer.send_last_data(stream, "").await;
    sleep(HOUR).await;
    assert!(link.peer.settled_frames().await.is_empty());
}
