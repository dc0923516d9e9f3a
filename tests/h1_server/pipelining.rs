//! Contract 4.8-1: one request at a time, in order.

use crate::messages::{converse, empty, text, with_body, OK};
use crate::support::bodies::channel;
use crate::support::scripted_h1::{Delivery, Server};
use crate::support::virtual_timer::run_until_idle;

// Contract 4.8-1.
#[tokio::test(start_paused = true)]
async fn requests_in_a_row_are_answered_in_order() {
    let input: String = (0..50)
        .map(|n| format!("POST /{n} HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"))
        .collect();
    for how in Delivery::EXTREMES {
        let conversation = converse(|_| {}, how, &input).await;
        conversation.ended.expect("the connection ends well");
        assert_eq!(conversation.replies, OK.repeat(50));
        for (n, seen) in conversation.requests.iter().enumerate() {
            assert_eq!(seen.uri, format!("/{n}"));
            assert_eq!(seen.text(), "abc");
        }
    }
}

// Contract 4.8-1: bodies of every framing next to each other.
#[tokio::test(start_paused = true)]
async fn a_row_of_requests_may_be_cut_anywhere() {
    let input = "POST /a HTTP/1.1\r\ncontent-length: 2\r\n\r\nab\
                 POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n\
                 GET /c HTTP/1.1\r\n\r\n";
    for how in Delivery::all(input.len()) {
        let conversation = converse(|_| {}, how, input).await;
        conversation.ended.expect("the connection ends well");
        let seen: Vec<_> = conversation
            .requests
            .iter()
            .map(|seen| (&*seen.uri, seen.text()))
            .collect();
        assert_eq!(seen, [("/a", "ab"), ("/b", "cd"), ("/c", "")]);
    }
}

// Contract 4.8-1.
#[tokio::test(start_paused = true)]
async fn the_next_request_waits_for_the_response_before_it() {
    let mut server = Server::start();
    server
        .peer
        .send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
        .await;
    let first = server.hyper.next_call().await;
    run_until_idle().await;
    assert!(!server.hyper.has_calls());
    let (frames, body) = channel();
    first.respond(with_body(body));
    frames.send_data("data");
    run_until_idle().await;
    assert!(!server.hyper.has_calls());
    drop(frames);
    let second = server.hyper.next_call().await;
    assert_eq!(second.request.uri(), "/b");
    second.respond(empty());
    let said = server.peer.settled_text().await;
    assert!(said.ends_with(&format!("0\r\n\r\n{OK}")), "{said}");
}

// Contract 4.8-1.
#[tokio::test(start_paused = true)]
async fn the_next_request_waits_for_the_body_before_it() {
    let mut server = Server::start();
    let call = server
        .request("POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\na")
        .await;
    let crate::support::calls::Call { request, answer } = call;
    answer.respond(text("early"));
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("early"), "{said}");
    server.peer.send("bcGET /b HTTP/1.1\r\n\r\n").await;
    run_until_idle().await;
    assert!(!server.hyper.has_calls());
    let body = http_body_util::BodyExt::collect(request.into_body()).await;
    assert_eq!(body.expect("the body").to_bytes(), "abc");
    assert_eq!(server.hyper.next_call().await.request.uri(), "/b");
}

// Contract 4.8-1: everything is there already, and the transport is not asked again.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_read_with_the_last_needs_no_further_byte() {
    let mut server = Server::start();
    server
        .peer
        .send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
        .await;
    let first = server.hyper.next_call().await;
    server.peer.to_hyper().stop_reading();
    first.respond(empty());
    server.hyper.next_call().await.respond(empty());
    server.peer.expect_text(&OK.repeat(2)).await;
}
