//! Contract 5.3, 2.4-2, 2.4-3: connections that end, or speak, between or before responses.

use std::io::ErrorKind;

use crate::messages::{cause_text, get, io_cause, kind};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery, HeldClient};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

// Contract 5.3-1.
#[tokio::test(start_paused = true)]
async fn the_end_after_an_exchange_is_no_failure() {
    let mut client = Client::start();
    client.assert_usable().await;
    client.peer.eof().await;
    client.ended().await.expect("a clean end");
    client.peer.expect_eof().await;
}

// Contract 5.3-1, 2.4-2.
#[tokio::test(start_paused = true)]
async fn the_end_before_any_exchange_is_a_failure() {
    let mut client = Client::start();
    run_until_idle().await;
    client.peer.eof().await;
    let error = client.ended().await.expect_err("nothing came of it");
    assert_eq!(kind(&error), "IncompleteMessage");
    assert!(error.is_incomplete_message());
}

// Contract 5.3-1, 2.4-3.
#[tokio::test(start_paused = true)]
async fn bytes_nobody_asked_for_are_a_failure() {
    for exchanges in 0..2 {
        for bytes in ["x", EMPTY] {
            let mut client = Client::start();
            for _ in 0..exchanges {
                client.assert_usable().await;
            }
            run_until_idle().await;
            client.peer.send(bytes).await;
            let error = client.ended().await.expect_err("nobody asked");
            assert_eq!(kind(&error), "UnexpectedMessage");
            assert_eq!(
                error.to_string(),
                "received unexpected message from connection"
            );
        }
    }
}

// Contract 5.3-1.
#[tokio::test(start_paused = true)]
async fn a_second_response_behind_the_first_is_a_failure_of_the_connections_alone() {
    let mut client = Client::start();
    let response = client.answer(EMPTY.repeat(2)).await;
    assert_eq!(response.expect("the first is fine").status(), 200);
    let error = client.ended().await.expect_err("the second is too much");
    assert_eq!(kind(&error), "UnexpectedMessage");
}

// Contract 5.3-2.
#[tokio::test(start_paused = true)]
async fn the_end_before_or_inside_a_head_fails_the_request() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    for len in 0..head.len() {
        let mut client = Client::start();
        let exchange = client.get().await;
        client.peer.deliver(Delivery::Whole, &head[..len]).await;
        client.peer.eof().await;
        let error = exchange.failure().await;
        assert_eq!(kind(&error), "IncompleteMessage");
        assert_eq!(
            error.to_string(),
            "connection closed before message completed"
        );
        client.ended().await.expect("the request has the error");
    }
}

// Contract 5.3-2, 2.4-20, 2.4-5 (c).
#[tokio::test(start_paused = true)]
async fn a_response_before_the_request_fails_the_queued_request() {
    let mut held = HeldClient::new(|_| {});
    held.peer.send(EMPTY).await;
    let answer = held.requests.try_send_request(get());
    let mut client = held.drive();
    let mut failed = expect_soon("the failure", answer)
        .await
        .expect_err("nobody asked");
    assert!(failed.take_message().is_some());
    let error = failed.into_error();
    assert_eq!(kind(&error), "Canceled");
    assert_eq!(
        cause_text(&error),
        "received unexpected message from connection"
    );
    client.ended().await.expect("the request has the error");
    assert_eq!(client.peer.settled_text().await, "");
}

// Contract 5.3-3.
#[tokio::test(start_paused = true)]
async fn a_response_with_the_end_behind_it_is_delivered() {
    for (response, body) in [
        (EMPTY, ""),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", "abc"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "abc",
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabc", "abc"),
    ] {
        let mut client = Client::start();
        let exchange = client.get().await;
        client.peer.send(response).await;
        client.peer.eof().await;
        let response = exchange.response().await;
        assert_eq!(Reading::of(response.into_body()).await.whole(), body);
        client.ended().await.expect("a clean end");
    }
}

// Contract 2.4-6, 2.4-20.
#[tokio::test(start_paused = true)]
async fn a_reset_while_waiting_fails_the_request() {
    let mut client = Client::start();
    let exchange = client.get().await;
    client
        .peer
        .to_hyper()
        .fail_reads(ErrorKind::ConnectionReset);
    let error = exchange.failure().await;
    assert_eq!(kind(&error), "Io");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
    client.ended().await.expect("the request has the error");
}

// Contract 2.4-6, 2.4-20: with no request to tell it to.
#[tokio::test(start_paused = true)]
async fn a_reset_while_idle_fails_the_connection() {
    let mut client = Client::start();
    client.assert_usable().await;
    client
        .peer
        .to_hyper()
        .fail_reads(ErrorKind::ConnectionReset);
    let error = client.ended().await.expect_err("the transport's error");
    assert_eq!(kind(&error), "Io");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
}

// Contract 5.4-8, 4.5-1: what the server says decides.
#[tokio::test(start_paused = true)]
async fn a_server_that_says_close_is_not_used_again() {
    for response in [
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nconnection: close\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nconnection: x\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
    ] {
        let mut client = Client::start();
        client.answer(response).await.expect("a response");
        client.ended().await.expect("a clean end");
        client.peer.expect_eof().await;
        assert!(client.requests().is_closed(), "{response:?}");
    }
}

// Contract 5.4-8.
#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_the_connection_is_used_again() {
    for response in [
        EMPTY,
        "HTTP/1.1 200 OK\r\nconnection: x\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n",
    ] {
        let mut client = Client::start();
        client.answer(response).await.expect("a response");
        run_until_idle().await;
        assert!(client.requests().is_ready(), "{response:?}");
    }
}

// Contract 4.8-9, which holds for both roles.
#[tokio::test(start_paused = true)]
async fn a_connection_with_nothing_to_do_sleeps() {
    let mut client = Client::start();
    client.assert_usable().await;
    let exchange = client.get().await;
    run_until_idle().await;
    let before = client.polls();
    for _ in 0..10 {
        run_until_idle().await;
    }
    assert_eq!(client.polls(), before);
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")
        .await;
    let response = exchange.response().await;
    run_until_idle().await;
    let before = client.polls();
    for _ in 0..10 {
        run_until_idle().await;
    }
    assert_eq!(client.polls(), before);
    drop(response);
}
