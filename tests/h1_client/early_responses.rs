//! Contract 5.5-1, 5.5-2: responses that do not wait for their request.

use crate::messages::{kind, post, sized};
use crate::support::bodies::{channel, test_body};
use crate::support::reading::{next_data, next_frame, Reading};
use crate::support::scripted_h1::Client;
use crate::support::virtual_timer::run_until_idle;

const HEAD: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

// Contract 5.5-1.
#[tokio::test(start_paused = true)]
async fn an_early_response_is_delivered_while_the_request_goes_on() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let exchange = client.send(post(test_body(body)));
    frames.send_data("one");
    client
        .peer
        .expect_text(&format!("{HEAD}3\r\none\r\n"))
        .await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    let response = exchange.response().await;
    assert_eq!(Reading::of(response.into_body()).await.whole(), "abc");
    run_until_idle().await;
    assert!(!client.requests().is_ready());
    frames.send_data("two");
    client.peer.expect_text("3\r\ntwo\r\n").await;
    drop(frames);
    client.peer.expect_text("0\r\n\r\n").await;
    client.assert_usable().await;
}

// Contract 5.5-1: both may go on side by side.
#[tokio::test(start_paused = true)]
async fn request_and_response_may_stream_side_by_side() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let exchange = client.send(post(test_body(body)));
    client.peer.expect_text(HEAD).await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let mut body = exchange.response().await.into_body();
    for n in 0..50 {
        let data = format!("{n:03}");
        frames.send_data(data.clone());
        client.peer.expect_text(&format!("3\r\n{data}\r\n")).await;
        client.peer.send(format!("3\r\n{data}\r\n")).await;
        assert_eq!(next_data(&mut body).await, data);
    }
    client.peer.send("0\r\n\r\n").await;
    assert!(next_frame(&mut body).await.is_none());
    drop(frames);
    client.peer.expect_text("0\r\n\r\n").await;
    client.assert_usable().await;
}

// Contract 5.5-1: through a socket that takes nothing for a while.
#[tokio::test(start_paused = true)]
async fn an_early_response_is_delivered_while_the_socket_is_full() {
    let mut client = Client::start();
    client.peer.from_hyper().set_buffer(100);
    let exchange = client.send(post(test_body(http_body_util::Full::<bytes::Bytes>::from(
        "x".repeat(1_000_000),
    ))));
    run_until_idle().await;
    client
        .peer
        .send("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(exchange.response().await.status(), 413);
    client.peer.from_hyper().set_buffer(usize::MAX);
    let said = client.peer.settled_bytes().await;
    assert!(said.ends_with(b"xxx"));
    client.assert_usable().await;
}

// Contract 5.5-2.
#[tokio::test(start_paused = true)]
async fn an_early_response_survives_the_end_behind_it() {
    for response in [
        "HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nabc",
        "HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\nabc",
    ] {
        let mut client = Client::start();
        let (frames, body) = channel();
        let exchange = client.send(post(test_body(body)));
        frames.send_data("one");
        client.peer.settled_text().await;
        client.peer.send(response).await;
        client.peer.eof().await;
        let response = exchange.response().await;
        assert_eq!(response.status(), 413);
        assert_eq!(Reading::of(response.into_body()).await.whole(), "abc");
        drop(frames);
        // Whether the request's rest was missed is the connection's to say.
        if let Err(error) = client.ended().await {
            assert_eq!(kind(&error), "IncompleteMessage");
        }
    }
}

// Contract 5.5-1: the ordinary order of things.
#[tokio::test(start_paused = true)]
async fn a_response_to_a_request_that_is_out_leaves_the_connection_usable() {
    let mut client = Client::start();
    for _ in 0..20 {
        run_until_idle().await;
        let exchange = client.send(post(sized("hello")));
        client
            .peer
            .expect_text("POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello")
            .await;
        client
            .peer
            .send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc")
            .await;
        let response = exchange.response().await;
        assert_eq!(Reading::of(response.into_body()).await.whole(), "abc");
    }
}
