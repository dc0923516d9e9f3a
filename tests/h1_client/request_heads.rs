//! Contract 5.1-1, 5.1-2, 5.1-8, 5.1-10: request lines and field lines.

use http::{HeaderValue, Method, Request, Uri, Version};

use crate::messages::{get, post, request, sized, with_field};
use crate::support::bodies::{empty_body, TestBody};
use crate::support::scripted_h1::Client;

/// All that hyper sends for a request.
async fn sent(request: Request<TestBody>) -> String {
    let mut client = Client::start();
    let _exchange = client.send(request);
    client.peer.settled_text().await
}

// Contract 5.1-1.
#[tokio::test(start_paused = true)]
async fn the_uri_is_written_as_given() {
    for (method, uri, target) in [
        ("GET", "/", "/"),
        ("GET", "/path?query", "/path?query"),
        ("GET", "/f%C3%BCr/../x//y", "/f%C3%BCr/../x//y"),
        (
            "GET",
            "http://a.example/path?query",
            "http://a.example/path?query",
        ),
        ("GET", "http://a.example", "http://a.example/"),
        ("GET", "http://a.example:8080?q", "http://a.example:8080/?q"),
        ("OPTIONS", "*", "*"),
        ("CONNECT", "a.example:443", "a.example:443"),
        ("M-SEARCH", "/", "/"),
    ] {
        let mut request = get();
        *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
        *request.uri_mut() = uri.parse().expect("a URI");
        let expected = format!("{method} {target} HTTP/1.1\r\n\r\n");
        assert_eq!(sent(request).await, expected);
    }
}

// Contract 5.1-1: a URI without a path.
#[tokio::test(start_paused = true)]
async fn an_empty_path_is_written_as_a_slash() {
    let mut request = get();
    *request.uri_mut() = Uri::default();
    assert_eq!(sent(request).await, "GET / HTTP/1.1\r\n\r\n");
}

// Contract 5.1-1: neither Host nor Date nor User-Agent.
#[tokio::test(start_paused = true)]
async fn no_field_is_added_but_framing() {
    let request = with_field(post(sized("hello")), "x", "y");
    assert_eq!(
        sent(request).await,
        "POST / HTTP/1.1\r\nx: y\r\ncontent-length: 5\r\n\r\nhello"
    );
}

// Contract 5.1-1.
#[tokio::test(start_paused = true)]
async fn fields_come_in_the_maps_order_in_lower_case() {
    let mut request = get();
    for (name, value) in [("Z", "1"), ("host", "a"), ("B", "2"), ("x", "")] {
        let name = http::HeaderName::try_from(name).expect("a name");
        request
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    assert_eq!(
        sent(request).await,
        "GET / HTTP/1.1\r\nz: 1\r\nhost: a\r\nb: 2\r\nx: \r\n\r\n"
    );
}

// Contract 5.1-1: repeats are lines of their own.
#[tokio::test(start_paused = true)]
async fn repeated_fields_are_lines_of_their_own() {
    let request = with_field(with_field(get(), "cookie", "a=1"), "cookie", "b=2");
    assert_eq!(
        sent(request).await,
        "GET / HTTP/1.1\r\ncookie: a=1\r\ncookie: b=2\r\n\r\n"
    );
}

// Contract 5.1-1: values are bytes.
#[tokio::test(start_paused = true)]
async fn values_are_written_as_they_are() {
    let mut request = get();
    let value = HeaderValue::from_bytes(b"\xff\t\x80 x").expect("a value");
    request.headers_mut().insert("x", value);
    let mut client = Client::start();
    let _exchange = client.send(request);
    client
        .peer
        .expect_bytes(b"GET / HTTP/1.1\r\nx: \xff\t\x80 x\r\n\r\n")
        .await;
}

// Contract 5.1-2.
#[tokio::test(start_paused = true)]
async fn versions_are_written_as_given_and_2_as_1_1() {
    for (version, written) in [
        (Version::HTTP_10, "HTTP/1.0"),
        (Version::HTTP_11, "HTTP/1.1"),
        (Version::HTTP_2, "HTTP/1.1"),
    ] {
        let mut request = get();
        *request.version_mut() = version;
        let said = sent(request).await;
        assert!(said.starts_with(&format!("GET / {written}\r\n")), "{said}");
    }
}

// Contract 5.1-2.
#[tokio::test(start_paused = true)]
async fn a_1_0_server_is_spoken_to_in_1_0() {
    let mut client = Client::start();
    let first = client
        .answer("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(first.expect("a response").version(), Version::HTTP_10);
    crate::support::virtual_timer::run_until_idle().await;
    let _exchange = client.send(with_field(get(), "host", "a"));
    client
        .peer
        .expect_text("GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n")
        .await;
}

// Contract 5.1-8.
#[tokio::test(start_paused = true)]
async fn a_request_that_says_close_ends_the_connection() {
    for lines in [vec!["close"], vec!["x, Close"], vec!["x", "close"]] {
        let mut client = Client::start();
        let mut request = get();
        for value in lines {
            request = with_field(request, "connection", value);
        }
        let exchange = client.send(request);
        client.peer.settled_text().await;
        client
            .peer
            .send("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n")
            .await;
        assert_eq!(exchange.response().await.status(), 200);
        client.ended().await.expect("a clean end");
        client.peer.expect_eof().await;
    }
}

// Contract 5.1-10, ODD 11: kept. A caller that wants to wait has `on_informational`.
#[tokio::test(start_paused = true)]
async fn a_body_is_sent_without_waiting_for_continue() {
    let request = with_field(post(sized("hello")), "expect", "100-continue");
    assert_eq!(
        sent(request).await,
        "POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\nhello"
    );
}

// Contract 5.1-1: a large head is written whole.
#[tokio::test(start_paused = true)]
async fn a_head_larger_than_any_buffer_is_written_whole() {
    let mut request = request(Method::GET, empty_body());
    for n in 0..2_000 {
        let name = http::HeaderName::try_from(format!("x-{n}")).expect("a name");
        let value = HeaderValue::try_from("v".repeat(500)).expect("a value");
        request.headers_mut().insert(name, value);
    }
    let said = sent(request).await;
    assert!(said.len() > 1_000_000 && said.ends_with("\r\n\r\n"));
    assert_eq!(said.matches("\r\nx-").count(), 2_000);
}
