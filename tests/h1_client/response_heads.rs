//! Contract 5.4-1, 5.4-9, 1.4-2: status lines.

use http::{Response, Version};
use hyper::body::{Body, Incoming};
use hyper::ext::ReasonPhrase;

use crate::messages::kind;
use crate::support::scripted_h1::{Client, Delivery};

/// What the caller gets of a response that is `head` and nothing else.
async fn received(how: Delivery, head: impl AsRef<[u8]>) -> hyper::Result<Response<Incoming>> {
    let mut client = Client::start();
    let exchange = client.get().await;
    client.peer.deliver(how, head).await;
    exchange.outcome().await
}

async fn phrase(line: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let mut phrases = Vec::new();
    for how in Delivery::EXTREMES {
        let mut head = line.as_ref().to_vec();
        head.extend(b"\r\ncontent-length: 0\r\n\r\n");
        let response = received(how, head).await.expect("a response");
        let phrase = response.extensions().get::<ReasonPhrase>();
        phrases.push(phrase.map(|phrase| phrase.as_bytes().to_vec()));
    }
    assert_eq!(phrases[0], phrases[1]);
    phrases.remove(0)
}

async fn assert_refused(head: impl AsRef<[u8]>, expected: &str) {
    for how in Delivery::EXTREMES {
        let shown = String::from_utf8_lossy(head.as_ref());
        println!("{shown:?}, {how:?}");
        let error = received(how, &head).await.expect_err("no response");
        assert_eq!(kind(&error), expected);
        assert!(error.is_parse());
    }
}

// Contract 5.4-1.
#[tokio::test(start_paused = true)]
async fn version_and_status_are_those_of_the_line() {
    for (line, version, status) in [
        ("HTTP/1.1 200 OK", Version::HTTP_11, 200),
        ("HTTP/1.0 404 Not Found", Version::HTTP_10, 404),
        ("HTTP/1.1 999 Odd", Version::HTTP_11, 999),
        ("HTTP/1.1 600", Version::HTTP_11, 600),
    ] {
        for how in Delivery::EXTREMES {
            let head = format!("{line}\r\ncontent-length: 0\r\n\r\n");
            let response = received(how, head).await.expect("a response");
            assert_eq!(response.version(), version);
            assert_eq!(response.status(), status);
        }
    }
}

// Contract 5.4-1.
#[tokio::test(start_paused = true)]
async fn a_head_may_be_cut_anywhere() {
    let head = "HTTP/1.1 200 Fine\r\nServer: a\r\nx:\r\ncontent-length: 0\r\n\r\n";
    for how in Delivery::all(head.len()) {
        let response = received(how, head).await.expect("a response");
        assert_eq!(response.status(), 200);
        let fields = crate::support::reading::lines(response.headers());
        assert_eq!(fields, ["server: a", "x: ", "content-length: 0"]);
    }
}

// Contract 4.1-1, 5.4-1.
#[tokio::test(start_paused = true)]
async fn a_bare_lf_ends_a_line_and_empty_lines_before_it_are_skipped() {
    for head in [
        "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "\n\r\nHTTP/1.1 200\ncontent-length: 0\r\n\n",
    ] {
        for how in Delivery::EXTREMES {
            let response = received(how, head).await.expect("a response");
            assert_eq!(response.headers()["content-length"], "0");
        }
    }
}

// Contract 5.4-1, 1.4-2.
#[tokio::test(start_paused = true)]
async fn a_phrase_is_kept_if_it_is_not_the_usual_one() {
    assert_eq!(phrase("HTTP/1.1 200 OK").await, None);
    assert_eq!(phrase("HTTP/1.1 404 Not Found").await, None);
    let fine = phrase("HTTP/1.1 200 Fine, thanks").await;
    assert_eq!(fine.as_deref(), Some(&b"Fine, thanks"[..]));
    let lower = phrase("HTTP/1.1 200 ok").await;
    assert_eq!(lower.as_deref(), Some(&b"ok"[..]));
    let tab = phrase("HTTP/1.1 200 a\tb").await;
    assert_eq!(tab.as_deref(), Some(&b"a\tb"[..]));
    let unknown = phrase("HTTP/1.1 299 Whatever").await;
    assert_eq!(unknown.as_deref(), Some(&b"Whatever"[..]));
}

// Contract 5.4-1.
#[tokio::test(start_paused = true)]
async fn an_empty_phrase_is_kept_as_empty() {
    assert_eq!(phrase("HTTP/1.1 200 ").await.as_deref(), Some(&b""[..]));
    assert_eq!(phrase("HTTP/1.1 200").await.as_deref(), Some(&b""[..]));
}

// Contract 5.4-1.
#[tokio::test(start_paused = true)]
async fn a_phrase_with_bytes_above_ascii_is_kept_as_empty() {
    let line = b"HTTP/1.1 200 F\xfcr Sie";
    assert_eq!(phrase(line).await.as_deref(), Some(&b""[..]));
}

// Contract 5.4-1, 2.2.
#[tokio::test(start_paused = true)]
async fn a_malformed_status_is_refused() {
    for line in [
        "HTTP/1.1 20",
        "HTTP/1.1 2000",
        "HTTP/1.1 abc",
        "HTTP/1.1 2x0 OK",
        "HTTP/1.1 -20",
    ] {
        let head = format!("{line}\r\n\r\n");
        for how in Delivery::EXTREMES {
            let error = received(how, &head).await.expect_err(line);
            assert!(error.is_parse(), "{line}");
        }
    }
    for line in ["HTTP/1.1 099 Low", "HTTP/1.1 000 Low", "HTTP/1.1 001"] {
        assert_refused(format!("{line}\r\n\r\n"), "Parse(Status)").await;
    }
    let error = received(Delivery::Whole, "HTTP/1.1 099 Low\r\n\r\n").await;
    let error = error.expect_err("no status");
    assert!(error.is_parse_status());
    assert_eq!(error.to_string(), "invalid HTTP status-code parsed");
}

// Contract 5.4-1.
#[tokio::test(start_paused = true)]
async fn other_versions_are_refused() {
    for line in [
        "HTTP/2.0 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/1.2 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "abc",
    ] {
        assert_refused(format!("{line}\r\n\r\n"), "Parse(Version)").await;
    }
}

// Contract 2.4-1, 2.4-20.
#[tokio::test(start_paused = true)]
async fn a_refused_response_is_the_requests_failure_and_ends_the_connection() {
    let mut client = Client::start();
    let error = client
        .answer("nonsense\r\n\r\n")
        .await
        .expect_err("no response");
    assert!(error.is_parse());
    client.ended().await.expect("the request has the error");
    client.peer.expect_eof().await;
}

// Contract 5.4-9.
#[tokio::test(start_paused = true)]
async fn a_response_without_a_body_has_ended() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\n\r\n",
    ] {
        let response = received(Delivery::Whole, head).await.expect("a response");
        assert!(response.body().is_end_stream());
        assert_eq!(response.body().size_hint().exact(), Some(0));
    }
}
