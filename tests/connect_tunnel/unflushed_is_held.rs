//! A transport may take bytes long before it sends them. Until it has flushed them they count as held.

use tokio::io::AsyncWriteExt;

use super::pattern::Arrived;
use super::pressure::{write, PatternWriter, FRAME};
use crate::support::scripted_h2::Frame;
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const OPEN: u32 = 1 << 30;

both_roles!(
    what_a_transport_has_not_flushed_counts_against_the_limit,
    a_flush_that_pends_and_ends_lets_a_writer_go_on,
    a_dropped_tunnel_stays_until_its_end_is_flushed,
);

fn buffering() -> Options {
    let shape = Shape {
        buffers: true,
        ..Shape::default()
    };
    Options::new()
        .stream_window(OPEN)
        .connection_window(OPEN)
        .shape(shape)
}

/// Case 4.
async fn what_a_transport_has_not_flushed_counts_against_the_limit(role: Role) {
    for limit in [3, 1000, 2 * FRAME, 100_000, 1 << 20] {
        for sizes in [&[8 << 10][..], &[1, 60_000], &[20_000]] {
            let options = buffering().max_send_buf_size(limit);
            let mut link = Link::raw(role, &options).await;
            let mut tunnel = link.tunnel().await;
            run_until_idle().await;
            let before = link.transport.counts().written;
            let sent_before = link.to_peer.taken();
            link.transport.hold_flush();

            let mut writer = PatternWriter::default();
            writer.fill(&mut tunnel.upgraded, sizes, limit).await;
            assert!(writer.accepted() >= limit / 2);
            let taken = link.transport.counts().written - before;
            assert!(taken > 0, "the transport has taken nothing");
            assert_eq!(link.to_peer.taken(), sent_before);

            link.transport.release_flush();
            let mut arrived = Arrived::default();
            while arrived.len() < writer.accepted() {
                arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
            }
        }
    }
}

/// Case 4: held or not, nothing is lost and nobody is left asleep.
async fn a_flush_that_pends_and_ends_lets_a_writer_go_on(role: Role) {
    const LEN: usize = 1 << 20;
    const LIMIT: usize = 50_000;
    let options = buffering().max_send_buf_size(LIMIT);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.transport.hold_flush();
    let writer = tokio::spawn(async move {
        let mut writer = PatternWriter::default();
        let written = writer.write_to(&mut tunnel.upgraded, LEN, 5000).await;
        written.map(|()| tunnel)
    });
    let mut arrived = Arrived::default();
    let mut flushes = 0;
    while arrived.len() < LEN {
        run_until_idle().await;
        link.transport.flush_once();
        flushes += 1;
        for frame in link.peer.settled_frames().await {
            let Frame::Data { payload, .. } = frame else {
                panic!("{frame:?} on an open tunnel")
            };
            arrived.push(&payload);
        }
    }
    assert!(flushes >= LEN / LIMIT, "more than the limit in one flush");
    link.transport.release_flush();
    let written = expect_soon("the writer", writer).await.expect("no panic");
    written.expect("the tunnel is open");
}

/// Cases 28 and 29: END_STREAM in the transport's own buffer may still be lost.
async fn a_dropped_tunnel_stays_until_its_end_is_flushed(role: Role) {
    let mut link = Link::raw(role, &buffering()).await;
    let idle = link.executor.live();
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.send_last_data(stream, "").await;
    run_until_idle().await;
    link.transport.hold_flush();
    assert_eq!(write(&mut tunnel.upgraded, b"last").await.ok(), Some(4));
    tunnel
        .upgraded
        .shutdown()
        .await
        .expect("the window is open");
    drop(tunnel);
    run_until_idle().await;
    assert_eq!(link.executor.live(), idle + 1);

    link.transport.release_flush();
    run_until_idle().await;
    assert_eq!(link.executor.live(), idle);
    assert_eq!(link.peer.read_to_end(stream).await, "last");
}
