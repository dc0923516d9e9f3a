//! Contract 7.1: what a received body says about itself.

use hyper::body::Body;

use crate::messages::{empty, with_body, OK};
use crate::support::reading::{next_data, next_frame};
use crate::support::scripted_h1::{Delivery, Server};

// Contract 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn a_body_of_known_length_counts_down() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\n")
        .await;
    let mut body = call.request.into_body();
    assert_eq!(body.size_hint().exact(), Some(6));
    assert!(!body.is_end_stream());
    server.peer.deliver(Delivery::Whole, "ab").await;
    assert_eq!(next_data(&mut body).await, "ab");
    assert_eq!(body.size_hint().exact(), Some(4));
    assert!(!body.is_end_stream());
    server.peer.deliver(Delivery::Whole, "cdef").await;
    assert_eq!(next_data(&mut body).await, "cdef");
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.is_end_stream());
    assert!(next_frame(&mut body).await.is_none());
    assert!(next_frame(&mut body).await.is_none());
}

// Contract 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn a_chunked_body_knows_nothing_before_its_end() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    let mut body = call.request.into_body();
    for _ in 0..2 {
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().lower(), 0);
        assert_eq!(body.size_hint().upper(), None);
        next_frame(&mut body).await;
    }
}

// Contract 7.1-1, 7.1-2, 1.2-12.
#[tokio::test(start_paused = true)]
async fn an_empty_body_has_ended() {
    for input in [
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
    ] {
        let mut server = Server::start();
        let mut call = server.request(input).await;
        let body = call.request.body_mut();
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert_eq!(format!("{body:?}"), "Body(Empty)");
        assert!(next_frame(body).await.is_none());
    }
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\n")
        .await;
    assert_eq!(format!("{:?}", call.request.body()), "Body(Streaming)");
}

// Contract 7.1-3: what came before a failure is handed over first.
#[tokio::test(start_paused = true)]
async fn data_comes_before_the_failure_then_nothing() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nX")
        .await;
    let mut body = call.request.into_body();
    assert_eq!(next_data(&mut body).await, "abc");
    next_frame(&mut body)
        .await
        .expect("a failure")
        .expect_err("a failure");
    assert!(next_frame(&mut body).await.is_none());
    assert!(next_frame(&mut body).await.is_none());
}

// Contract 7.1-4: whole buffered pieces.
#[tokio::test(start_paused = true)]
async fn a_piece_that_arrived_whole_is_handed_over_whole() {
    let mut server = Server::start();
    let call = server
        .request(format!(
            "POST / HTTP/1.1\r\ncontent-length: 4000\r\n\r\n{}",
            "x".repeat(4_000)
        ))
        .await;
    let mut body = call.request.into_body();
    assert_eq!(next_data(&mut body).await.len(), 4_000);
    assert!(body.is_end_stream());
}

// Contract 7.1-8, 9-12: framing follows what the body says of itself.
#[tokio::test(start_paused = true)]
async fn a_received_body_may_be_sent_back() {
    let head = |framing: &str| format!("POST / HTTP/1.1\r\n{framing}\r\n\r\n");
    for (input, expected) in [
        (
            format!("{}abc", head("content-length: 3")),
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ndate: <date>\r\n\r\nabc",
        ),
        (
            format!("{}3\r\nabc\r\n0\r\n\r\n", head("transfer-encoding: chunked")),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: <date>\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        (head("x: y"), OK),
    ] {
        let mut server = Server::start();
        let call = server.request(input).await;
        let response = with_body(call.request.into_body());
        call.answer.respond(response);
        server.peer.expect_text(expected).await;
        server.assert_usable().await;
    }
}

// Contract 7.1-5: a body that outlives its answer is received to its end.
#[tokio::test(start_paused = true)]
async fn a_body_may_be_read_after_the_answer() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let mut body = call.request.into_body();
    call.answer.respond(empty());
    server.peer.expect_text(OK).await;
    assert_eq!(next_data(&mut body).await, "abc");
    server.peer.deliver(Delivery::Whole, "def").await;
    assert_eq!(next_data(&mut body).await, "def");
    assert!(body.is_end_stream());
    server.assert_usable().await;
}
