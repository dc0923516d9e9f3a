//! Contract 5.2, 2.4-4, 2.4-5, 1.2-9: when a request may be sent, and what becomes of one that may not.

use std::pin::pin;

use crate::messages::{cause_text, get, kind, post};
use crate::support::bodies::{channel, test_body};
use crate::support::reading::{next_data, next_frame};
use crate::support::scripted_h1::{Client, HeldClient};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

// Contract 5.2-1, 3.2-4.
#[tokio::test(start_paused = true)]
async fn readiness_comes_with_the_first_poll_of_the_connection() {
    let held = HeldClient::new(|_| {});
    run_until_idle().await;
    assert!(!held.requests.is_ready());
    assert!(!held.requests.is_closed());
    assert!(held.io.read_rooms().is_empty() && held.io.writes().is_empty());
    let mut client = held.drive();
    run_until_idle().await;
    assert!(client.requests().is_ready());
    expect_soon("readiness", client.requests().ready())
        .await
        .expect("an open connection");
}

// Contract 5.2-1.
#[tokio::test(start_paused = true)]
async fn one_request_may_be_sent_before_the_first_readiness() {
    let mut held = HeldClient::new(|_| {});
    let first = held.requests.send_request(get());
    let second = held.requests.try_send_request(get());
    let failed = expect_soon("the refusal", second).await;
    let failed = failed.expect_err("one is the most");
    assert!(failed.message().is_some());
    let mut client = held.drive();
    client.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    let response = expect_soon("the response", first).await;
    assert_eq!(response.expect("it was sent").status(), 204);
}

// Contract 5.2-1, 2.4-5 (a).
#[tokio::test(start_paused = true)]
async fn a_request_on_a_busy_connection_is_refused_and_given_back() {
    let mut client = Client::start();
    let exchange = client.get().await;
    assert!(!client.requests().is_ready());
    assert!(settle(&mut pin!(client.requests().ready()))
        .await
        .is_pending());
    let refused = client
        .requests()
        .try_send_request(post(crate::messages::sized("x")));
    let mut failed = expect_soon("the refusal", refused)
        .await
        .expect_err("the connection is busy");
    assert_eq!(failed.error().to_string(), "operation was canceled");
    let request = failed.take_message().expect("it was not sent");
    assert_eq!(request.method(), "POST");
    let error = failed.into_error();
    assert_eq!(kind(&error), "Canceled");
    assert!(error.is_canceled());
    assert_eq!(cause_text(&error), "connection was not ready");

    let refused = client.requests().send_request(get());
    let error = expect_soon("the refusal", refused)
        .await
        .expect_err("still busy");
    assert_eq!(kind(&error), "Canceled");

    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    client.assert_usable().await;
}

// Contract 5.2-2.
#[tokio::test(start_paused = true)]
async fn it_is_ready_again_when_the_response_is_read() {
    let mut client = Client::start();
    let response = client
        .answer("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let mut body = response.expect("a response").into_body();
    assert_eq!(next_data(&mut body).await, "abc");
    run_until_idle().await;
    assert!(!client.requests().is_ready());
    client.peer.send("def").await;
    assert_eq!(next_data(&mut body).await, "def");
    client.assert_usable().await;
    assert!(next_frame(&mut body).await.is_none());
}

// Contract 5.2-2.
#[tokio::test(start_paused = true)]
async fn it_is_ready_again_when_the_request_is_written() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let exchange = client.send(post(test_body(body)));
    client.peer.settled_text().await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    run_until_idle().await;
    assert!(!client.requests().is_ready());
    drop(frames);
    client.peer.expect_text("0\r\n\r\n").await;
    client.assert_usable().await;
}

// Contract 5.2-2: withdrawn at once.
#[tokio::test(start_paused = true)]
async fn readiness_goes_when_a_request_is_taken() {
    let mut client = Client::start();
    run_until_idle().await;
    assert!(client.requests().is_ready());
    let _exchange = client.send(get());
    assert!(!client.requests().is_ready());
}

// Contract 5.2-4.
#[tokio::test(start_paused = true)]
async fn a_request_is_sent_though_its_future_is_not_polled() {
    let mut client = Client::start();
    let unpolled = client.requests().send_request(get());
    client.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    drop(unpolled);
}

