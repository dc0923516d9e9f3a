//! Contract 4.2: what hyper answers by itself, and when it does not.

use std::io::ErrorKind;

use crate::messages::{converse, empty, io_cause, kind, refusal, text, BAD_REQUEST, OK};
use crate::support::scripted_h1::{Delivery, Server};

// Contract 4.2-2: also no bytes but these.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_sent_then_the_transport_is_shut_down() {
    let mut server = Server::start();
    server.peer.send("GET / HTTP/9.9\r\n\r\n").await;
    server.peer.expect_last_text(&refusal(BAD_REQUEST)).await;
    let error = server
        .hyper
        .ended()
        .await
        .expect_err("the refusal's reason");
    assert_eq!(kind(&error), "Parse(Version)");
    assert_eq!(server.hyper.io.shutdowns(), 1);
    assert_eq!(server.hyper.io.unflushed_at_shutdown(), 0);
    assert!(!server.hyper.has_calls());
}

// Contract 4.2-2.
#[tokio::test(start_paused = true)]
async fn a_refusal_has_no_date_if_the_option_is_off() {
    let conversation = converse(
        |builder| {
            builder.auto_date_header(false);
        },
        Delivery::Whole,
        "GET / HTTP/9.9\r\n\r\n",
    );
    let replies = conversation.await.replies;
    assert_eq!(
        replies,
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
}

// Contract 4.2-3.
#[tokio::test(start_paused = true)]
async fn a_refusal_follows_the_responses_before_it() {
    let input = "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/9.9\r\n\r\n";
    for how in Delivery::EXTREMES {
        let conversation = converse(|_| {}, how, input).await;
        assert_eq!(conversation.requests.len(), 2);
        let expected = format!("{OK}{OK}{}", refusal(BAD_REQUEST));
        assert_eq!(conversation.replies, expected);
        let error = conversation.ended.expect_err("a refusal");
        assert_eq!(kind(&error), "Parse(Version)");
    }
}

// Contract 4.2-3: nothing is read, hence nothing refused, before the response is out.
#[tokio::test(start_paused = true)]
async fn a_refusal_waits_for_the_response_before_it() {
    let mut server = Server::start();
    let call = server
        .request("GET /a HTTP/1.1\r\n\r\nGET /c HTTP/9.9\r\n\r\n")
        .await;
    server.peer.expect_nothing().await;
    call.respond(text("later"));
    let said = server.peer.settled_text().await;
    let (first, second) = said.split_at(said.find("later").expect("a body") + 5);
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(second, refusal(BAD_REQUEST));
    server.hyper.ended().await.expect_err("a refusal");
}

// Contract 4.2-5.
#[tokio::test(start_paused = true)]
async fn the_end_before_a_request_is_no_failure() {
    for input in ["", "\r\n", "\n", "\r\n\r\n\r\n", "\r"] {
        for how in Delivery::EXTREMES {
            let conversation = converse(|_| {}, how, input).await;
            conversation.ended.expect("a clean end");
            assert_eq!(conversation.replies, "");
        }
    }
}

// Contract 4.2-5.
#[tokio::test(start_paused = true)]
async fn the_end_after_a_response_is_no_failure() {
    let mut server = Server::start();
    server.get().await.respond(empty());
    server.peer.expect_text(OK).await;
    server.peer.eof().await;
    server.assert_ends_well().await;
}

// Contract 4.2-5, 2.4-2.
#[tokio::test(start_paused = true)]
async fn the_end_inside_a_head_is_an_incomplete_message() {
    let head = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    for len in 1..head.len() {
        for how in Delivery::EXTREMES {
            let conversation = converse(|_| {}, how, &head[..len]).await;
            let error = conversation
                .ended
                .expect_err("a part of a head is no clean end");
            assert!(error.is_incomplete_message());
            assert_eq!(kind(&error), "IncompleteMessage");
            assert_eq!(
                error.to_string(),
                "connection closed before message completed"
            );
            assert_eq!(conversation.replies, "");
        }
    }
}

// Contract 4.2-5.
#[tokio::test(start_paused = true)]
async fn a_read_error_before_a_request_is_no_failure() {
    for first in ["", "\r\n"] {
        let mut server = Server::start();
        server.peer.deliver(Delivery::Whole, first).await;
        server
            .peer
            .to_hyper()
            .fail_reads(ErrorKind::ConnectionReset);
        server.hyper.ended().await.expect("a clean end");
        assert_eq!(server.peer.settled_text().await, "");
    }
}

// Contract 4.2-5, 2.4-6.
#[tokio::test(start_paused = true)]
async fn a_read_error_inside_a_head_is_the_connections() {
    let mut server = Server::start();
    server.peer.deliver(Delivery::Whole, "GET / HT").await;
    server
        .peer
        .to_hyper()
        .fail_reads(ErrorKind::ConnectionReset);
    let error = server
        .hyper
        .ended()
        .await
        .expect_err("the transport's error");
    assert_eq!(kind(&error), "Io");
    assert_eq!(error.to_string(), "connection error");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
    assert_eq!(server.peer.settled_text().await, "");
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// Contract 4.2-4, 2.2.
#[tokio::test(start_paused = true)]
async fn the_preface_of_http_2_is_told_apart() {
    let mut server = Server::start();
    server.peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    server.peer.expect_eof().await;
    let error = server.hyper.ended().await.expect_err("another protocol");
    assert_eq!(kind(&error), "Parse(VersionH2)");
    assert!(error.is_parse() && error.is_parse_version_h2());
    assert_eq!(
        error.to_string(),
        "invalid HTTP version parsed (found HTTP2 preface)"
    );
}

// Contract 4.2-4: also with frames behind it, as clients send it.
#[tokio::test(start_paused = true)]
async fn the_preface_is_told_apart_with_frames_behind_it() {
    let mut server = Server::start();
    let mut input = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    input.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    server.peer.send(input).await;
    server.peer.expect_eof().await;
    let error = server.hyper.ended().await.expect_err("another protocol");
    assert!(error.is_parse_version_h2());
}

// Contract 4.2-4: what only looks like it is a bad version.
#[tokio::test(start_paused = true)]
async fn something_like_the_preface_is_a_bad_request() {
    for input in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
        "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
        "GET * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let conversation = converse(|_| {}, Delivery::Whole, input).await;
        conversation.assert_refused(BAD_REQUEST, "Parse(Version)");
    }
}
