//! Case 33: a connection that is asked to close lets its tunnels come to their own end, and ends after the last.
//!
//! A server's connection is one future. A client's transport is run by the executor, and outlives the future that takes
//! requests; so here a connection is open for as long as its transport is.

use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    open_tunnels_go_on_and_the_connection_ends_after_the_last,
    an_abandoned_tunnel_holds_the_connection_no_longer_than_the_linger,
    bytes_still_waiting_are_sent_before_the_connection_ends,
);

// Case 33.
async fn open_tunnels_go_on_and_the_connection_ends_after_the_last(role: Role) {
    let mut link = Link::h2(role, &Options::new()).await;
    let mut tunnels = [link.tunnel().await, link.tunnel().await];
    link.hyper.close();
    run_until_idle().await;

    for tunnel in &mut tunnels {
        assert!(!link.to_peer.is_ended());
        tunnel.upgraded.write_all(b"out").await.expect("open");
        let received = tunnel.stream.receive(3).await;
        assert_eq!(received.expect("arrives"), "out");
        tunnel.stream.send_all("in").await.expect("open");
        tunnel.stream.finish().expect("open");
        let mut read = Vec::new();
        let ended = tunnel.upgraded.read_to_end(&mut read).await;
        ended.expect("a clean end");
        assert_eq!(read, b"in");
        assert!(!link.to_peer.is_ended());
        tunnel.upgraded.shutdown().await.expect("open");
        assert_eq!(tunnel.stream.receive_to_end().await.expect("ends"), "");
    }
    drop(tunnels);
    link.hyper.ended().await.expect("a graceful end");
    link.peer.ended().await.expect("a graceful end");
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Cases 30 and 33.
async fn an_abandoned_tunnel_holds_the_connection_no_longer_than_the_linger(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(b"never read")
        .await
        .expect("open");
    drop(tunnel);
    link.hyper.close();
    let start = Instant::now();
    let peer = &mut link.peer;
    let frames = expect_soon("the end of the transport", async move {
        let mut frames = Vec::new();
        while let Some(frame) = peer.next_on(stream).await {
            frames.push(frame);
        }
        frames
    });
    let frames = frames.await;
    link.hyper.ended().await.expect("a graceful end");
    assert!(start.elapsed() < Duration::from_secs(40));
    let code = Reason::CANCEL;
    assert_eq!(frames, [Frame::Reset { stream, code }]);
}

// Cases 29 and 33.
async fn bytes_still_waiting_are_sent_before_the_connection_ends(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"the rest").await.expect("open");
    drop(tunnel);
    link.hyper.close();
    link.peer.settled_frames().await;
    assert!(!link.to_peer.is_ended());
    link.peer.grant(stream, 100).await;
    assert_eq!(link.peer.read_to_end(stream).await, "the rest");
    link.peer.send_last_data(stream, "").await;
    let peer = &mut link.peer;
    let end = async move { while peer.next().await.is_some() {} };
    expect_soon("the end of the transport", end).await;
    link.hyper.ended().await.expect("a graceful end");
}
