//! A tunnel whose peer grants no window takes one frame and no more.

use std::task::{Context, Poll};
use std::time::Duration;

use super::pattern::Arrived;
use super::pressure::{fill, poll_write, PatternWriter, FRAME, STALLED_COST};
use crate::support::heap;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{run_until_idle, CountingWaker};

const HOUR: Duration = Duration::from_secs(3600);

both_roles!(
    a_stalled_tunnel_takes_no_more_than_a_frame,
    a_write_of_a_hundred_mebibytes_is_taken_in_part,
    a_window_of_one_byte_moves_the_bound_by_one,
    beyond_any_window_at_most_a_frame_is_taken,
    pieces_of_odd_sizes_cost_no_more_than_the_bound,
    a_stalled_writer_costs_no_cpu,
);

/// Case 1, over all sizes of writes.
async fn a_stalled_tunnel_takes_no_more_than_a_frame(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for size in [1, 7, 100, 8 << 10, FRAME + 1, 64 << 10, 1 << 20, 16 << 20] {
        let piece = vec![1; size];
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        let mark = heap::mark();
        let accepted = fill(&mut tunnel.upgraded, &piece, FRAME).await;
        assert!(accepted > 0, "nothing taken of writes of {size}");
        let (grown, peak) = (mark.grown(), mark.peak());
        assert!(
            grown <= STALLED_COST as isize && peak <= 2 * STALLED_COST,
            "writes of {size} cost {grown}, and {peak} at the worst"
        );
        assert_eq!(link.peer.settled_frames().await, []);
    }
}

/// Case 2.
async fn a_write_of_a_hundred_mebibytes_is_taken_in_part(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let huge = vec![0; 100 << 20];
    run_until_idle().await;
    let mark = heap::mark();
    let (_, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    match poll_write(&mut tunnel.upgraded, &mut cx, &huge) {
        Poll::Ready(accepted) => {
            let accepted = accepted.expect("the tunnel is open");
            assert!((1..=FRAME).contains(&accepted));
        }
        Poll::Pending => panic!("an idle tunnel has room for a frame"),
    }
    run_until_idle().await;
    assert!(mark.peak() <= 2 * STALLED_COST, "cost {}", mark.peak());
}

/// Case 3.
async fn a_window_of_one_byte_moves_the_bound_by_one(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(1)).await;
    for size in [1, 1000, 8 << 10, 1 << 20] {
        let piece = vec![1; size];
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        let mark = heap::mark();
        fill(&mut tunnel.upgraded, &piece, FRAME + 1).await;
        let grown = mark.grown();
        assert!(
            grown <= STALLED_COST as isize,
            "writes of {size} cost {grown}"
        );
        link.peer.expect_bytes(tunnel.stream, 1).await;
        assert_eq!(link.peer.settled_frames().await, []);
    }
}

/// Cases 1 and 8: what lies beyond the grant is a frame at most, and none of it is sent.
async fn beyond_any_window_at_most_a_frame_is_taken(role: Role) {
    for window in [2, 255, 256, 257, 1000, FRAME, FRAME + 1, 65_535, 300_000] {
        let options = Options::new()
            .stream_window(window as u32)
            .connection_window(1 << 24);
        for sizes in [&[1][..], &[1000], &[8 << 10], &[64 << 10], &[1, 60_000, 3]] {
            if window > FRAME && sizes == [1] {
                continue;
            }
            let mut link = Link::raw(role, &options).await;
            let mut tunnel = link.tunnel().await;
            let mut writer = PatternWriter::default();
            // The peer reads along, as a full socket is another matter.
            let mut arrived = Arrived::default();
            let most = window + FRAME;
            writer.fill(&mut tunnel.upgraded, sizes, most).await;
            while arrived.len() < window {
                arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
                writer.fill(&mut tunnel.upgraded, sizes, most).await;
            }
            assert_eq!(arrived.len(), window);
            assert!(writer.accepted() > window);
            assert_eq!(link.peer.settled_frames().await, []);
        }
    }
}

/// Case 1: gathering must not round up what it gathers.
async fn pieces_of_odd_sizes_cost_no_more_than_the_bound(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    for sizes in [
        &[1, 8_000, 8_001, 1][..],
        &[1, 10_499, 1],
        &[1_023, 2, 9_000],
        &[1_025, 8_191],
        &[5_000, 5_001],
        &[8_193, 1],
        &[FRAME - 1, 2],
        &[3, FRAME],
    ] {
        let mut tunnel = link.tunnel().await;
        run_until_idle().await;
        let mark = heap::mark();
        let mut writer = PatternWriter::default();
        writer.fill(&mut tunnel.upgraded, sizes, FRAME).await;
        let grown = mark.grown();
        assert!(
            grown <= STALLED_COST as isize,
            "writes of {sizes:?} cost {grown}"
        );
    }
}

/// Case 1: blocked is asleep, whatever else goes on.
async fn a_stalled_writer_costs_no_cpu(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut stalled = Vec::new();
    for _ in 0..50 {
        let mut tunnel = link.tunnel().await;
        fill(&mut tunnel.upgraded, &[1; 8 << 10], 4 * FRAME).await;
        stalled.push(tunnel);
    }
    let mut sibling = link.tunnel().await;
    fill(&mut sibling.upgraded, &[1; 8 << 10], 4 * FRAME).await;

    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    for tunnel in &mut stalled {
        assert!(poll_write(&mut tunnel.upgraded, &mut cx, &[2; 8 << 10]).is_pending());
    }
    run_until_idle().await;
    let polls = link.executor.polls();
    tokio::time::advance(HOUR).await;
    run_until_idle().await;
    assert_eq!(link.executor.polls(), polls);

    // A live connection, as far as it is no concern of the stalled: each event may poll its task and the sibling's.
    for event in 0..20 {
        match event % 4 {
            0 => link.peer.ping(*b"are you?").await,
            1 => link.peer.grant(0, 1000).await,
            2 => link.peer.grant(sibling.stream, 10).await,
            _ => link.peer.send_data(stalled[0].stream, "hello").await,
        }
        link.peer.settled_frames().await;
    }
    let polls = link.executor.polls() - polls;
    assert!(polls <= 20 * 5, "{polls} polls for 20 events");
    assert_eq!(wakes.wakes(), 0);

    link.peer.grant(stalled[0].stream, 1).await;
    link.peer.expect_bytes(stalled[0].stream, 1).await;
    run_until_idle().await;
    assert_eq!(wakes.wakes(), 1);
}
