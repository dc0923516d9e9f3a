//! The window is open, but nobody reads the socket: a tunnel holds its limit and no more.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;

use super::pattern::Arrived;
use super::pressure::{fill, write, PatternWriter, FRAME, FULL_EXTRA};
use crate::support::heap;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const OPEN: u32 = 1 << 30;

both_roles!(
    the_default_limit_holds_for_writes_of_any_size,
    every_limit_holds_for_writes_of_any_size,
    four_hundred_thousand_writes_of_one_byte_cost_their_bytes,
    huge_and_tiny_writes_mixed_cost_their_bytes,
    a_full_tunnel_costs_no_cpu,
    a_half_drained_tunnel_takes_more_before_the_socket_runs_dry,
    what_was_held_arrives_when_the_socket_is_read_again,
    a_trickling_socket_stays_bounded_and_loses_nothing,
);

fn open() -> Options {
    Options::new().stream_window(OPEN).connection_window(OPEN)
}

/// Case 4.
async fn the_default_limit_holds_for_writes_of_any_size(role: Role) {
    let limit = match role {
        Role::Server => 400 << 10,
        Role::Client => 1 << 20,
    };
    holds(role, &open(), limit).await;
}

/// Case 4.
async fn every_limit_holds_for_writes_of_any_size(role: Role) {
    for limit in [
        1,
        2,
        3,
        100,
        FRAME,
        2 * FRAME,
        65_535,
        100_000,
        4 << 20,
        32 << 20,
    ] {
        // One byte with h2 and one behind it is the least that moves.
        holds(role, &open().max_send_buf_size(limit), limit.max(2)).await;
    }
}

async fn holds(role: Role, options: &Options, limit: usize) {
    for size in [1, 100, 8 << 10, 64 << 10, 1 << 20, 16 << 20] {
        // Tiny writes fill the same frames, only more slowly.
        if limit / size > 1 << 20 {
            continue;
        }
        let mut link = Link::raw(role, options).await;
        let mut tunnel = link.tunnel().await;
        let piece = vec![1; size];
        run_until_idle().await;
        link.to_peer.set_buffer(0);

        let mark = heap::mark();
        let held = fill(&mut tunnel.upgraded, &piece, limit).await;
        assert!(held > 0);
        let peak = mark.peak();
        assert!(
            peak <= limit + FULL_EXTRA,
            "limit {limit}, writes of {size}: {held} bytes held cost {peak}"
        );
    }
}

/// Case 4: heap, not only payload.
async fn four_hundred_thousand_writes_of_one_byte_cost_their_bytes(role: Role) {
    let limit = 1 << 20;
    let mut link = Link::raw(role, &open().max_send_buf_size(limit)).await;
    let mut tunnel = link.tunnel().await;
    run_until_idle().await;
    link.to_peer.set_buffer(0);

    let mark = heap::mark();
    let mut writer = PatternWriter::default();
    for _ in 0..400_000 {
        assert!(writer.offer(&mut tunnel.upgraded, 1).await);
    }
    let peak = mark.peak();
    assert!(peak <= 400_000 + FULL_EXTRA, "cost {peak}");
}

/// Case 4, with sizes that fit no buffer.
async fn huge_and_tiny_writes_mixed_cost_their_bytes(role: Role) {
    let limit = 1 << 20;
    for sizes in [
        &[1, 10_499, 5_884][..],
        &[1, 60_000],
        &[60_000, 1],
        &[1, 1, 1, FRAME, 1, FRAME - 1, 7],
        &[3, 9_000],
        &[FRAME / 2 + 1],
        &[FRAME + 1],
        &[255],
        &[257],
    ] {
        let mut link = Link::raw(role, &open().max_send_buf_size(limit)).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        link.to_peer.set_buffer(0);

        let mark = heap::mark();
        let mut writer = PatternWriter::default();
        writer.fill(&mut tunnel.upgraded, sizes, limit).await;
        let peak = mark.peak();
        assert!(
            peak <= limit + FULL_EXTRA,
            "writes of {sizes:?} cost {peak}"
        );
        assert!(
            writer.accepted() >= limit / 2,
            "writes of {sizes:?} leave the limit unused at {}",
            writer.accepted()
        );
    }
}

/// Case 4: blocked by the socket is asleep, too.
async fn a_full_tunnel_costs_no_cpu(role: Role) {
    let mut link = Link::raw(role, &open().max_send_buf_size(100_000)).await;
    let mut tunnels = Vec::new();
    for _ in 0..20 {
        tunnels.push(link.tunnel().await);
    }
    link.to_peer.set_buffer(0);
    for tunnel in &mut tunnels {
        fill(&mut tunnel.upgraded, &[1; 1000], 200_000).await;
    }
    run_until_idle().await;
    let polls = link.executor.polls();
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    run_until_idle().await;
    assert_eq!(link.executor.polls(), polls);

    for _ in 0..100 {
        link.peer.grant(tunnels[0].stream, 1).await;
        run_until_idle().await;
    }
    let polls = link.executor.polls() - polls;
    assert!(polls <= 100 * 4, "{polls} polls for 100 grants");
}

