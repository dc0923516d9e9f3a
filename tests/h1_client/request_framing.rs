//! Contract 5.1-3 to 5.1-6: how a request says where its body ends.

use http::{Method, Request, Version};

use crate::messages::{post, request, sized, unmeasured, with_field};
use crate::support::bodies::{channel, empty_body, test_body, Frames, TestBody};
use crate::support::scripted_h1::Client;
use crate::support::virtual_timer::run_until_idle;

/// What follows the request line; the connection works afterwards.
async fn sent(request: Request<TestBody>) -> String {
    let mut client = Client::start();
    let exchange = client.send(request);
    let said = client.peer.settled_text().await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(exchange.response().await.status(), 200);
    client.assert_usable().await;
    let (_, rest) = said.split_once("\r\n").expect("a request line");
    rest.to_owned()
}

const CHUNKED: &str = "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

// Contract 5.1-3.
#[tokio::test(start_paused = true)]
async fn an_absent_body_is_not_framed_whatever_the_method() {
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
    ] {
        assert_eq!(sent(request(method, empty_body())).await, "\r\n");
    }
}

// Contract 5.1-3.
#[tokio::test(start_paused = true)]
async fn an_absent_body_has_no_transfer_encoding() {
    let request = with_field(post(empty_body()), "transfer-encoding", "chunked");
    assert_eq!(sent(request).await, "\r\n");
}

// Contract 5.1-5.
#[tokio::test(start_paused = true)]
async fn a_known_size_is_declared_whatever_the_method() {
    for method in [
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::from_bytes(b"X").expect("a method"),
    ] {
        let said = sent(request(method, sized("hello"))).await;
        assert_eq!(said, "content-length: 5\r\n\r\nhello");
    }
    let frames = Frames::repeat(3, "ab").with_declared_length();
    let said = sent(post(test_body(frames))).await;
    assert_eq!(said, "content-length: 6\r\n\r\nababab");
}

// Contract 5.1-5.
#[tokio::test(start_paused = true)]
async fn an_unknown_size_is_chunked() {
    for method in [
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ] {
        assert_eq!(sent(request(method, unmeasured("hello"))).await, CHUNKED);
    }
}

// Contract 5.1-5, ODD 10: kept, since servers of old stumble over such bodies.
#[tokio::test(start_paused = true)]
async fn an_unknown_size_is_dropped_on_get_and_head() {
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(sent(request(method, unmeasured("hello"))).await, "\r\n");
    }
}

// Contract 5.1-5, 5.1-4: unless the caller frames it.
#[tokio::test(start_paused = true)]
async fn an_unknown_size_on_get_is_sent_if_the_caller_frames_it() {
    let get = || request(Method::GET, unmeasured("hello"));
    let said = sent(with_field(get(), "transfer-encoding", "chunked")).await;
    assert_eq!(said, CHUNKED);
    let said = sent(with_field(get(), "content-length", "5")).await;
    assert_eq!(said, "content-length: 5\r\n\r\nhello");
}

// Contract 5.1-4.
#[tokio::test(start_paused = true)]
async fn a_content_length_of_the_callers_own_decides() {
    let said = sent(with_field(post(unmeasured("hello")), "content-length", "5")).await;
    assert_eq!(said, "content-length: 5\r\n\r\nhello");
    let said = sent(with_field(post(sized("hello")), "content-length", "5")).await;
    assert_eq!(said, "content-length: 5\r\n\r\nhello");
}

// Contract 5.1-4.
#[tokio::test(start_paused = true)]
async fn what_exceeds_the_content_length_is_cut() {
    let frames = test_body(Frames::of(["hel", "lo, world"].map(bytes::Bytes::from)));
    let said = sent(with_field(post(frames), "content-length", "5")).await;
    assert_eq!(said, "content-length: 5\r\n\r\nhello");
}