// Contract 1.2-9: the future stands on its own.
#[tokio::test(start_paused = true)]
async fn the_responses_future_borrows_nothing() {
    let mut client = Client::start();
    let future = client.requests().send_request(get());
    client.close();
    let answer = tokio::spawn(future);
    client.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    let response = expect_soon("the response", answer).await.expect("no panic");
    assert_eq!(response.expect("a response").status(), 204);
}

// Contract 5.2-5.
#[tokio::test(start_paused = true)]
async fn a_response_nobody_waits_for_closes_the_connection() {
    let mut client = Client::start();
    let exchange = client.get().await;
    exchange.cancel();
    client
        .ended()
        .await
        .expect("no failure of the connection's");
    client.peer.expect_eof().await;
    assert!(client.requests().is_closed());
}

// Contract 5.2-5.
#[tokio::test(start_paused = true)]
async fn a_request_dropped_before_it_started_is_never_written() {
    let mut held = HeldClient::new(|_| {});
    drop(held.requests.send_request(get()));
    let mut client = held.drive();
    client.peer.expect_eof().await;
    client
        .ended()
        .await
        .expect("no failure of the connection's");
}

// Contract 5.2-5: while its body is being written, too.
#[tokio::test(start_paused = true)]
async fn a_request_dropped_while_it_is_written_closes_the_connection() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let exchange = client.send(post(test_body(body)));
    frames.send_data("data");
    client.peer.settled_text().await;
    exchange.cancel();
    client
        .ended()
        .await
        .expect("no failure of the connection's");
    client.peer.expect_eof().await;
    assert!(frames.is_closed());
}

// Contract 5.2-6.
#[tokio::test(start_paused = true)]
async fn dropping_the_handle_ends_an_idle_connection() {
    for exchanges in 0..2 {
        let mut client = Client::start();
        for _ in 0..exchanges {
            client.assert_usable().await;
        }
        run_until_idle().await;
        client.close();
        client.ended().await.expect("a clean end");
        client.peer.expect_eof().await;
        assert_eq!(client.io.shutdowns(), 1);
    }
}

// Contract 5.2-6.
#[tokio::test(start_paused = true)]
async fn dropping_the_handle_lets_an_exchange_finish() {
    let mut client = Client::start();
    let exchange = client.get().await;
    client.close();
    client.peer.expect_nothing().await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let mut body = exchange.response().await.into_body();
    assert_eq!(next_data(&mut body).await, "abc");
    client.peer.expect_nothing().await;
    client.peer.send("def").await;
    assert_eq!(next_data(&mut body).await, "def");
    client.ended().await.expect("a clean end");
    client.peer.expect_eof().await;
}

// Contract 5.2-3, 2.4-4.
#[tokio::test(start_paused = true)]
async fn a_connection_that_ended_is_closed() {
    let mut client = Client::start();
    client.assert_usable().await;
    assert!(!client.requests().is_closed());
    client.peer.eof().await;
    client.ended().await.expect("a clean end");
    assert!(client.requests().is_closed());
    assert!(!client.requests().is_ready());
    let ready = expect_soon("the refusal", client.requests().ready()).await;
    let error = ready.expect_err("the connection is gone");
    assert_eq!(kind(&error), "ChannelClosed");
    assert!(error.is_closed());
    assert_eq!(error.to_string(), "channel closed");
    let refused = client.requests().try_send_request(get());
    let failed = expect_soon("the refusal", refused).await.expect_err("gone");
    assert!(failed.message().is_some());
    assert!(failed.error().is_canceled());
    assert_eq!(cause_text(failed.error()), "connection was not ready");
}

// Contract 5.2-3: dropped, failed or done.
#[tokio::test(start_paused = true)]
async fn a_connection_that_was_dropped_is_closed() {
    let held = HeldClient::new(|_| {});
    let requests = held.requests;
    drop(held.connection);
    assert!(requests.is_closed());
    let mut failed = Client::start();
    failed.peer.send("nonsense").await;
    failed.ended().await.expect_err("nonsense");
    assert!(failed.requests().is_closed());
}
