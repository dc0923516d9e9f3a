//! Contract 4.8-8, 9-4: `graceful_shutdown` in every state of a connection.

use std::pin::Pin;

use crate::messages::{empty, text, with_body, Reading, LAST_OK, OK};
use crate::support::bodies::channel;
use crate::support::scripted_h1::{Delivery, HeldServer, Server};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn a_connection_that_received_nothing_closes_at_once() {
    let mut server = Server::start();
    run_until_idle().await;
    server.hyper.graceful_shutdown();
    server.assert_ends_well().await;
}

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_closes_at_once() {
    let mut server = Server::start();
    server.assert_usable().await;
    server.hyper.graceful_shutdown();
    server.assert_ends_well().await;
}

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn a_request_in_progress_is_finished_and_told() {
    let mut server = Server::start();
    let call = server.request(GET).await;
    server.hyper.graceful_shutdown();
    server.peer.expect_nothing().await;
    call.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn a_request_body_in_progress_is_received() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let reading = Reading::start(call.request.into_body());
    run_until_idle().await;
    server.hyper.graceful_shutdown();
    server.peer.deliver(Delivery::Whole, "def").await;
    assert_eq!(reading.finish().await.whole(), "abcdef");
    call.answer.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8: a head that is out cannot say close any more.
#[tokio::test(start_paused = true)]
async fn a_response_in_progress_is_finished() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.request(GET).await.respond(with_body(body));
    let said = server.peer.settled_text().await;
    assert!(!said.contains("close"), "{said}");
    server.hyper.graceful_shutdown();
    server.peer.expect_nothing().await;
    frames.send_data("data");
    server.peer.expect_text("4\r\ndata\r\n").await;
    drop(frames);
    server.peer.expect_last_text("0\r\n\r\n").await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn a_partial_head_is_waited_for() {
    let mut server = Server::start();
    server.peer.deliver(Delivery::Whole, "GET / HT").await;
    server.hyper.graceful_shutdown();
    server.peer.expect_nothing().await;
    assert!(!server.hyper.has_ended());
    server.peer.send("TP/1.1\r\n\r\n").await;
    server.hyper.next_call().await.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8: the last request is the last.
#[tokio::test(start_paused = true)]
async fn pipelined_requests_are_not_started() {
    let mut server = Server::start();
    let call = server.request(GET.repeat(3)).await;
    server.hyper.graceful_shutdown();
    run_until_idle().await;
    call.respond(text("last"));
    let said = server.peer.settled_text().await;
    assert!(said.contains("\r\nconnection: close\r\n"), "{said}");
    assert!(said.ends_with("last"), "{said}");
    server.hyper.ended().await.expect("a clean end");
    assert!(!server.hyper.has_calls());
}

// Contract 4.8-8, 9-4.
#[tokio::test(start_paused = true)]
async fn repeated_calls_are_as_good_as_one() {
    let mut server = Server::start();
    let call = server.request(GET).await;
    for _ in 0..5 {
        server.hyper.graceful_shutdown();
        server.hyper.graceful_shutdown();
        run_until_idle().await;
    }
    call.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    server.hyper.graceful_shutdown();
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8, 9-4.
#[tokio::test(start_paused = true)]
async fn it_may_be_called_before_the_first_poll_and_after_the_end() {
    let mut held = HeldServer::new(|_| {});
    Pin::new(&mut held.connection).graceful_shutdown();
    let ended = expect_soon("the end", &mut held.connection).await;
    ended.expect("a clean end");
    Pin::new(&mut held.connection).graceful_shutdown();
    held.peer.expect_eof().await;
}

// Contract 4.8-8: a request that has arrived but not been read when it is called may be served or not; the end comes.
#[tokio::test(start_paused = true)]
async fn a_request_that_arrives_with_it_does_no_harm() {
    let mut held = HeldServer::new(|_| {});
    held.peer.send(GET).await;
    Pin::new(&mut held.connection).graceful_shutdown();
    let mut server = held.drive();
    run_until_idle().await;
    if let Some(call) = server.hyper.waiting_call() {
        call.respond(empty());
        server.peer.expect_last_text(LAST_OK).await;
    } else {
        server.peer.expect_eof().await;
    }
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8.
#[tokio::test(start_paused = true)]
async fn it_takes_effect_without_another_wake_up() {
    let mut held = HeldServer::new(|_| {});
    assert!(settle(&mut held.connection).await.is_pending());
    Pin::new(&mut held.connection).graceful_shutdown();
    let ended = expect_soon("the end", &mut held.connection).await;
    ended.expect("a clean end");
}

// Contract 4.8-8: HTTP/1.0, too.
#[tokio::test(start_paused = true)]
async fn a_1_0_client_is_told() {
    let mut server = Server::start();
    let call = server
        .request("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        .await;
    server.hyper.graceful_shutdown();
    run_until_idle().await;
    call.respond(empty());
    let said = server.peer.settled_text().await;
    assert!(!said.contains("keep-alive"), "{said}");
    assert!(server.peer.has_ended());
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-8: a client that keeps nothing back is told on its last answer.
#[tokio::test(start_paused = true)]
async fn requests_before_it_are_told_nothing() {
    let mut server = Server::start();
    server.request(GET).await.respond(empty());
    server.peer.expect_text(OK).await;
    let call = server.request(GET).await;
    server.hyper.graceful_shutdown();
    run_until_idle().await;
    call.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
}
