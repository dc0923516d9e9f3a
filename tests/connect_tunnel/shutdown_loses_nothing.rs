//! Case 28: once shutdown says `Ok`, every byte and END_STREAM reach the peer, even if the handle goes that very moment.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::{assert_whole, frames_to_the_end, pattern};

both_roles!(
    bytes_that_waited_for_window_all_arrive,
    megabytes_behind_a_slow_socket_all_arrive,
    bytes_arrive_although_the_peer_ended_first,
    a_shutdown_given_up_half_way_goes_on,
    a_shutdown_in_another_task_than_the_reader_wakes_it_not,
);

// Case 28.
async fn bytes_that_waited_for_window_all_arrive(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let bytes = pattern(100_000);
    let expected = bytes.clone();
    let mut writer = tokio::spawn(async move {
        tunnel.upgraded.write_all(&bytes).await?;
        tunnel.upgraded.shutdown().await?;
        drop(tunnel);
        std::io::Result::Ok(())
    });
    assert!(settle(&mut writer).await.is_pending());
    assert!(link.peer.settled_frames().await.is_empty());

    // Opened bit by bit, so that the end stands at the window as well.
    let mut frames = Vec::new();
    for _ in 0..101 {
        link.peer.grant(0, 1000).await;
        link.peer.grant(stream, 1000).await;
        frames.extend(link.peer.settled_frames().await);
    }
    let written = expect_soon("the writer", writer).await;
    written.expect("no panic").expect("all is accepted");
    assert_whole(&frames, &expected);
    run_until_idle().await;
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 28: with every window open, what is left at the drop waits for the socket.
async fn megabytes_behind_a_slow_socket_all_arrive(role: Role) {
    let options = Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
        .max_send_buf_size(1 << 20)
        .socket_buffer(1000);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let bytes = pattern(3 << 20);
    let expected = bytes.clone();
    let writer = tokio::spawn(async move {
        tunnel.upgraded.write_all(&bytes).await?;
        tunnel.upgraded.shutdown().await?;
        drop(tunnel);
        std::io::Result::Ok(())
    });
    let frames = frames_to_the_end(&mut link.peer).await;
    assert_whole(&frames, &expected);
    let written = expect_soon("the writer", writer).await;
    written.expect("no panic").expect("all is accepted");
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 28.
async fn bytes_arrive_although_the_peer_ended_first(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    link.peer.send_last_data(stream, "").await;
    assert_eq!(tunnel.upgraded.read(&mut [0]).await.expect("the end"), 0);
    let mut writer = tokio::spawn(async move {
        tunnel.upgraded.write_all(b"to the end").await?;
        tunnel.upgraded.shutdown().await?;
        drop(tunnel);
        std::io::Result::Ok(())
    });
    assert!(settle(&mut writer).await.is_pending());
    link.peer.grant(stream, 1000).await;
    let written = expect_soon("the writer", writer).await;
    written.expect("no panic").expect("all is accepted");
    assert_whole(&link.peer.settled_frames().await, b"to the end");
}

// Case 28: the future is dropped, then the handle; the order to end stands.
async fn a_shutdown_given_up_half_way_goes_on(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel
        .upgraded
        .write_all(b"0123456789")
        .await
        .expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    link.peer.grant(stream, 4).await;
    let mut frames = link.peer.settled_frames().await;
    drop(shutdown);
    drop(tunnel);
    frames.extend(link.peer.settled_frames().await);
    tokio::time::sleep(Duration::from_secs(10)).await;
    link.peer.grant(stream, 6).await;
    frames.extend(link.peer.settled_frames().await);
    assert_whole(&frames, b"0123456789");
}

// Case 28: reading goes on untouched, in its own task, while the shutdown waits.
async fn a_shutdown_in_another_task_than_the_reader_wakes_it_not(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let mut reader = tokio::spawn(async move {
        let mut all = Vec::new();
        read.read_to_end(&mut all).await.map(|_| all)
    });
    write.write_all(b"out").await.expect("open");
    let mut shutdown = Box::pin(write.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    assert!(settle(&mut reader).await.is_pending());
    link.peer.grant(stream, 3).await;
    expect_soon("the shutdown", shutdown).await.expect("open");
    assert_whole(&link.peer.settled_frames().await, b"out");
    link.peer.send_last_data(stream, "in").await;
    let all = expect_soon("the reader", reader).await.expect("no panic");
    assert_eq!(all.expect("a clean end"), b"in");
}
