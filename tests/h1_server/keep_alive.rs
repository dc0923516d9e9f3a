//! Contract 4.5, 3.1-1: which connections persist, and what is said about it.

use http::{Response, Version};

use crate::messages::{converse, empty, text, with_field, LAST_OK, OK};
use crate::support::bodies::TestBody;
use crate::support::scripted_h1::{Delivery, Server};

const CLOSED: &str = "\r\nconnection: close\r\n";

/// What hyper says to a request whose head is `head`, and whether it closes.
async fn reply(head: &str, response: Response<TestBody>) -> (String, bool) {
    let mut server = Server::start();
    let said = server.answer(format!("{head}\r\n\r\n"), response).await;
    let closed = server.peer.has_ended();
    if closed {
        server.hyper.ended().await.expect("a clean end");
    } else {
        server.assert_usable().await;
    }
    (said, closed)
}

async fn assert_stays_open(head: &str) {
    let (said, closed) = reply(head, empty()).await;
    assert!(!closed, "{head:?}: {said:?}");
    assert!(!said.contains("close"), "{said:?}");
}

async fn assert_closes(head: &str) {
    let (said, closed) = reply(head, empty()).await;
    assert!(closed, "{head:?}: {said:?}");
}

fn of_version(version: Version, mut response: Response<TestBody>) -> Response<TestBody> {
    *response.version_mut() = version;
    response
}

// Contract 4.5-1.
#[tokio::test(start_paused = true)]
async fn http_1_1_persists_unless_a_token_says_close() {
    for lines in [
        "host: a",
        "connection: keep-alive",
        "connection: upgrade",
        "connection:",
        "connection: closed, xclose, close-ish",
        "x-close: close",
    ] {
        assert_stays_open(&format!("GET / HTTP/1.1\r\n{lines}")).await;
    }
    for lines in [
        "connection: close",
        "Connection: CLOSE",
        "connection: Close",
        "connection: x, close",
        "connection: close, x",
        "connection:x,close,y",
        "connection: x ,\tclose\t, y",
        "connection: keep-alive, close",
        "connection: close, keep-alive",
        "connection: close\r\nconnection: keep-alive",
        "connection: keep-alive\r\nconnection: close",
        "connection: x\r\nconnection: y\r\nconnection: close",
    ] {
        let (said, closed) = reply(&format!("GET / HTTP/1.1\r\n{lines}"), empty()).await;
        assert!(closed, "{lines:?}");
        assert_eq!(said, LAST_OK, "{lines:?}");
    }
}

// Contract 4.5-1.
#[tokio::test(start_paused = true)]
async fn http_1_0_closes_unless_a_token_says_keep_alive() {
    for lines in [
        "host: a",
        "connection: x",
        "connection: close",
        "connection: keep-alive-ish",
        "connection: keep-alive, close",
        "connection: close\r\nconnection: keep-alive",
        "connection: keep-alive\r\nconnection: close",
        "keep-alive: timeout=5",
    ] {
        assert_closes(&format!("GET / HTTP/1.0\r\n{lines}")).await;
    }
    for lines in [
        "connection: keep-alive",
        "Connection: Keep-Alive",
        "connection: x, keep-alive",
        "connection: x\r\nconnection: keep-alive",
    ] {
        assert_stays_open(&format!("GET / HTTP/1.0\r\n{lines}")).await;
    }
}

// Contract 4.5-2.
#[tokio::test(start_paused = true)]
async fn a_1_0_request_gets_a_1_0_response_that_says_keep_alive() {
    let kept = "GET / HTTP/1.0\r\nconnection: keep-alive";
    let expected =
        "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";
    assert_eq!(reply(kept, empty()).await, (expected.into(), false));

    // Said once.
    let said_so = with_field(empty(), "connection", "keep-alive");
    assert_eq!(reply(kept, said_so).await, (expected.into(), false));

    // A service that speaks 1.0 has to say so itself.
    let silent = of_version(Version::HTTP_10, empty());
    let expected = "HTTP/1.0 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";
    assert_eq!(reply(kept, silent).await, (expected.into(), true));
    let said_so = of_version(
        Version::HTTP_10,
        with_field(empty(), "connection", "keep-alive"),
    );
    let (said, closed) = reply(kept, said_so).await;
    assert!(
        said.contains("connection: keep-alive\r\n") && !closed,
        "{said}"
    );
}

