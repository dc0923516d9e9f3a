//! What goes wrong on one tunnel is no concern of the others on its connection.

use std::collections::HashMap;
use std::time::Duration;

use tokio::io::{copy, split, AsyncWriteExt};
use tokio::time::Instant;

use super::pattern::Arrived;
use super::pressure::{fill, PatternWriter, FRAME};
use crate::support::scripted_h2::{receive, send_all, Frame};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

const OPEN: u32 = 1 << 30;

both_roles!(
    a_tunnel_nobody_reads_does_not_keep_a_sibling_from_answering,
    stalled_tunnels_cost_a_busy_sibling_nothing,
    a_tunnel_on_a_full_socket_starts_again_with_its_siblings,
);

/// Case 19. The connection's window must be the larger one, or a single unread stream is entitled to all of it.
async fn a_tunnel_nobody_reads_does_not_keep_a_sibling_from_answering(role: Role) {
    let options = Options::new().tune(
        |server| {
            server.initial_connection_window_size(2 << 20);
        },
        |_| {},
    );
    let mut link = Link::h2(role, &options).await;
    let mut unread = link.tunnel().await;
    let sibling = link.tunnel().await;
    let mut flood = Box::pin(send_all(&mut unread.stream.send, vec![0; 8 << 20]));
    assert!(settle(&mut flood).await.is_pending());

    let echo = tokio::spawn(async move {
        let (mut read, mut write) = split(sibling.upgraded);
        copy(&mut read, &mut write).await?;
        write.shutdown().await
    });
    let start = Instant::now();
    let mut stream = sibling.stream;
    for _ in 0..10 {
        stream.send_all(vec![7; 30_000]).await.expect("room");
        let echoed = expect_soon("the echo", receive(&mut stream.recv, 30_000)).await;
        assert_eq!(echoed.expect("the tunnel is open"), vec![7; 30_000]);
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    stream.finish().expect("the tunnel is open");
    echo.await.expect("no panic").expect("no error");
    assert!(settle(&mut flood).await.is_pending());
}

/// Case 20: the same bytes, in the same number of polls and no more time.
async fn stalled_tunnels_cost_a_busy_sibling_nothing(role: Role) {
    let (alone, _) = transfer_beside(role, 0).await;
    let (beside, took) = transfer_beside(role, 100).await;
    assert!(
        beside <= alone + alone / 10,
        "{beside} polls beside stalled tunnels, {alone} without"
    );
    assert!(took < Duration::from_millis(10));
}

/// Polls and time it takes to send 4 MiB on one tunnel beside `stalled` others.
async fn transfer_beside(role: Role, stalled: usize) -> (usize, Duration) {
    const LEN: usize = 4 << 20;
    let options = Options::new().stream_window(0).connection_window(OPEN);
    let mut link = Link::raw(role, &options).await;
    let mut others = Vec::new();
    for _ in 0..stalled {
        let mut tunnel = link.tunnel().await;
        fill(&mut tunnel.upgraded, &[1; 8 << 10], 4 * FRAME).await;
        others.push(tunnel);
    }
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.grant(stream, OPEN).await;
    let (polls, start) = (link.executor.polls(), Instant::now());
    let writing = tokio::spawn(async move {
        let mut writer = PatternWriter::default();
        let written = writer.write_to(&mut tunnel.upgraded, LEN, 8 << 10).await;
        written.map(|()| tunnel)
    });
    let mut arrived = Arrived::default();
    while arrived.len() < LEN {
        arrived.push(&link.peer.expect_data(stream).await.0);
    }
    let written = writing.await.expect("no panic");
    let _tunnel = written.expect("the tunnel is open");
    (link.executor.polls() - polls, start.elapsed())
}

/// Case 20, the other way round: after the socket was full for all, none is forgotten.
async fn a_tunnel_on_a_full_socket_starts_again_with_its_siblings(role: Role) {
    const TUNNELS: usize = 100;
    const LEN: usize = 30_000;
    let options = Options::new()
        .stream_window(OPEN)
        .connection_window(OPEN)
        .max_send_buf_size(20_000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        tunnels.push(link.tunnel().await);
    }
    link.to_peer.set_buffer(0);
    let mut writers = Vec::new();
    for (at, mut tunnel) in tunnels.into_iter().enumerate() {
        let size = [1, 100, 5000, 60_000][at % 4];
        writers.push(tokio::spawn(async move {
            let mut writer = PatternWriter::default();
            writer.write_to(&mut tunnel.upgraded, LEN, size).await?;
            tunnel.upgraded.shutdown().await.map(|()| tunnel)
        }));
    }
    run_until_idle().await;
    link.to_peer.set_buffer(3000);
    let mut arrived: HashMap<u32, Arrived> = HashMap::new();
    let mut ended = 0;
    while ended < TUNNELS {
        let frame = expect_soon("the rest", link.peer.next()).await;
        let Some(Frame::Data {
            stream,
            payload,
            end_stream,
            ..
        }) = frame
        else {
            panic!("{frame:?} where DATA was due")
        };
        arrived.entry(stream).or_default().push(&payload);
        ended += usize::from(end_stream);
    }
    assert!(arrived.values().all(|arrived| arrived.len() == LEN));
    for writer in writers {
        let written = expect_soon("the writer's end", writer).await;
        written.expect("no panic").expect("all is accepted");
    }
}
