//! Case 30: how long a tunnel that was let go may stand still is the builder's to say.

use std::time::Duration;

use h2::Reason;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, Instant};

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;
use crate::traffic::{assert_whole, pattern};

const LINGER: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_secs(24 * 3600);

both_roles!(
    a_shorter_linger_ends_sooner,
    the_longest_linger_never_ends,
    a_linger_of_a_moment_loses_nothing_that_can_leave,
);

// Case 30.
async fn a_shorter_linger_ends_sooner(role: Role) {
    let options = Options::new().stream_window(0).tune(
        |server| {
            server.tunnel_linger(LINGER);
        },
        |client| {
            client.tunnel_linger(LINGER);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(b"never read")
        .await
        .expect("open");
    drop(tunnel);
    let start = Instant::now();
    let reset = link.peer.expect_reset(stream).await;
    assert_eq!(reset, Reason::CANCEL);
    assert!(start.elapsed() >= LINGER);
    assert!(start.elapsed() < LINGER + Duration::from_secs(1));
}

// Case 30: a time too far away to be told is no time limit.
async fn the_longest_linger_never_ends(role: Role) {
    let options = Options::new().stream_window(0).tune(
        |server| {
            server.tunnel_linger(Duration::MAX);
        },
        |client| {
            client.tunnel_linger(Duration::MAX);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"late").await.expect("open");
    drop(tunnel);
    sleep(DAY).await;
    link.peer.grant(stream, 100).await;
    assert_whole(&link.peer.settled_frames().await, b"late");
}

// Case 30: the linger is for a peer that is in the way. A socket that takes the bytes as they come is not.
async fn a_linger_of_a_moment_loses_nothing_that_can_leave(role: Role) {
    let options = Options::new().tune(
        |server| {
            server.tunnel_linger(Duration::ZERO);
        },
        |client| {
            client.tunnel_linger(Duration::ZERO);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let bytes = pattern(10_000);
    tunnel.upgraded.write_all(&bytes).await.expect("open");
    drop(tunnel);
    let mut frames = Vec::new();
    loop {
        let next = expect_soon("the end", link.peer.next()).await;
        match next.expect("the connection lives") {
            Frame::Reset { .. } => break,
            frame => frames.push(frame),
        }
    }
    assert_whole(&frames, &bytes);
}
