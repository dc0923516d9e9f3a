//! Case 36: a tunnel's halves in different tasks, and a half that changes hands.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;

use crate::support::scripted_h2::{receive_to_end, send_all};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::pattern;

both_roles!(
    a_writer_that_takes_over_is_woken,
    a_flush_that_takes_over_from_a_write_is_woken,
    a_reader_that_takes_over_is_woken,
    halves_in_two_tasks_move_a_megabyte_each_way,
);

// Case 36: what wakes must not be a task that is no more.
async fn a_writer_that_takes_over_is_woken(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let (_read, write) = tokio::io::split(tunnel.upgraded);
    let write = Arc::new(Mutex::new(write));
    let writer = |byte: u8, len: usize| {
        let write = write.clone();
        tokio::spawn(async move {
            let mut write = write.lock().await;
            write.write_all(&vec![byte; len]).await?;
            write.flush().await
        })
    };
    let first = writer(1, 1 << 20);
    run_until_idle().await;
    assert!(!first.is_finished());
    first.abort();
    let second = writer(2, 1000);
    run_until_idle().await;
    assert!(!second.is_finished());

    link.peer.grant(0, 1 << 20).await;
    link.peer.grant(stream, 1 << 20).await;
    let written = expect_soon("the second writer", second).await;
    written.expect("no panic").expect("open");
    run_until_idle().await;
    let mut bytes = crate::traffic::payload_on(stream, &link.peer.settled_frames().await);
    let of_first = bytes.split_to(bytes.len() - 1000);
    assert!(of_first.iter().all(|byte| *byte == 1));
    assert_eq!(bytes, vec![2; 1000]);
}

// Case 36.
async fn a_flush_that_takes_over_from_a_write_is_woken(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let write = Arc::new(Mutex::new(tunnel.upgraded));
    let first = tokio::spawn({
        let write = write.clone();
        async move { write.lock().await.write_all(&[1; 1 << 20]).await }
    });
    run_until_idle().await;
    first.abort();
    let second = tokio::spawn({
        let write = write.clone();
        async move { write.lock().await.flush().await }
    });
    link.peer.grant(0, 1 << 20).await;
    link.peer.grant(stream, 1 << 20).await;
    let flushed = expect_soon("the flush", second).await;
    flushed.expect("no panic").expect("open");
}

// Case 36.
async fn a_reader_that_takes_over_is_woken(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let read = Arc::new(Mutex::new(tunnel.upgraded));
    let reader = || {
        let read = read.clone();
        tokio::spawn(async move {
            let mut bytes = [0; 4];
            let mut read = read.lock().await;
            read.read_exact(&mut bytes).await.map(|_| bytes)
        })
    };
    let first = reader();
    run_until_idle().await;
    first.abort();
    let second = reader();
    run_until_idle().await;
    link.peer.send_data(stream, "mine").await;
    let bytes = expect_soon("the second reader", second).await;
    assert_eq!(&bytes.expect("no panic").expect("open"), b"mine");
}

// Case 36.
async fn halves_in_two_tasks_move_a_megabyte_each_way(role: Role) {
    let mut link = Link::h2(role, &Options::new().stream_window(5000)).await;
    let mut tunnel = link.tunnel().await;
    let (mut read, mut write) = tokio::io::split(tunnel.upgraded);
    let bytes = pattern(1 << 20);
    let writer = tokio::spawn({
        let bytes = bytes.clone();
        async move {
            write.write_all(&bytes).await?;
            write.shutdown().await
        }
    });
    let reader = tokio::spawn(async move {
        let mut all = Vec::new();
        read.read_to_end(&mut all).await.map(|_| all)
    });
    let send = async {
        send_all(&mut tunnel.stream.send, bytes.clone()).await?;
        tunnel.stream.send.send_data(Default::default(), true)
    };
    let both = async { tokio::join!(send, receive_to_end(&mut tunnel.stream.recv)) };
    let (sent, received) = expect_soon("1 MiB each way", both).await;
    sent.expect("all is sent");
    assert!(received.expect("all is received") == bytes);
    expect_soon("the writer", writer)
        .await
        .expect("no panic")
        .expect("open");
    let read = expect_soon("the reader", reader).await.expect("no panic");
    assert!(read.expect("a clean end") == bytes);
}