/// Case 4: the bound must not make a fast socket wait for its writer.
async fn a_half_drained_tunnel_takes_more_before_the_socket_runs_dry(role: Role) {
    for limit in [100_000, 400 << 10, 1 << 20] {
        let mut link = Link::raw(role, &open().max_send_buf_size(limit)).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        link.to_peer.set_buffer(0);
        link.to_peer.stop_reading();
        let accepted = Arc::new(AtomicUsize::new(0));
        let writing = tokio::spawn({
            let accepted = accepted.clone();
            async move {
                // An end, for a build that knows no bound.
                while accepted.load(Ordering::SeqCst) < 20 * limit {
                    match write(&mut tunnel.upgraded, &[1; 8 << 10]).await {
                        Ok(n) => accepted.fetch_add(n, Ordering::SeqCst),
                        Err(_) => return,
                    };
                }
            }
        });
        run_until_idle().await;
        let held = accepted.load(Ordering::SeqCst);
        assert!(held <= 2 * limit);
        for round in 1..=10 {
            // What was held never leaves to the last byte.
            let taken = round * held * 7 / 10;
            link.to_peer.set_buffer(taken);
            run_until_idle().await;
            let refilled = accepted.load(Ordering::SeqCst) - held;
            assert!(
                refilled >= taken * 7 / 10,
                "limit {limit}: {refilled} bytes taken in where {taken} left"
            );
        }
        writing.abort();
    }
}

/// Case 4: the bound costs no byte, and no progress, however small it is.
async fn what_was_held_arrives_when_the_socket_is_read_again(role: Role) {
    for limit in [1, 2, 3, 100, FRAME, 2 * FRAME, 65_535, 1 << 20] {
        let mut link = Link::raw(role, &open().max_send_buf_size(limit)).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        link.to_peer.set_buffer(0);
        let mut writer = PatternWriter::default();
        writer.fill(&mut tunnel.upgraded, &[1, 5000], 2 << 20).await;

        link.to_peer.set_buffer(10_000);
        let end = writer.accepted() + 200 * limit.min(2000);
        let stream = tunnel.stream;
        let writer = tokio::spawn(async move {
            let written = writer.write_to(&mut tunnel.upgraded, end, 5000).await;
            written.map(|()| tunnel)
        });
        let mut arrived = Arrived::default();
        while arrived.len() < end {
            arrived.push(&link.peer.expect_data(stream).await.0);
        }
        let written = writer.await.expect("no panic");
        let _tunnel = written.expect("all is accepted");
        link.to_peer.set_buffer(64 << 10);
        assert_eq!(link.peer.settled_frames().await, []);
    }
}

/// Case 4: a socket that takes a few bytes at a time, and a writer that fills every gap.
async fn a_trickling_socket_stays_bounded_and_loses_nothing(role: Role) {
    let limit = 100_000;
    for (trickle, size) in [(1, 1), (10, 1), (100, 3), (1000, 20_000), (17_000, 900)] {
        let mut link = Link::raw(role, &open().max_send_buf_size(limit)).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        link.to_peer.set_buffer(trickle);

        let mut wire = BytesMut::with_capacity(8 << 20);
        let mark = heap::mark();
        let mut writer = PatternWriter::default();
        for _ in 0..300 {
            let most = wire.len() + trickle + limit;
            writer.fill(&mut tunnel.upgraded, &[size], most).await;
            let grown = mark.grown();
            assert!(
                grown <= (limit + trickle + FULL_EXTRA) as isize,
                "writes of {size} cost {grown} where the socket takes {trickle}"
            );
            let mut taken = 0;
            while taken < trickle {
                let read = link.peer.io_mut().read_buf(&mut wire).await;
                taken += read.expect("the connection lives");
            }
        }
        link.to_peer.set_buffer(64 << 10);
        let mut arrived = Arrived::default();
        while arrived.len() < writer.accepted() {
            match Frame::decode(&mut wire) {
                Some(Frame::Data { payload, .. }) => arrived.push(&payload),
                Some(other) => panic!("{other:?} on an open tunnel"),
                None => {
                    let read = link.peer.io_mut().read_buf(&mut wire);
                    let read = expect_soon("the rest", read).await;
                    assert_ne!(read.expect("the connection lives"), 0);
                }
            }
        }
        assert_eq!(link.peer.settled_frames().await, []);
    }
}
