//! ODD 13, 15, 16: a length that cannot be kept is not put on the wire, and one that cannot be read is refused.

use http::{Method, Request, Response};

use crate::support::bodies::{empty_body, test_body, Frames, TestBody};
use crate::support::errors::kind;
use crate::support::responses::{empty, text, with_body, with_field, with_status};
use crate::support::scripted_h1::{Client, Delivery, Head, Server};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

// ODD 13.
#[tokio::test(start_paused = true)]
async fn a_content_length_at_the_end_of_64_bits_is_a_bad_request() {
    for length in [u64::MAX - 1, u64::MAX] {
        let input = format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
        for how in Delivery::EXTREMES {
            let mut server = Server::start();
            server.peer.deliver(how, &input).await;
            let head = server.peer.expect_head().await;
            assert_eq!(head.status(), 400);
            assert!(head.says_close());
            let error = server.hyper.ended().await.expect_err("a refusal");
            assert_eq!(kind(&error), "Parse(Header(ContentLengthInvalid))");
        }
    }
}

// ODD 13: in either role.
#[tokio::test(start_paused = true)]
async fn a_content_length_at_the_end_of_64_bits_fails_the_response() {
    for length in [u64::MAX - 1, u64::MAX] {
        let mut client = Client::start();
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let error = client.answer(response).await.expect_err("no length");
        assert_eq!(kind(&error), "Parse(Header(ContentLengthInvalid))");
    }
}

/// hyper's client's head for a request of `method` with an `announced` content-length, or none if it does not send it.
async fn requested(
    method: Method,
    announced: &'static str,
    body: TestBody,
) -> Result<(Head, String), hyper::Error> {
    let mut client = Client::start();
    let request = Request::builder()
        .method(method)
        .header("content-length", announced)
        .body(body);
    let exchange = client.send(request.expect("the parts are valid"));
    let said = client.peer.settled_text().await;
    match Head::parse(&said) {
        None => {
            assert_eq!(said, "");
            Err(exchange.failure().await)
        }
        Some((head, end)) => {
            client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
            exchange.response().await;
            client.assert_usable().await;
            Ok((head, said[end..].to_owned()))
        }
    }
}

// ODD 15.
#[tokio::test(start_paused = true)]
async fn a_response_whose_length_contradicts_its_body_is_the_services_fault() {
    for announced in ["4", "6", "0", "500"] {
        let mut server = Server::start();
        let response = with_field(text("hello"), "content-length", announced);
        assert_eq!(server.answer(GET, response).await, "");
        assert!(server.peer.has_ended());
        let error = server.hyper.ended().await.expect_err("the service's fault");
        assert_eq!(kind(&error), "User(UnexpectedHeader)");
        assert!(error.is_user());
    }
}

// ODD 15: as several lines, too.
#[tokio::test(start_paused = true)]
async fn a_response_with_differing_lengths_is_the_services_fault() {
    let response = with_field(text("hello"), "content-length", "5");
    let response = with_field(response, "content-length", "6");
    let mut server = Server::start();
    assert_eq!(server.answer(GET, response).await, "");
    let error = server.hyper.ended().await.expect_err("the service's fault");
    assert_eq!(kind(&error), "User(UnexpectedHeader)");
}

// ODD 15.
#[tokio::test(start_paused = true)]
async fn a_request_whose_length_contradicts_its_body_is_the_callers_fault() {
    for announced in ["4", "6", "0", "500"] {
        let body = test_body(http_body_util::Full::<bytes::Bytes>::from("hello"));
        let error = requested(Method::POST, announced, body).await;
        let error = error.expect_err("the caller's fault");
        assert_eq!(kind(&error), "User(UnexpectedHeader)");
        assert!(error.is_user());
    }
}

// ODD 15: HEAD may announce what GET would give, whatever body stands beside it (RFC 9110, section 9.3.2).
#[tokio::test(start_paused = true)]
async fn a_response_to_head_may_announce_any_length() {
    let mut server = Server::start();
    for response in [text(""), empty(), with_body(Frames::repeat(1, "x"))] {
        let response = with_field(response, "content-length", "1000");
        let said = server.answer("HEAD / HTTP/1.1\r\n\r\n", response).await;
        assert!(said.contains("\r\ncontent-length: 1000\r\n"), "{said}");
    }
    server.assert_usable().await;
}

// ODD 15: 204 never has one (RFC 9110, section 8.6).
#[tokio::test(start_paused = true)]
async fn a_204_has_no_content_length() {
    let bodies: [fn() -> Response<TestBody>; 3] = [
        empty,
        || text("hello"),
        || with_body(Frames::repeat(1, "hello")),
    ];
    for response in bodies {
        for request in [GET, "HEAD / HTTP/1.1\r\n\r\n"] {
            let mut server = Server::start();
            let response = with_field(with_status(204, response()), "content-length", "5");
            let said = server.answer(request, response).await;
            assert_eq!(said, "HTTP/1.1 204 No Content\r\ndate: <date>\r\n\r\n");
            server.assert_usable().await;
        }
    }
}

// ODD 16: the peer would wait for a body that never comes.
#[tokio::test(start_paused = true)]
async fn an_empty_request_body_is_not_announced_as_something() {
    for method in [Method::POST, Method::GET, Method::PUT, Method::HEAD] {
        let sent = requested(method, "5", empty_body()).await;
        let (head, rest) = sent.expect("it is sent without what cannot be kept");
        let length = head.get("content-length");
        assert!(matches!(length, None | Some("0")), "{head:?}");
        assert_eq!(head.get("transfer-encoding"), None);
        assert_eq!(rest, "");
    }
}

// ODD 16: what is true is kept.
#[tokio::test(start_paused = true)]
async fn an_empty_request_body_may_be_announced_as_empty() {
    let sent = requested(Method::POST, "0", empty_body()).await;
    let (head, _) = sent.expect("it is sent");
    assert_eq!(head.get("content-length"), Some("0"));
}
