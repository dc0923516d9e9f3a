//! Contract 4.7-3 to 4.7-9, 2.4-14, 2.4-15: how a response says where its body ends.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;

use crate::messages::{empty, kind, text, with_body, with_field, with_status};
use crate::support::bodies::{channel, Frames, TestBody};
use crate::support::scripted_h1::Server;
use crate::support::virtual_timer::{run_until_idle, CountPolls};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\n\r\n";
const CONNECT: &str = "CONNECT a:1 HTTP/1.1\r\n\r\n";

/// What hyper says, without its first and its date line; the connection works afterwards.
async fn reply(request: &str, response: Response<TestBody>) -> String {
    let mut server = Server::start();
    let said = server.answer(request, response).await;
    assert!(!server.peer.has_ended(), "{said}");
    server.assert_usable().await;
    without_frame(&said)
}

fn without_frame(said: &str) -> String {
    let (_, rest) = said.split_once("\r\n").expect("a status line");
    rest.replacen("date: <date>\r\n", "", 1)
}

/// What hyper says to a request after which the connection ends.
async fn last_reply(request: &str, response: Response<TestBody>) -> String {
    let mut server = Server::start();
    let said = server.answer(request, response).await;
    assert!(server.peer.has_ended(), "{said}");
    server.hyper.ended().await.expect("a clean end");
    without_frame(&said)
}

/// A response hyper cannot send: nothing is written, and the connection fails.
async fn assert_unsendable(request: &str, response: Response<TestBody>, expected: &str) {
    let mut server = Server::start();
    let said = server.answer(request, response).await;
    assert_eq!(said, "");
    assert!(server.peer.has_ended());
    let error = server.hyper.ended().await.expect_err("the service's fault");
    assert_eq!(kind(&error), expected);
    assert!(error.is_user());
}

fn unknown(data: &'static str) -> Response<TestBody> {
    with_body(Frames::repeat(1, data))
}

// Contract 4.7-3, 4.7-4.
#[tokio::test(start_paused = true)]
async fn a_known_size_is_declared() {
    assert_eq!(reply(GET, empty()).await, "content-length: 0\r\n\r\n");
    assert_eq!(reply(GET, text("")).await, "content-length: 0\r\n\r\n");
    assert_eq!(
        reply(GET, text("hello")).await,
        "content-length: 5\r\n\r\nhello"
    );
    let frames = Frames::repeat(3, "ab").with_declared_length();
    assert_eq!(
        reply(GET, with_body(frames)).await,
        "content-length: 6\r\n\r\nababab"
    );
}

// Contract 4.7-4.
#[tokio::test(start_paused = true)]
async fn a_response_to_head_declares_the_size_and_sends_nothing() {
    assert_eq!(
        reply(HEAD, text("hello")).await,
        "content-length: 5\r\n\r\n"
    );
    assert_eq!(reply(HEAD, empty()).await, "\r\n");
    assert_eq!(reply(HEAD, unknown("hello")).await, "\r\n");
}

// Contract 4.7-7: what a GET would have had (RFC 9110, section 8.6).
#[tokio::test(start_paused = true)]
async fn a_content_length_of_the_services_own_is_kept_on_head() {
    let response = with_field(empty(), "content-length", "1000");
    assert_eq!(reply(HEAD, response).await, "content-length: 1000\r\n\r\n");
}

// Contract 4.7-4, 4.7-5, 4.7-6.
#[tokio::test(start_paused = true)]
async fn statuses_without_content_have_neither_framing_nor_body() {
    for status in [204, 304] {
        for response in [empty(), text("hello"), unknown("hello")] {
            let said = reply(GET, with_status(status, response)).await;
            assert_eq!(said, "\r\n", "{status}");
        }
    }
}

// Contract 4.7-6, 4.7-7: 304 tells the length that 200 would have (RFC 9110, section 8.6).
#[tokio::test(start_paused = true)]
async fn a_content_length_of_the_services_own_is_kept_on_304() {
    for response in [text("hello"), unknown("hello")] {
        let response = with_status(304, with_field(response, "content-length", "5"));
        assert_eq!(reply(GET, response).await, "content-length: 5\r\n\r\n");
    }
}

