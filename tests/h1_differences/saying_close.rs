//! ODD 25, 28: a connection that will close says so, so that its client need not find out by losing a request.

use crate::support::bodies::Frames;
use crate::support::reading::Reading;
use crate::support::responses::{empty, text, with_body, with_status};
use crate::support::scripted_h1::{Delivery, Server};

// ODD 25.
#[tokio::test(start_paused = true)]
async fn the_500_for_an_informational_response_says_close() {
    for status in [100, 102, 103, 199] {
        let mut server = Server::start();
        server.get().await.respond(with_status(status, text("x")));
        let head = server.peer.expect_head().await;
        assert_eq!(head.status(), 500);
        assert!(head.says_close(), "{head:?}");
        server.peer.expect_eof().await;
    }
}

// ODD 25.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_malformed_body_says_close() {
    for body in ["nonsense\r\n", "3\r\nabcX"] {
        for how in Delivery::EXTREMES {
            let mut server = Server::start();
            let call = server
                .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            let reading = Reading::start(call.request.into_body());
            server.peer.deliver(how, body).await;
            reading.finish().await.failure();
            call.answer.respond(with_status(400, empty()));
            let head = server.peer.expect_head().await;
            assert_eq!(head.status(), 400);
            assert!(head.says_close(), "{head:?}");
            server.peer.expect_eof().await;
            server
                .hyper
                .ended()
                .await
                .expect("no failure of the connection's");
        }
    }
}

// ODD 25: half a client may still be listening.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_body_that_was_cut_short_says_close() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc")
        .await;
    let reading = Reading::start(call.request.into_body());
    server.peer.eof().await;
    reading.finish().await.failure();
    call.answer.respond(with_status(400, empty()));
    let head = server.peer.expect_head().await;
    assert!(head.says_close(), "{head:?}");
}

// ODD 28.
#[tokio::test(start_paused = true)]
async fn a_1_0_response_that_ends_with_the_connection_does_not_promise_to_keep_it() {
    let mut server = Server::start();
    let request = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
    let call = server.request(request).await;
    call.respond(with_body(Frames::repeat(1, "hello")));
    let head = server.peer.expect_head().await;
    assert!(!head.has_token("connection", "keep-alive"), "{head:?}");
    assert!(head.says_close(), "{head:?}");
    server.peer.expect_last_text("hello").await;
}
