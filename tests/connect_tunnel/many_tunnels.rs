//! What one stalled tunnel costs, hundreds cost that many times, and for as long as they like.

use std::time::Duration;

use super::pressure::{fill, FRAME, FULL_EXTRA, STALLED_COST};
use crate::support::heap;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const HOUR: Duration = Duration::from_secs(3600);
const INTERVAL: Duration = Duration::from_secs(10);

both_roles!(
    two_hundred_stalled_tunnels_cost_two_hundred_times_the_bound,
    two_hundred_tunnels_on_a_full_socket_cost_their_bytes,
    fifty_full_tunnels_drain_without_waking_each_other,
    an_hour_of_five_hundred_stalled_tunnels_changes_nothing,
);

/// Case 5.
async fn two_hundred_stalled_tunnels_cost_two_hundred_times_the_bound(role: Role) {
    const TUNNELS: usize = 200;
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        tunnels.push(link.tunnel().await);
    }
    run_until_idle().await;
    let mark = heap::mark();
    for (at, tunnel) in tunnels.iter_mut().enumerate() {
        let size = [1, 300, 8 << 10, 100_000][at % 4];
        fill(&mut tunnel.upgraded, &[1; 100_000][..size], FRAME).await;
    }
    let peak = mark.peak();
    assert!(peak <= (TUNNELS + 1) * STALLED_COST, "cost {peak}");
}

/// Case 5, where the socket is what stalls them.
async fn two_hundred_tunnels_on_a_full_socket_cost_their_bytes(role: Role) {
    const TUNNELS: usize = 200;
    const LIMIT: usize = 40_000;
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(LIMIT);
    let mut link = Link::raw(role, &options).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        tunnels.push(link.tunnel().await);
    }
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    let mark = heap::mark();
    for (at, tunnel) in tunnels.iter_mut().enumerate() {
        let size = [1, 300, 8 << 10, 100_000][at % 4];
        fill(&mut tunnel.upgraded, &[1; 100_000][..size], LIMIT).await;
    }
    let peak = mark.peak();
    assert!(peak <= TUNNELS * (LIMIT + FULL_EXTRA), "cost {peak}");
}

/// Case 5, in CPU: a frame that leaves is no news for the tunnels it is not from.
async fn fifty_full_tunnels_drain_without_waking_each_other(role: Role) {
    const TUNNELS: usize = 50;
    const LIMIT: usize = 400 << 10;
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(LIMIT);
    let mut link = Link::raw(role, &options).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        tunnels.push(link.tunnel().await);
    }
    run_until_idle().await;
    link.to_peer.set_buffer(0);
    let mut held = 0;
    for tunnel in &mut tunnels {
        held += fill(&mut tunnel.upgraded, &[1; 8 << 10], 2 * LIMIT).await;
    }
    let polls = link.executor.polls();
    link.to_peer.set_buffer(FRAME);
    let mut frames = 0;
    while held > 0 {
        let frame = expect_soon("DATA", link.peer.next()).await;
        let frame = frame.expect("the connection lives");
        held -= frame.flow_controlled_len() as usize;
        frames += 1;
    }
    let polls = link.executor.polls() - polls;
    assert!(
        polls <= frames + frames / 4,
        "{polls} polls for {frames} frames"
    );
}

/// Case 6.
async fn an_hour_of_five_hundred_stalled_tunnels_changes_nothing(role: Role) {
    const TUNNELS: usize = 500;
    let options = Options::new().stream_window(0).tune(
        |server| {
            server.max_concurrent_streams(1000);
            server.keep_alive_interval(INTERVAL);
        },
        |client| {
            client.keep_alive_interval(INTERVAL);
        },
    );
    let mut link = Link::h2(role, &options).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        let mut tunnel = link.tunnel().await;
        fill(&mut tunnel.upgraded, &[1; 8 << 10], 4 * FRAME).await;
        tunnels.push(tunnel);
    }
    // A first interval, so that what is made once is made.
    tokio::time::sleep(2 * INTERVAL).await;
    let (live, polls) = (link.executor.live(), link.executor.polls());
    let mark = heap::mark();
    tokio::time::sleep(HOUR).await;
    let grown = mark.grown();
    assert!(grown.abs() <= 1024, "an hour cost {grown} bytes");
    assert_eq!(link.executor.live(), live);
    let (polls, pings) = (link.executor.polls() - polls, 360);
    assert!(polls >= pings, "no keep-alive went on");
    assert!(polls <= 10 * pings, "{polls} polls in an hour");

    link.peer.set_stream_window(4 * FRAME as u32);
    for tunnel in &mut tunnels[..3] {
        let received = tunnel.stream.receive(8 << 10).await;
        assert!(received.expect("the tunnel is open").len() >= 8 << 10);
    }
    drop(tunnels);
    run_until_idle().await;
    let connection_and_dispatcher = 2;
    assert!(link.executor.live() <= connection_and_dispatcher);
}
