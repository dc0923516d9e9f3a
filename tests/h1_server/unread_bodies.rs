//! Contract 4.8-5: request bodies nobody reads to the end.

use crate::messages::{empty, kind, LAST_OK, OK};
use crate::support::reading::next_data;
use crate::support::scripted_h1::{Delivery, Server};
use crate::support::virtual_timer::run_until_idle;

const NEXT: &str = "GET /next HTTP/1.1\r\n\r\n";

// Contract 4.8-5.
#[tokio::test(start_paused = true)]
async fn an_unread_body_that_was_received_is_drained() {
    let mut server = Server::start();
    let call = server
        .request(format!(
            "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc{NEXT}"
        ))
        .await;
    run_until_idle().await;
    call.respond(empty());
    let next = server.hyper.next_call().await;
    assert_eq!(next.request.uri(), "/next");
    next.respond(empty());
    server.peer.expect_text(&OK.repeat(2)).await;
}

// Contract 4.8-5: dropped first, answered later.
#[tokio::test(start_paused = true)]
async fn a_body_may_be_dropped_before_the_answer() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    drop(call.request);
    run_until_idle().await;
    call.answer.respond(empty());
    server.peer.expect_text(OK).await;
    server.assert_usable().await;
}

// Contract 4.8-5: what is half read counts as well.
#[tokio::test(start_paused = true)]
async fn the_rest_of_a_body_that_was_received_is_drained() {
    let mut server = Server::start();
    let mut call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    assert_eq!(next_data(call.request.body_mut()).await, "abc");
    server.peer.deliver(Delivery::Whole, "def").await;
    call.respond(empty());
    server.peer.expect_text(OK).await;
    server.assert_usable().await;
}

// Contract 4.8-5: a body that will not fit any buffer is not waited for, and the answer says so.
#[tokio::test(start_paused = true)]
async fn an_unread_body_that_is_still_far_off_ends_the_connection() {
    for head in [
        "POST / HTTP/1.1\r\ncontent-length: 100000000\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 100000000\r\n\r\nabc",
    ] {
        let mut server = Server::start();
        server.request(head).await.respond(empty());
        server.peer.expect_last_text(LAST_OK).await;
        server
            .hyper
            .ended()
            .await
            .expect("no failure of the connection's");
    }
}

// Contract 4.8-5: and none of it is taken for a request.
#[tokio::test(start_paused = true)]
async fn nothing_of_an_unread_body_is_taken_for_a_request() {
    for framing in ["content-length: 100000000", "transfer-encoding: chunked"] {
        let mut server = Server::start();
        server.peer.to_hyper().set_buffer(usize::MAX);
        let call = server
            .request(format!("POST / HTTP/1.1\r\n{framing}\r\n\r\n"))
            .await;
        call.respond(empty());
        run_until_idle().await;
        let chunk = if framing.starts_with("transfer") {
            "1000\r\n"
        } else {
            ""
        };
        server
            .peer
            .deliver(Delivery::Whole, format!("{chunk}{NEXT}"))
            .await;
        run_until_idle().await;
        assert!(!server.hyper.has_calls());
        let said = server.peer.settled_text().await;
        assert!(said == OK || said == LAST_OK, "{said}");
    }
}

// Contract 4.8-5, 4.8-2: a peer that goes on sending is not read for ever.
#[tokio::test(start_paused = true)]
async fn an_endless_unread_body_is_not_read_for_ever() {
    let mut server = Server::start();
    let to_hyper = server.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..1_000 {
        server.peer.deliver(Delivery::Whole, &chunk).await;
    }
    call.respond(empty());
    server
        .hyper
        .ended()
        .await
        .expect("no failure of the connection's");
    let read = to_hyper.delivered();
    assert!(read < 2_000_000, "{read} bytes were read");
}

// Contract 4.8-5: a malformed rest is no failure of the connection's, but its end.
#[tokio::test(start_paused = true)]
async fn an_unread_body_that_is_malformed_ends_the_connection() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n")
        .await;
    call.respond(empty());
    let said = server.peer.settled_text().await;
    assert!(said == LAST_OK || said == OK, "{said}");
    assert!(server.peer.has_ended());
    if let Err(error) = server.hyper.ended().await {
        panic!("{}", kind(&error));
    }
}
