//! A write future may be dropped wherever it stands: what it said it accepted is sent, and nothing else is.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::pattern::{bytes_at, Arrived};
use super::pressure::{poll_write, write, PatternWriter, FRAME};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, CountingWaker};

both_roles!(
    writes_dropped_at_every_turn_lose_and_repeat_nothing,
    the_writer_that_asked_last_is_the_one_that_wakes,
    a_write_abandoned_while_pending_leaves_no_bytes_behind,
    a_dropped_tunnel_lets_go_of_its_writers_waker,
);

/// Case 17.
async fn writes_dropped_at_every_turn_lose_and_repeat_nothing(role: Role) {
    let options = Options::new().stream_window(0).connection_window(1 << 26);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let mut accepted = 0;
    let mut arrived = Arrived::default();
    for turn in 0..2000_usize {
        let len = [1, 7000, 100, 40_000][turn % 4];
        {
            let mut writing = pin!(write(&mut tunnel.upgraded, bytes_at(accepted, len)));
            // Polled up to thrice, the peer granting in between, then dropped.
            for _ in 0..turn % 4 {
                let polled = poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx))).await;
                if let Poll::Ready(n) = polled {
                    accepted += n.expect("the tunnel is open");
                    break;
                }
                link.peer.grant(tunnel.stream, 1 + turn as u32 % 9000).await;
                tokio::task::yield_now().await;
            }
        }
        if turn % 16 == 0 {
            for frame in link.peer.settled_frames().await {
                match frame {
                    Frame::Data { payload, .. } => arrived.push(&payload),
                    other => panic!("{other:?} on an open tunnel"),
                }
            }
        }
    }
    assert!(accepted > 1 << 18, "only {accepted} bytes were accepted");
    link.peer.grant(tunnel.stream, 1 << 24).await;
    while arrived.len() < accepted {
        arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
    }
    assert_eq!(arrived.len(), accepted);
    assert_eq!(link.peer.settled_frames().await, []);
}

/// Case 17: a waker left behind by a dropped write must not be the one that is kept.
async fn the_writer_that_asked_last_is_the_one_that_wakes(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let mut writer = PatternWriter::default();
    writer.fill(&mut tunnel.upgraded, &[1000], 4 * FRAME).await;
    let (_, gone) = CountingWaker::new();
    let (wakes, waker) = CountingWaker::new();
    for waker in [&gone, &waker] {
        let mut cx = Context::from_waker(waker);
        assert!(poll_write(&mut tunnel.upgraded, &mut cx, b"x").is_pending());
    }
    link.peer.grant(tunnel.stream, 4 * FRAME as u32).await;
    run_until_idle().await;
    assert!(wakes.wakes() > 0);
    let written = expect_soon("the write", write(&mut tunnel.upgraded, b"x")).await;
    assert_eq!(written.expect("the tunnel is open"), 1);
}

/// Case 17.
async fn a_write_abandoned_while_pending_leaves_no_bytes_behind(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let mut writer = PatternWriter::default();
    writer.fill(&mut tunnel.upgraded, &[1000], 4 * FRAME).await;
    let (_, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    for _ in 0..100 {
        assert!(poll_write(&mut tunnel.upgraded, &mut cx, b"never accepted").is_pending());
    }
    link.peer.grant(tunnel.stream, 65_535).await;
    let mut arrived = Arrived::default();
    arrived.push(
        &link
            .peer
            .expect_bytes(tunnel.stream, writer.accepted())
            .await,
    );
    assert_eq!(link.peer.settled_frames().await, []);
    assert!(writer.offer(&mut tunnel.upgraded, 3000).await);
    arrived.push(&link.peer.expect_bytes(tunnel.stream, 3000).await);
    assert_eq!(link.peer.settled_frames().await, []);
}

/// Cases 17 and 18: a waker keeps the task of its writer in memory, which nobody needs while the last bytes linger.
async fn a_dropped_tunnel_lets_go_of_its_writers_waker(role: Role) {
    let options = Options::new().stream_window(0).without_timer();
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let mut writer = PatternWriter::default();
    writer.fill(&mut tunnel.upgraded, &[1000], 4 * FRAME).await;
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    assert!(poll_write(&mut tunnel.upgraded, &mut cx, b"x").is_pending());
    drop(tunnel);
    run_until_idle().await;
    let (counter, this_test) = (1, 1);
    assert_eq!(Arc::strong_count(&wakes), counter + this_test);
}
