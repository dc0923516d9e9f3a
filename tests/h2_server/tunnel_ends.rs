//! Contract 6.4-6, 6.4-7: what an `Upgraded` of a server reads, writes and reports at its edges.

use std::error::Error;
use std::io::ErrorKind;

use h2::Reason;
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::messages::empty;
use crate::server::{server, server_with, tuned, Server};
use crate::support::scripted_h2::Frame;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

type Tunnel = TokioIo<Upgraded>;

async fn open(server: &mut Server, stream: u32) -> Tunnel {
    let mut call = server.connect(stream, &[]).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(stream).await.status(), 200);
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    TokioIo::new(upgraded.expect("a tunnel"))
}

async fn read_to_end(tunnel: &mut Tunnel) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = tunnel.read_to_end(&mut bytes);
    expect_soon("the end of the tunnel", read).await?;
    Ok(bytes)
}

// Contract 6.4-6.
#[tokio::test(start_paused = true)]
async fn end_stream_is_the_end_of_what_is_read() {
    let mut server = server().await;
    let mut tunnel = open(&mut server, 1).await;
    server.peer.send_data(1, "some").await;
    server.peer.send_data(1, "").await;
    server.peer.send_last_data(1, " bytes").await;
    let read = read_to_end(&mut tunnel).await.expect("no error");
    assert_eq!(read, b"some bytes");
    tunnel.write_all(b"still open").await.expect("half-closed");
    assert_eq!(server.peer.expect_bytes(1, 10).await, "still open");
}

// Contract 6.4-6.
#[tokio::test(start_paused = true)]
async fn a_reset_without_blame_reads_as_the_end() {
    let mut server = server().await;
    for (stream, code) in [(1, Reason::NO_ERROR), (3, Reason::CANCEL)] {
        let mut tunnel = open(&mut server, stream).await;
        server.peer.reset(stream, code).await;
        let read = read_to_end(&mut tunnel).await.expect("no error");
        assert!(read.is_empty());
    }
    server.assert_usable(5).await;
}

// Contract 6.4-6.
#[tokio::test(start_paused = true)]
async fn a_reset_with_blame_reads_as_an_error() {
    let mut server = server().await;
    for (stream, code, expected) in [
        (1, Reason::STREAM_CLOSED, ErrorKind::BrokenPipe),
        (3, Reason::INTERNAL_ERROR, ErrorKind::Other),
        (5, Reason::ENHANCE_YOUR_CALM, ErrorKind::Other),
    ] {
        let mut tunnel = open(&mut server, stream).await;
        server.peer.reset(stream, code).await;
        let error = read_to_end(&mut tunnel).await.expect_err("the blame");
        assert_eq!(error.kind(), expected, "{code:?}");
        if expected == ErrorKind::Other {
            assert_eq!(reason_in(&error), Some(code));
        }
    }
    server.assert_usable(7).await;
}

/// The reason of the first `h2` error in the chain.
fn reason_in(error: &std::io::Error) -> Option<Reason> {
    let mut cause = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.reason();
        }
        cause = error.source();
    }
    None
}

// Contract 6.4-6: credit is given back as bytes are read, and not before.
#[tokio::test(start_paused = true)]
async fn window_is_given_back_as_bytes_are_read() {
    let mut server = tuned(|builder| {
        builder
            .initial_stream_window_size(65_535)
            .initial_connection_window_size(65_535);
    })
    .await;
    let mut tunnel = open(&mut server, 1).await;
    for _ in 0..3 {
        server.peer.send_data(1, vec![7; 16_384]).await;
    }
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!((server.peer.credit(0), server.peer.credit(1)), (0, 0));
    let mut read = vec![0; 3 * 16_384];
    tunnel.read_exact(&mut read).await.expect("all of it");
    assert!(server.peer.settled_frames().await.is_empty());
    let all = 3 * 16_384;
    assert_eq!((server.peer.credit(0), server.peer.credit(1)), (all, all));
}

// Contract 6.4-7.
#[tokio::test(start_paused = true)]
async fn an_empty_write_is_nothing_and_writes_are_not_vectored() {
    let mut server = server().await;
    let mut tunnel = open(&mut server, 1).await;
    assert_eq!(tunnel.write(b"").await.expect("no error"), 0);
    assert!(server.peer.settled_frames().await.is_empty());
    assert!(!tunnel.is_write_vectored());
}

// Contract 6.4-7: real backpressure, however large the writes.
#[tokio::test(start_paused = true)]
async fn writes_wait_while_the_peer_gives_no_window() {
    let mut server = server_with(&Options::new().stream_window(0)).await;
    let mut tunnel = open(&mut server, 1).await;
    let mut taken = 0;
    let chunk = vec![7; 8192];
    loop {
        let mut write = Box::pin(tunnel.write(&chunk));
        match settle(&mut write).await {
            std::task::Poll::Ready(written) => taken += written.expect("no error"),
            std::task::Poll::Pending => break,
        }
    }
    assert!(taken <= 16 << 10, "a frame at most: {taken}");
    server.peer.grant(1, 1 << 20).await;
    assert_eq!(server.peer.expect_bytes(1, taken).await, vec![7; taken]);
}

// Contract 6.4-7.
#[tokio::test(start_paused = true)]
async fn shutdown_and_drop_end_the_stream_cleanly() {
    let mut server = server().await;
    let mut first = open(&mut server, 1).await;
    first.write_all(b"last").await.expect("taken");
    first.shutdown().await.expect("the end is queued");
    assert_eq!(server.peer.expect_bytes(1, 4).await, "last");
    server.peer.expect_end(1).await;

    let mut second = open(&mut server, 3).await;
    second.write_all(b"last").await.expect("taken");
    server.peer.send_last_data(3, "").await;
    drop(second);
    let mut ended = false;
    let mut bytes = Vec::new();
    while !ended {
        let (payload, end) = server.peer.expect_data(3).await;
        bytes.extend_from_slice(&payload);
        ended = end;
    }
    assert_eq!(bytes, b"last");
}

// Contract 6.4-7.
#[tokio::test(start_paused = true)]
async fn writes_after_a_reset_fail_and_go_on_failing() {
    let mut server = server().await;
    let mut tunnel = open(&mut server, 1).await;
    server.peer.reset(1, Reason::CANCEL).await;
    run_until_idle().await;
    for _ in 0..3 {
        let error = tunnel.write(b"too late").await.expect_err("the end");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
    server.assert_usable(3).await;
}

// Contract 6.4-6, 6.4-7: the end of the connection is seen by readers and writers.
#[tokio::test(start_paused = true)]
async fn a_tunnel_fails_with_its_connection() {
    let mut server = server().await;
    let mut tunnel = open(&mut server, 1).await;
    server.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    server.hyper.ended().await.expect_err("a broken transport");
    let error = read_to_end(&mut tunnel).await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = tunnel.write(b"too late").await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    drop(tunnel);
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 0);
}

// Contract 6.4-6: trailers of the peer's end what is read, too.
#[tokio::test(start_paused = true)]
async fn a_tunnel_does_not_disturb_requests_beside_it() {
    let mut server = server().await;
    let mut tunnel = open(&mut server, 1).await;
    server.assert_usable(3).await;
    tunnel.write_all(b"a").await.expect("taken");
    assert_eq!(server.peer.expect_bytes(1, 1).await, "a");
    server.assert_usable(5).await;
    server.peer.reset(1, Reason::CANCEL).await;
    let frames: Vec<Frame> = server.peer.settled_frames().await;
    assert!(frames.is_empty(), "{frames:?}");
    server.assert_usable(7).await;
}