// Contract 4.7-5.
#[tokio::test(start_paused = true)]
async fn an_unknown_size_is_chunked() {
    let said = reply(GET, unknown("hello")).await;
    assert_eq!(
        said,
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    let said = reply(GET, with_body(Frames::of([]))).await;
    assert_eq!(said, "transfer-encoding: chunked\r\n\r\n0\r\n\r\n");
}

// Contract 4.7-5.
#[tokio::test(start_paused = true)]
async fn an_unknown_size_ends_with_the_connection_in_http_1_0() {
    let said = last_reply("GET / HTTP/1.0\r\n\r\n", unknown("hello")).await;
    assert_eq!(said, "\r\nhello");
    let mut server = Server::start();
    let kept = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
    let said = server.answer(kept, unknown("hello")).await;
    assert!(said.ends_with("\r\n\r\nhello"), "{said}");
    assert!(!said.contains("transfer-encoding"), "{said}");
    assert!(server.peer.has_ended());
}

// Contract 4.7-4: a known size leaves a 1.0 connection open.
#[tokio::test(start_paused = true)]
async fn a_known_size_is_declared_in_http_1_0() {
    let kept = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
    let said = reply(kept, text("hello")).await;
    assert_eq!(
        said,
        "connection: keep-alive\r\ncontent-length: 5\r\n\r\nhello"
    );
}

// Contract 4.7-6: dropped, not polled to the end.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_sent_is_dropped_unpolled() {
    for (request, status) in [(HEAD, 200), (GET, 204), (GET, 304)] {
        let mut server = Server::start();
        let (sender, body) = channel();
        let (body, polls) = CountPolls::new(body);
        let response = with_status(status, with_body(body));
        server.request(request).await.respond(response);
        run_until_idle().await;
        assert!(sender.is_closed());
        assert_eq!(polls.get(), 0, "{request:?}");
        server.peer.expect_head().await;
        server.assert_usable().await;
    }
}

// Contract 4.7-7.
#[tokio::test(start_paused = true)]
async fn a_content_length_of_the_services_own_frames_a_body_of_unknown_size() {
    let response = with_field(unknown("hello"), "content-length", "5");
    assert_eq!(reply(GET, response).await, "content-length: 5\r\n\r\nhello");
    let repeated = with_field(
        with_field(unknown("hello"), "content-length", "5"),
        "content-length",
        "5",
    );
    let said = reply(GET, repeated).await;
    assert!(said.ends_with("content-length: 5\r\n\r\nhello"), "{said}");
    let zero = with_field(with_body(Frames::of([])), "content-length", "0");
    assert_eq!(reply(GET, zero).await, "content-length: 0\r\n\r\n");
}

// Contract 4.7-7, 2.4-14.
#[tokio::test(start_paused = true)]
async fn an_unusable_content_length_is_the_services_fault() {
    for value in ["x", "-1", "+5", "5,5", "", "5 5", "99999999999999999999999"] {
        let response = with_field(unknown("hello"), "content-length", value);
        assert_unsendable(GET, response, "User(UnexpectedHeader)").await;
    }
    let differing = with_field(
        with_field(unknown("hello"), "content-length", "5"),
        "content-length",
        "6",
    );
    assert_unsendable(GET, differing, "User(UnexpectedHeader)").await;
}

// Contract 4.7-7.
#[tokio::test(start_paused = true)]
async fn a_content_length_that_promises_an_absent_body_is_replaced() {
    for value in ["5", "1000"] {
        let response = with_field(empty(), "content-length", value);
        assert_eq!(reply(GET, response).await, "content-length: 0\r\n\r\n");
    }
    let response = with_field(empty(), "content-length", "0");
    assert_eq!(reply(GET, response).await, "content-length: 0\r\n\r\n");
}

// Contract 4.7-8.
#[tokio::test(start_paused = true)]
async fn a_content_length_that_agrees_with_the_size_is_written_once() {
    let response = with_field(text("hello"), "content-length", "5");
    assert_eq!(reply(GET, response).await, "content-length: 5\r\n\r\nhello");
    let response = with_field(text("hello"), "content-length", "5");
    assert_eq!(reply(HEAD, response).await, "content-length: 5\r\n\r\n");
}

