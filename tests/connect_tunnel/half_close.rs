//! Cases 26, 27 and 31: each direction ends on its own.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::scripted_h2::receive_to_end;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::{assert_whole, is_bare_end, pattern};

const MEBIBYTE: usize = 1 << 20;

both_roles!(
    a_tunnel_shut_down_still_reads,
    a_tunnel_whose_peer_ended_still_writes,
    a_shutdown_with_nothing_waiting_needs_no_window,
    a_shutdown_with_nothing_waiting_needs_no_connection_window,
    only_one_end_of_stream_is_sent,
    a_write_after_shutdown_is_a_broken_pipe,
    a_write_after_a_shutdown_given_up_is_a_broken_pipe,
    a_read_after_the_end_is_the_end_again,
    a_tunnel_ended_on_both_sides_leaves_no_task,
    a_peer_that_ended_first_still_gets_all,
);

// Case 26.
async fn a_tunnel_shut_down_still_reads(role: Role) {
    let mut link = Link::h2(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.shutdown().await.expect("open");
    assert_eq!(tunnel.stream.receive_to_end().await.expect("ends"), "");

    let bytes = pattern(MEBIBYTE);
    let mut read = Vec::new();
    let stream = &mut tunnel.stream;
    let send = async {
        stream.send_all(bytes.clone()).await?;
        stream.finish()
    };
    let reading = tunnel.upgraded.read_to_end(&mut read);
    let (sent, received) = expect_soon("1 MiB", async { tokio::join!(send, reading) }).await;
    sent.expect("the window is returned");
    received.expect("a clean end");
    assert!(read == bytes);
}

// Case 26.
async fn a_tunnel_whose_peer_ended_still_writes(role: Role) {
    let mut link = Link::h2(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.stream.finish().expect("open");
    let end = tunnel.upgraded.read(&mut [0]).await;
    assert_eq!(end.expect("a clean end"), 0);

    let bytes = pattern(MEBIBYTE);
    let write = async {
        tunnel.upgraded.write_all(&bytes).await?;
        tunnel.upgraded.shutdown().await
    };
    let receive = receive_to_end(&mut tunnel.stream.recv);
    let (written, received) = expect_soon("1 MiB", async { tokio::join!(write, receive) }).await;
    written.expect("the peer reads");
    assert!(received.expect("a clean end") == bytes);
}

// Case 27.
async fn a_shutdown_with_nothing_waiting_needs_no_window(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let shutdown = expect_soon("the shutdown", tunnel.upgraded.shutdown()).await;
    shutdown.expect("open");
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

// Case 27: the connection's window does not count either.
async fn a_shutdown_with_nothing_waiting_needs_no_connection_window(role: Role) {
    const WINDOW: usize = 65_535;
    let mut link = Link::raw(role, &Options::new().stream_window(1 << 20)).await;
    let mut glutton = link.tunnel().await;
    let mut tunnel = link.tunnel().await;
    let glut = vec![0; WINDOW];
    let (written, _) = tokio::join!(
        glutton.upgraded.write_all(&glut),
        link.peer.expect_bytes(glutton.stream, WINDOW),
    );
    written.expect("the window is open");
    let shutdown = expect_soon("the shutdown", tunnel.upgraded.shutdown()).await;
    shutdown.expect("open");
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

// Case 27: however often it is asked for.
async fn only_one_end_of_stream_is_sent(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel
        .upgraded
        .write_all(b"last words")
        .await
        .expect("open");
    for _ in 0..3 {
        tunnel.upgraded.shutdown().await.expect("no failure since");
        tunnel.upgraded.flush().await.expect("no failure since");
    }
    assert_whole(&link.peer.settled_frames().await, b"last words");
    link.peer.send_last_data(tunnel.stream, "").await;
    run_until_idle().await;
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 31.
async fn a_write_after_shutdown_is_a_broken_pipe(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.shutdown().await.expect("open");
    for _ in 0..2 {
        let written = expect_soon("a write", tunnel.upgraded.write(b"late")).await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
    let frames = link.peer.settled_frames().await;
    assert!(
        matches!(&frames[..], [end] if is_bare_end(end)),
        "{frames:?}"
    );
}

// Case 31: a shutdown begun cannot be taken back by dropping its future.
async fn a_write_after_a_shutdown_given_up_is_a_broken_pipe(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"waiting").await.expect("open");
    let mut shutdown = Box::pin(tunnel.upgraded.shutdown());
    assert!(settle(&mut shutdown).await.is_pending());
    drop(shutdown);
    let written = expect_soon("a write", tunnel.upgraded.write(b"late")).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe);

    link.peer.grant(tunnel.stream, 1000).await;
    assert_whole(&link.peer.settled_frames().await, b"waiting");
    tunnel.upgraded.shutdown().await.expect("it is done");
}

// Case 31.
async fn a_read_after_the_end_is_the_end_again(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_data(tunnel.stream, "last").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    assert_eq!(read, b"last");
    for _ in 0..3 {
        let again = expect_soon("a read", tunnel.upgraded.read(&mut [0; 8])).await;
        assert_eq!(again.expect("the end"), 0);
    }
    tunnel.upgraded.shutdown().await.expect("open");
    let again = expect_soon("a read", tunnel.upgraded.read(&mut [0; 8])).await;
    assert_eq!(again.expect("the end"), 0);
}

// Case 26: nothing is left of a tunnel that came to its natural end.
async fn a_tunnel_ended_on_both_sides_leaves_no_task(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    run_until_idle().await;
    let without_tunnel = link.executor.live();
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"bye").await.expect("open");
    tunnel.upgraded.shutdown().await.expect("open");
    assert_eq!(link.peer.read_to_end(tunnel.stream).await, "bye");
    link.peer.send_last_data(tunnel.stream, "bye").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.executor.live(), without_tunnel);
}

// Case 26, with the window closed while the peer ends and the handle goes.
async fn a_peer_that_ended_first_still_gets_all(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    tunnel.upgraded.write_all(b"answer").await.expect("open");
    link.peer.send_last_data(stream, "question").await;
    let mut read = Vec::new();
    let ended = tunnel.upgraded.read_to_end(&mut read).await;
    ended.expect("a clean end");
    drop(tunnel);
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.grant(stream, 1000).await;
    assert_whole(&link.peer.settled_frames().await, b"answer");
}
