//! A fast upstream, a client that stops for 39 seconds, and a proxy between them that must not pay for it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{interval, sleep};

use super::pattern::{self, bytes_at, Arrived};
use super::pressure::{write, Io, FRAME, FULL_EXTRA};
use crate::support::heap;
use crate::support::scripted_h2::{receive, H2Stream};
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::expect_soon;

const LIMIT: usize = 400 << 10;
const WINDOW: u32 = 1 << 20;
/// What an upstream at 1.5 Gbit/s has to say every millisecond.
const PER_MILLISECOND: usize = 1_500_000_000 / 8 / 1000;
/// Time the upstream speaks, had it a free run. In the collapse it says nothing, as nobody takes it.
const SPEAKS: usize = 150;

both_roles!(
    a_socket_that_stands_still_for_39_seconds_costs_the_limit,
    a_window_that_stands_still_for_39_seconds_costs_a_frame,
);

#[derive(Clone, Copy, PartialEq)]
enum Collapse {
    Socket,
    Window,
}

/// Case 7.
async fn a_socket_that_stands_still_for_39_seconds_costs_the_limit(role: Role) {
    collapse(role, Collapse::Socket).await;
}

/// Case 7, where the client's kernel goes on but its application does not.
async fn a_window_that_stands_still_for_39_seconds_costs_a_frame(role: Role) {
    collapse(role, Collapse::Window).await;
}

async fn collapse(role: Role, kind: Collapse) {
    let options = Options::new()
        .stream_window(WINDOW)
        .connection_window(WINDOW)
        .max_send_buf_size(LIMIT);
    let mut link = Link::h2(role, &options).await;
    let Tunnel {
        upgraded,
        stream: H2Stream { mut recv, .. },
    } = link.tunnel().await;
    let end = SPEAKS * PER_MILLISECOND;
    let accepted = Arc::new(AtomicUsize::new(0));
    let upstream = tokio::spawn(forward(upgraded, end, accepted.clone()));

    // A third of it at full speed.
    let mut arrived = Arrived::default();
    while arrived.len() < end / 3 {
        let data = expect_soon("DATA", receive(&mut recv, 1)).await;
        arrived.push(&data.expect("the tunnel is open"));
    }

    let mark = heap::mark();
    if kind == Collapse::Socket {
        link.to_peer.stop_reading();
    }
    sleep(Duration::from_secs(1)).await;
    let held = accepted.load(Ordering::SeqCst);
    let most = match kind {
        Collapse::Socket => link.to_peer.taken() as usize + LIMIT,
        Collapse::Window => arrived.len() + WINDOW as usize + FRAME,
    };
    assert!(held <= most, "{held} bytes accepted, {most} at the most");
    if kind == Collapse::Socket {
        let grown = mark.grown();
        let most = LIMIT + FULL_EXTRA + 2 * options.socket_buffer;
        assert!(grown <= most as isize, "the collapse cost {grown}");
    }

    let mark = heap::mark();
    for _ in 0..38 {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(accepted.load(Ordering::SeqCst), held);
    assert!(mark.peak() <= 1024, "39 seconds cost {}", mark.peak());

    link.to_peer.resume();
    while let Some(data) = expect_soon("DATA", recv.data()).await {
        let data = data.expect("the tunnel is open");
        arrived.push(&data);
        let released = recv.flow_control().release_capacity(data.len());
        released.expect("the window takes back what it gave");
    }
    assert_eq!(arrived.len(), end);
    let upstream = expect_soon("the upstream's end", upstream).await;
    upstream.expect("no panic").expect("all is accepted");
}

/// Writes the pattern up to `end` at the upstream's pace, then shuts down.
async fn forward(mut tunnel: Io, end: usize, accepted: Arc<AtomicUsize>) -> io::Result<Io> {
    let mut tick = interval(Duration::from_millis(1));
    let (mut at, mut said) = (0, 0);
    while at < end {
        tick.tick().await;
        said = end.min(said + PER_MILLISECOND);
        while at < said {
            let piece = bytes_at(at, pattern::MOST.min(said - at));
            at += write(&mut tunnel, piece).await?;
            accepted.store(at, Ordering::SeqCst);
        }
    }
    tunnel.shutdown().await.map(|()| tunnel)
}
