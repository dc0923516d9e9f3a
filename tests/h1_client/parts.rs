//! Contract 4.8-11 and 1.2-9 for clients: taking a connection apart.

use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::get;
use crate::support::scripted_h1::HeldClient;
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::{expect_soon, settle};

const LAST: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn without_shutdown_gives_the_transport_back_open() {
    let mut held = HeldClient::new(|_| {});
    let parts = tokio::spawn(held.connection.without_shutdown());
    let answer = held.requests.send_request(get());
    held.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    held.peer.send(format!("{LAST}more")).await;
    expect_soon("the response", answer)
        .await
        .expect("a response");
    let parts = expect_soon("the parts", parts).await.expect("no panic");
    let parts = parts.expect("a clean end");
    assert_eq!(parts.read_buf, "more");
    assert_eq!(held.io.shutdowns(), 0);

    let mut transport = TokioIo::new(parts.io);
    transport.write_all(b"raw").await.expect("still open");
    held.peer.expect_text("raw").await;
    held.peer.send("echo").await;
    let mut read = [0; 4];
    transport.read_exact(&mut read).await.expect("still open");
    assert_eq!(&read, b"echo");
}

#[tokio::test(start_paused = true)]
async fn poll_without_shutdown_ends_where_the_connection_would() {
    let mut held = HeldClient::new(|_| {});
    let answer = held.requests.send_request(get());
    {
        let mut polling = Box::pin(poll_fn(|cx| held.connection.poll_without_shutdown(cx)));
        assert!(settle(&mut polling).await.is_pending());
        held.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
        held.peer.send(LAST).await;
        expect_soon("the end", &mut polling)
            .await
            .expect("a clean end");
    }
    expect_soon("the response", answer)
        .await
        .expect("a response");
    assert_eq!(held.io.shutdowns(), 0);
    held.peer.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn into_parts_gives_the_unread_bytes() {
    let mut held = HeldClient::new(|_| {});
    let _answer = held.requests.send_request(get());
    assert!(settle(&mut held.connection).await.is_pending());
    held.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    held.peer.send("HTTP/1.1 20").await;
    assert!(settle(&mut held.connection).await.is_pending());
    let parts = held.connection.into_parts();
    assert_eq!(parts.read_buf, "HTTP/1.1 20");
    drop(parts.io);
    held.peer.expect_eof().await;
}
