//! A window that opens by a byte at a time moves a byte at a time, and costs nothing that adds up.

use super::pattern::Arrived;
use super::pressure::{PatternWriter, FRAME, FULL_EXTRA, STALLED_COST};
use crate::support::heap;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::run_until_idle;

const DRIPS: usize = 10_000;

both_roles!(
    every_byte_granted_is_a_byte_that_arrives,
    drips_between_writes_do_not_grow_the_heap,
    drips_while_the_socket_is_unread_cost_no_entry_each,
);

/// Case 9.
async fn every_byte_granted_is_a_byte_that_arrives(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let writer = tokio::spawn(async move {
        let mut writer = PatternWriter::default();
        let written = writer.write_to(&mut tunnel.upgraded, DRIPS + FRAME, 8 << 10);
        written.await.map(|()| tunnel)
    });
    let mut arrived = Arrived::default();
    run_until_idle().await;
    let polls = link.executor.polls();
    for _ in 0..DRIPS {
        link.peer.grant(stream, 1).await;
        arrived.push(&link.peer.expect_bytes(stream, 1).await);
    }
    let polls = link.executor.polls() - polls;
    assert!(polls <= 6 * DRIPS, "{polls} polls for {DRIPS} bytes");
    link.peer.grant(stream, FRAME as u32).await;
    arrived.push(&link.peer.expect_bytes(stream, FRAME).await);
    writer.await.expect("no panic").expect("all is accepted");
}

/// Case 9: room that a drip makes is filled again at once, over and over.
async fn drips_between_writes_do_not_grow_the_heap(role: Role) {
    for (drip, size) in [(1, 1), (1, 8 << 10), (1000, 3), (5000, 7000), (9000, 1)] {
        let options = Options::new().stream_window(0).connection_window(1 << 26);
        let mut link = Link::raw(role, &options).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        let mark = heap::mark();
        let mut writer = PatternWriter::default();
        let mut arrived = Arrived::default();
        for granted in (0..).step_by(drip).take(100) {
            let most = granted + FRAME;
            writer.fill(&mut tunnel.upgraded, &[size], most).await;
            run_until_idle().await;
            let grown = mark.grown();
            // What the last drip brought may still lie in the buffers of the socket and the peer.
            assert!(
                grown <= (STALLED_COST + 2 * drip) as isize,
                "drips of {drip} with writes of {size} cost {grown} after {granted} bytes"
            );
            link.peer.grant(tunnel.stream, drip as u32).await;
            arrived.push(&link.peer.expect_bytes(tunnel.stream, drip).await);
        }
    }
}

/// Cases 4 and 9 at once: what a drip frees goes to h2, and h2 keeps it while the socket is full.
async fn drips_while_the_socket_is_unread_cost_no_entry_each(role: Role) {
    for size in [1, 100, 8 << 10] {
        let options = Options::new().stream_window(0);
        let mut link = Link::raw(role, &options).await;
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        link.to_peer.set_buffer(0);

        let mark = heap::mark();
        let mut writer = PatternWriter::default();
        for granted in 0..DRIPS {
            let most = granted + FRAME;
            writer.fill(&mut tunnel.upgraded, &[size], most).await;
            link.peer.grant(tunnel.stream, 1).await;
        }
        run_until_idle().await;
        let (held, grown) = (writer.accepted(), mark.grown());
        assert!(
            grown <= (held + FULL_EXTRA) as isize,
            "{held} bytes held in writes of {size} cost {grown}"
        );

        link.to_peer.set_buffer(64 << 10);
        let mut arrived = Arrived::default();
        while arrived.len() < DRIPS {
            arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
        }
        assert_eq!(arrived.len(), DRIPS);
        assert_eq!(link.peer.settled_frames().await, []);
    }
}