// Contract 9-11: an empty body beside a content-length is legal on HEAD.
#[tokio::test(start_paused = true)]
async fn head_may_declare_a_length_beside_an_empty_body() {
    for body in [Full::new(Bytes::new()), Full::new(Bytes::from("hello"))] {
        let response = with_field(with_body(body), "content-length", "5");
        assert_eq!(reply(HEAD, response).await, "content-length: 5\r\n\r\n");
    }
}

// Contract 4.7-9.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_of_the_services_own_ends_in_chunked() {
    for (value, written) in [
        ("chunked", "chunked"),
        ("gzip", "gzip, chunked"),
        ("gzip, chunked", "gzip, chunked"),
        ("Chunked", "Chunked"),
    ] {
        for response in [unknown("hello"), text("hello")] {
            let response = with_field(response, "transfer-encoding", value);
            let said = reply(GET, response).await;
            let expected = format!("transfer-encoding: {written}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            assert_eq!(said, expected);
        }
    }
}

// Contract 4.7-9.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_of_the_services_own_beside_an_empty_body() {
    let response = with_field(empty(), "transfer-encoding", "chunked");
    let said = reply(GET, response).await;
    assert_eq!(said, "transfer-encoding: chunked\r\n\r\n0\r\n\r\n");
}

// Contract 4.7-9.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_is_dropped_where_it_may_not_be() {
    let chunked = |response| with_field(response, "transfer-encoding", "chunked");
    assert_eq!(reply(GET, chunked(with_status(204, empty()))).await, "\r\n");
    assert_eq!(reply(GET, chunked(with_status(304, empty()))).await, "\r\n");
    assert_eq!(reply(HEAD, chunked(unknown("hello"))).await, "\r\n");
    let said = reply(HEAD, chunked(text("hello"))).await;
    assert_eq!(said, "content-length: 5\r\n\r\n");
    let said = last_reply("GET / HTTP/1.0\r\n\r\n", chunked(unknown("hello"))).await;
    assert_eq!(said, "\r\nhello");
}

// Contract 2.4-14.
#[tokio::test(start_paused = true)]
async fn content_length_beside_transfer_encoding_is_the_services_fault() {
    for (first, second) in [
        (("content-length", "5"), ("transfer-encoding", "chunked")),
        (("transfer-encoding", "chunked"), ("content-length", "5")),
    ] {
        let response = with_field(unknown("hello"), first.0, first.1);
        let response = with_field(response, second.0, second.1);
        assert_unsendable(GET, response, "User(UnexpectedHeader)").await;
    }
}

// Contract 2.4-14, 2.2.
#[tokio::test(start_paused = true)]
async fn framing_on_a_successful_connect_is_the_services_fault() {
    for (name, value) in [("content-length", "0"), ("transfer-encoding", "chunked")] {
        let mut server = Server::upgradeable();
        let response = with_field(empty(), name, value);
        let said = server.answer(CONNECT, response).await;
        assert_eq!(said, "");
        let error = server.hyper.ended().await.expect_err("the service's fault");
        assert_eq!(kind(&error), "User(UnexpectedHeader)");
        assert_eq!(error.to_string(), "user sent unexpected header");
    }
}

// Contract 2.4-15, 2.2.
#[tokio::test(start_paused = true)]
async fn an_informational_response_is_replaced_by_an_empty_500() {
    for status in [100, 102, 103, 199] {
        let mut server = Server::start();
        let response = with_field(with_status(status, text("x")), "x", "y");
        let said = server.answer(GET, response).await;
        assert!(
            said.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
            "{said}"
        );
        assert!(said.contains("\r\ncontent-length: 0\r\n"), "{said}");
        assert!(said.ends_with("\r\n\r\n"), "{said}");
        assert!(!said.contains("x: y"), "{said}");
        assert!(server.peer.has_ended());
        let error = server.hyper.ended().await.expect_err("the service's fault");
        assert_eq!(kind(&error), "User(UnsupportedStatusCode)");
        assert_eq!(
            error.to_string(),
            "response has 1xx status code, not supported by server"
        );
        assert!(error.is_user());
    }
}