// Contract 4.5-2.
#[tokio::test(start_paused = true)]
async fn a_1_0_request_that_closes_gets_a_1_0_response() {
    let (said, closed) = reply("GET / HTTP/1.0", empty()).await;
    assert!(closed);
    assert!(said.starts_with("HTTP/1.0 200 OK\r\n"), "{said}");
    assert!(!said.contains("keep-alive"), "{said}");
}

// Contract 4.5-3.
#[tokio::test(start_paused = true)]
async fn close_is_appended_to_what_the_service_says() {
    let closing = "GET / HTTP/1.1\r\nconnection: close";
    for (value, expected) in [
        ("keep-alive", "\r\nconnection: keep-alive, close\r\n"),
        ("x", "\r\nconnection: x, close\r\n"),
        ("close", CLOSED),
        ("x, close", "\r\nconnection: x, close\r\n"),
        ("Close", "\r\nconnection: Close\r\n"),
    ] {
        let (said, closed) = reply(closing, with_field(empty(), "connection", value)).await;
        assert!(closed);
        assert!(said.contains(expected), "{value}: {said}");
        assert_eq!(said.matches("onnection:").count(), 1, "{said}");
    }
}

// Contract 4.5-4.
#[tokio::test(start_paused = true)]
async fn a_service_that_says_close_ends_the_connection() {
    for head in ["GET / HTTP/1.1", "GET / HTTP/1.0\r\nconnection: keep-alive"] {
        for value in ["close", "CLOSE", "x, close", "close, keep-alive"] {
            let (said, closed) = reply(head, with_field(empty(), "connection", value)).await;
            assert!(closed, "{head:?}, {value:?}: {said}");
            let field = format!("\r\nconnection: {value}");
            assert!(said.contains(&field), "{said}");
        }
    }
    let on_two_lines = with_field(
        with_field(empty(), "connection", "x"),
        "connection",
        "close",
    );
    let (said, closed) = reply("GET / HTTP/1.1", on_two_lines).await;
    assert!(closed, "{said}");
    assert!(said.contains("\r\nconnection: x, close\r\n"), "{said}");
}

// Contract 4.5-5.
#[tokio::test(start_paused = true)]
async fn the_transport_is_flushed_before_it_is_shut_down() {
    let mut server = Server::start();
    server.peer.from_hyper().set_buffer(10);
    let call = server
        .request("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await;
    call.respond(text("a body that does not fit the socket"));
    crate::support::virtual_timer::run_until_idle().await;
    assert_eq!(server.hyper.io.shutdowns(), 0);
    let said = server.peer.read_to_end().await;
    assert!(said.ends_with(b"\r\n\r\na body that does not fit the socket"));
    server.assert_ends_well().await;
}

// Contract 3.1-1.
#[tokio::test(start_paused = true)]
async fn without_keep_alive_the_first_response_is_the_last() {
    let input = "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
    for how in Delivery::EXTREMES {
        let conversation = converse(
            |builder| {
                builder.keep_alive(false);
            },
            how,
            input,
        );
        let conversation = conversation.await;
        assert_eq!(conversation.requests.len(), 1);
        assert_eq!(conversation.replies, LAST_OK);
        assert!(conversation.closed_first);
        conversation.ended.expect("a clean end");
    }
}

// Contract 4.5-1.
#[tokio::test(start_paused = true)]
async fn requests_behind_one_that_says_close_are_not_read() {
    let input = "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nconnection: close\r\n\r\nGET /c HTTP/1.1\r\n\r\n";
    for how in Delivery::EXTREMES {
        let conversation = converse(|_| {}, how, input).await;
        assert_eq!(conversation.requests.len(), 2);
        assert_eq!(conversation.replies, format!("{OK}{LAST_OK}"));
        conversation.ended.expect("a clean end");
    }
}

// Contract 4.5-6.
#[tokio::test(start_paused = true)]
async fn a_response_of_version_2_is_written_as_1_1() {
    let (said, _) = reply("GET / HTTP/1.1", of_version(Version::HTTP_2, empty())).await;
    assert_eq!(said, OK);
}