// Contract 5.1-5.
#[tokio::test(start_paused = true)]
async fn an_unusable_content_length_is_replaced() {
    for value in ["x", "-5", "+5", "5 5", ""] {
        let said = sent(with_field(
            post(unmeasured("hello")),
            "content-length",
            value,
        ))
        .await;
        assert_eq!(said, CHUNKED, "{value:?}");
    }
}

// Contract 5.1-4.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_of_the_callers_own_ends_in_chunked() {
    for (value, written) in [
        ("chunked", "chunked"),
        ("gzip", "gzip, chunked"),
        ("gzip, chunked", "gzip, chunked"),
        ("Chunked", "Chunked"),
    ] {
        for body in [unmeasured("hello"), sized("hello")] {
            let said = sent(with_field(post(body), "transfer-encoding", value)).await;
            let expected = CHUNKED.replacen("chunked", written, 1);
            assert_eq!(said, expected);
        }
    }
}

// Contract 5.1-4.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_of_the_callers_own_removes_a_content_length() {
    let request = with_field(post(unmeasured("hello")), "content-length", "7");
    let said = sent(with_field(request, "transfer-encoding", "chunked")).await;
    assert_eq!(said, CHUNKED);
}

fn old(mut request: Request<TestBody>) -> Request<TestBody> {
    *request.version_mut() = Version::HTTP_10;
    with_field(request, "connection", "keep-alive")
}

/// What a 1.0 request has behind its `connection` line.
async fn sent_old(request: Request<TestBody>) -> String {
    let mut client = Client::start();
    let _exchange = client.send(request);
    let said = client.peer.settled_text().await;
    let (_, rest) = said.split_once("\r\n").expect("a request line");
    rest.replacen("connection: keep-alive\r\n", "", 1)
}

// Contract 5.1-6.
#[tokio::test(start_paused = true)]
async fn a_1_0_request_is_framed_by_its_length() {
    let said = sent_old(old(post(sized("hello")))).await;
    assert_eq!(said, "content-length: 5\r\n\r\nhello");
    let request = with_field(old(post(unmeasured("hello"))), "content-length", "5");
    assert_eq!(sent_old(request).await, "content-length: 5\r\n\r\nhello");
}

// Contract 5.1-6, ODD 10.
#[tokio::test(start_paused = true)]
async fn a_1_0_request_of_unknown_size_is_sent_without_its_body() {
    assert_eq!(sent_old(old(post(unmeasured("hello")))).await, "\r\n");
}

// Contract 5.1-6.
#[tokio::test(start_paused = true)]
async fn a_1_0_request_has_no_transfer_encoding() {
    for body in [sized("hello"), unmeasured("hello")] {
        let request = with_field(old(post(body)), "transfer-encoding", "chunked");
        let said = sent_old(request).await;
        assert!(!said.contains("transfer-encoding"), "{said}");
    }
}

// Contract 4.7-10, which holds for both roles.
#[tokio::test(start_paused = true)]
async fn frames_are_chunks_and_empty_ones_are_none() {
    let frames = ["", "a", "", "0123456789", ""].map(bytes::Bytes::from);
    let said = sent(post(test_body(Frames::of(frames)))).await;
    assert_eq!(
        said,
        "transfer-encoding: chunked\r\n\r\n1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n"
    );
}

// Contract 5.1-5: data leaves as it comes.
#[tokio::test(start_paused = true)]
async fn data_leaves_as_it_comes() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let exchange = client.send(post(test_body(body)));
    client
        .peer
        .expect_text("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    frames.send_data("one");
    client.peer.expect_text("3\r\none\r\n").await;
    frames.send_data("two");
    client.peer.expect_text("3\r\ntwo\r\n").await;
    drop(frames);
    client.peer.expect_text("0\r\n\r\n").await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    client.assert_usable().await;
}

// Contract 5.1-5: a body that is not sent is dropped.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_sent_is_dropped() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let _exchange = client.send(request(Method::GET, test_body(body)));
    run_until_idle().await;
    assert!(frames.is_closed());
}
