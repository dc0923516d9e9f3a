//! Contract 5.4-5, 5.4-6, 5.4-7, 5.4-8: where the body of a response ends.

use http::{Method, Response};
use hyper::body::{Body, Incoming};

use crate::messages::{kind, request};
use crate::support::bodies::empty_body;
use crate::support::reading::{lines, Reading};
use crate::support::scripted_h1::{Client, Delivery};

/// The response to `method`, its body, and whether the connection was kept.
struct Received {
    response: Response<()>,
    body: String,
    kept: bool,
}

/// Sends `bytes` in answer, then closes where hyper waits for that.
async fn received(method: Method, how: Delivery, bytes: &str) -> hyper::Result<Received> {
    let mut client = Client::start();
    let exchange = client.send(request(method, empty_body()));
    client.peer.settled_text().await;
    client.peer.deliver(how, bytes).await;
    let (head, body) = exchange.outcome().await?.into_parts();
    let reading = Reading::start(body);
    crate::support::virtual_timer::run_until_idle().await;
    let kept = client.requests().is_ready();
    if kept {
        client.assert_usable().await;
    } else {
        client.peer.eof().await;
    }
    Ok(Received {
        response: Response::from_parts(head, ()),
        body: reading.finish().await.whole(),
        kept,
    })
}

async fn assert_body(head: &str, wire: &str, body: &str, kept: bool) {
    for how in Delivery::EXTREMES {
        println!("{head:?}, {how:?}");
        let bytes = format!("{head}\r\n\r\n{wire}");
        let received = received(Method::GET, how, &bytes)
            .await
            .expect("a response");
        assert_eq!((&*received.body, received.kept), (body, kept));
    }
}

async fn assert_refused(head: &str, expected: &str) {
    for how in Delivery::EXTREMES {
        println!("{head:?}, {how:?}");
        let bytes = format!("{head}\r\n\r\n");
        let error = received(Method::GET, how, &bytes).await.err();
        assert_eq!(kind(&error.expect("no response")), expected);
    }
}

const CHUNKS: &str = "3\r\nabc\r\n0\r\n\r\n";

// Contract 5.4-7.
#[tokio::test(start_paused = true)]
async fn content_length_counts_the_bytes_of_the_body() {
    for value in ["3", "3\r\ncontent-length: 3", "3, 3", "3,3,3", " 003 "] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {value}");
        assert_body(&head, "abc", "abc", true).await;
    }
}

// Contract 5.4-7.
#[tokio::test(start_paused = true)]
async fn anything_else_in_content_length_is_refused() {
    for value in [
        "",
        "x",
        "+3",
        "-3",
        "3 3",
        "3;",
        "3.0",
        "0x3",
        "3,4",
        "3, x",
        "3\r\ncontent-length: 4",
        "3\r\ncontent-length: x",
        "18446744073709551616",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {value}");
        assert_refused(&head, "Parse(Header(ContentLengthInvalid))").await;
    }
}

// Contract 5.4-6.
#[tokio::test(start_paused = true)]
async fn a_last_coding_of_chunked_is_chunked() {
    for value in [
        "chunked",
        "Chunked",
        "gzip, chunked",
        "gzip,chunked",
        "gzip\r\ntransfer-encoding: chunked",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {value}");
        assert_body(&head, CHUNKS, "abc", true).await;
    }
}

// Contract 5.4-6.
#[tokio::test(start_paused = true)]
async fn another_last_coding_ends_with_the_connection() {
    for value in [
        "gzip",
        "identity",
        "chunked, gzip",
        "chunked\r\ntransfer-encoding: gzip",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {value}");
        assert_body(&head, CHUNKS, CHUNKS, false).await;
    }
}

// Contract 5.4-6.
#[tokio::test(start_paused = true)]
async fn transfer_encoding_wins_over_content_length() {
    for lines in [
        "content-length: 1\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 1",
    ] {
        for how in Delivery::EXTREMES {
            let bytes = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{CHUNKS}");
            let received = received(Method::GET, how, &bytes)
                .await
                .expect("a response");
            assert_eq!(received.body, "abc");
            assert_eq!(received.response.headers()["content-length"], "1");
        }
    }
}

// Contract 5.4-6.
#[tokio::test(start_paused = true)]
async fn transfer_encoding_is_refused_in_http_1_0() {
    for value in ["chunked", "gzip"] {
        let head = format!("HTTP/1.0 200 OK\r\ntransfer-encoding: {value}");
        assert_refused(&head, "Parse(Header(TransferEncodingUnexpected))").await;
    }
}

// Contract 5.4-7, 5.4-8.
#[tokio::test(start_paused = true)]
async fn without_framing_the_body_ends_with_the_connection() {
    for head in [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 200 OK\r\nconnection: keep-alive",
        "HTTP/1.0 200 OK\r\nconnection: keep-alive",
        "HTTP/1.0 200 OK",
    ] {
        assert_body(head, "all of it", "all of it", false).await;
    }
}

// Contract 5.4-5.
#[tokio::test(start_paused = true)]
async fn statuses_without_content_have_no_body_whatever_the_fields() {
    for status in ["204 No Content", "304 Not Modified"] {
        for field in ["content-length: 3", "transfer-encoding: chunked", "x: y"] {
            let head = format!("HTTP/1.1 {status}\r\n{field}");
            assert_body(&head, "", "", true).await;
        }
    }
}

// Contract 5.4-5.
#[tokio::test(start_paused = true)]
async fn a_response_to_head_has_no_body_whatever_the_fields() {
    for field in ["content-length: 3", "transfer-encoding: chunked", "x: y"] {
        for how in Delivery::EXTREMES {
            let bytes = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n");
            let received = received(Method::HEAD, how, &bytes)
                .await
                .expect("a response");
            assert_eq!(received.body, "");
            assert!(received.kept);
            assert_eq!(lines(received.response.headers()), [field]);
        }
    }
}

// Contract 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn a_body_says_what_it_knows() {
    for (head, exact) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3", Some(3)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", None),
        ("HTTP/1.1 200 OK", None),
    ] {
        let mut client = Client::start();
        let response = client.answer(format!("{head}\r\n\r\n")).await;
        let body: Incoming = response.expect("a response").into_body();
        assert_eq!(body.size_hint().exact(), exact);
        assert!(!body.is_end_stream());
    }
}

// Contract 7.1-4.
#[tokio::test(start_paused = true)]
async fn a_body_that_ends_with_the_connection_comes_in_pieces_of_8_kib() {
    let mut client = Client::start();
    client.peer.to_hyper().set_buffer(usize::MAX);
    let exchange = client.get().await;
    let data = "x".repeat(100_000);
    client
        .peer
        .send(format!("HTTP/1.1 200 OK\r\n\r\n{data}"))
        .await;
    client.peer.eof().await;
    let reading = Reading::of(exchange.response().await.into_body()).await;
    assert!(
        reading.frames.iter().all(|len| *len <= 8192),
        "{:?}",
        reading.frames
    );
    assert_eq!(reading.whole(), data);
}
