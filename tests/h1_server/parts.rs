//! Contract 4.8-11, 1.2-9: taking a connection apart.

use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{empty, kind, text, LAST_OK, OK};
use crate::support::scripted_h1::HeldServer;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

// Contract 4.8-11.
#[tokio::test(start_paused = true)]
async fn without_shutdown_gives_the_transport_back_open() {
    let held = HeldServer::new(|_| {});
    let (mut peer, mut calls, io) = (held.peer, held.calls, held.io);
    let parts = tokio::spawn(held.connection.without_shutdown());
    peer.send("GET / HTTP/1.1\r\nconnection: close\r\n\r\nmore")
        .await;
    let call = expect_soon("a request", calls.recv()).await;
    call.expect("a request").respond(empty());
    let parts = expect_soon("the parts", parts).await.expect("no panic");
    let parts = parts.expect("a clean end");
    assert_eq!(parts.read_buf, "more");
    assert_eq!(io.shutdowns(), 0);
    peer.expect_text(LAST_OK).await;

    let mut transport = crate::support::tokio_rt::TokioIo::new(parts.io);
    transport.write_all(b"raw").await.expect("still open");
    peer.expect_text("raw").await;
    peer.send("echo").await;
    let mut read = [0; 4];
    transport.read_exact(&mut read).await.expect("still open");
    assert_eq!(&read, b"echo");
}

// Contract 4.8-11.
#[tokio::test(start_paused = true)]
async fn poll_without_shutdown_ends_where_the_connection_would() {
    let mut held = HeldServer::new(|_| {});
    held.peer
        .send("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await;
    {
        let mut polling = Box::pin(poll_fn(|cx| held.connection.poll_without_shutdown(cx)));
        assert!(settle(&mut polling).await.is_pending());
        let call = held.calls.recv().await.expect("a request");
        call.respond(text("hello"));
        let ended = expect_soon("the end", &mut polling).await;
        ended.expect("a clean end");
    }
    assert_eq!(held.io.shutdowns(), 0);
    let said = held.peer.settled_text().await;
    assert!(said.ends_with("hello"), "{said}");
    assert!(!held.peer.has_ended());
}

// Contract 4.8-11: unread bytes included.
#[tokio::test(start_paused = true)]
async fn into_parts_gives_the_unread_bytes() {
    let mut held = HeldServer::new(|_| {});
    held.peer.send("GET / HT").await;
    assert!(settle(&mut held.connection).await.is_pending());
    let parts = held.connection.into_parts();
    assert_eq!(parts.read_buf, "GET / HT");
    drop(parts.service);
    held.peer.send("TP/1.1").await;
    assert!(!held.peer.has_ended());
    drop(parts.io);
    held.peer.expect_eof().await;
}

// Contract 4.8-11: and before anything happened.
#[tokio::test(start_paused = true)]
async fn into_parts_works_at_once() {
    let mut held = HeldServer::new(|_| {});
    held.peer.send("abc").await;
    let parts = held.connection.into_parts();
    assert_eq!(parts.read_buf, "");
    run_until_idle().await;
    assert_eq!(held.peer.to_hyper().delivered(), 0);
}

// Contract 4.8-11: failures are those of the connection.
#[tokio::test(start_paused = true)]
async fn without_shutdown_fails_as_the_connection_would() {
    let mut held = HeldServer::new(|_| {});
    held.peer.send("GET / HTTP/9.9\r\n\r\n").await;
    let failed = expect_soon("the end", held.connection.without_shutdown()).await;
    let error = failed.expect_err("a refusal");
    assert_eq!(kind(&error), "Parse(Version)");
    let said = held.peer.settled_text().await;
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
}

// Contract 4.8-11: a peer that leaves between requests leaves the parts.
#[tokio::test(start_paused = true)]
async fn without_shutdown_ends_with_the_peer() {
    let held = HeldServer::new(|_| {});
    let (mut peer, mut calls) = (held.peer, held.calls);
    let parts = tokio::spawn(held.connection.without_shutdown());
    peer.send("GET / HTTP/1.1\r\n\r\n").await;
    let call = expect_soon("a request", calls.recv()).await;
    call.expect("a request").respond(empty());
    peer.expect_text(OK).await;
    peer.eof().await;
    let parts = expect_soon("the parts", parts).await.expect("no panic");
    assert_eq!(parts.expect("a clean end").read_buf, "");
}
