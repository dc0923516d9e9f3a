//! Contract 3.1-5, 3.1-6, 3.1-10, 4.1-5, 4.1-8, 4.2-1: how large a head may be.

use crate::messages::{accepted, converse, text, OK, TOO_LARGE};
use crate::support::scripted_h1::{Delivery, Server, ServerBuilder};

/// hyper's default for `max_buf_size`, in bytes.
const DEFAULT_MAX_BUF: usize = 8192 + 4096 * 100;

fn with_fields(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("x-{n}: {n}\r\n")).collect();
    format!("GET / HTTP/1.1\r\n{fields}\r\n")
}

/// A head of exactly `len` bytes.
fn of_length(len: usize) -> String {
    let frame = "GET / HTTP/1.1\r\nx: \r\n\r\n";
    frame.replace("x: ", &format!("x: {}", "a".repeat(len - frame.len())))
}

async fn assert_taken(tune: fn(&mut ServerBuilder), input: &str) {
    for how in [Delivery::Whole, Delivery::SplitAt(input.len() - 1)] {
        converse(tune, how, input).await.only_request();
    }
}

async fn assert_too_large(tune: fn(&mut ServerBuilder), input: &str) {
    for how in [Delivery::Whole, Delivery::SplitAt(input.len() - 1)] {
        let conversation = converse(tune, how, input).await;
        conversation.assert_refused(TOO_LARGE, "Parse(TooLarge)");
    }
}

// Contract 3.1-5, 4.2-1.
#[tokio::test(start_paused = true)]
async fn a_hundred_fields_are_taken_by_default_and_no_more() {
    assert_taken(|_| {}, &with_fields(100)).await;
    assert_too_large(|_| {}, &with_fields(101)).await;
}

// Contract 3.1-5.
#[tokio::test(start_paused = true)]
async fn max_headers_is_exact() {
    fn three(builder: &mut ServerBuilder) {
        builder.max_headers(3);
    }
    assert_taken(three, &with_fields(3)).await;
    assert_too_large(three, &with_fields(4)).await;

    fn many(builder: &mut ServerBuilder) {
        builder.max_headers(1000);
    }
    assert_taken(many, &with_fields(1000)).await;
    assert_too_large(many, &with_fields(1001)).await;

    fn none(builder: &mut ServerBuilder) {
        builder.max_headers(0);
    }
    assert_taken(none, &with_fields(0)).await;
    assert_too_large(none, &with_fields(1)).await;
}

// Contract 3.1-5: repeats of one name count each.
#[tokio::test(start_paused = true)]
async fn repeated_fields_count_each() {
    let fields = "x: y\r\n".repeat(101);
    assert_too_large(|_| {}, &format!("GET / HTTP/1.1\r\n{fields}\r\n")).await;
}

// Contract 3.1-6.
#[tokio::test(start_paused = true)]
async fn max_header_size_is_exact_for_complete_heads() {
    fn limited(builder: &mut ServerBuilder) {
        builder.max_header_size(100);
    }
    assert_taken(limited, &of_length(100)).await;
    converse(limited, Delivery::Whole, of_length(101))
        .await
        .assert_refused(TOO_LARGE, "Parse(TooLarge)");
}

// Contract 3.1-6: a head that is not complete is refused as soon as it cannot fit any more.
#[tokio::test(start_paused = true)]
async fn max_header_size_is_enforced_before_the_head_is_complete() {
    for how in [Delivery::Whole, Delivery::Dripped] {
        let mut server = Server::tuned(|builder| {
            builder.max_header_size(100);
        });
        let incomplete = &of_length(200)[..99];
        server.peer.deliver(how, incomplete).await;
        server.peer.expect_nothing().await;
        server.peer.send("a").await;
        server
            .peer
            .expect_last_text(&crate::messages::refusal(TOO_LARGE))
            .await;
        let error = server.hyper.ended().await.expect_err("a refusal");
        assert!(error.is_parse_too_large());
        assert_eq!(error.to_string(), "message head is too large");
    }
}

// Contract 3.1-6: the limit is on heads, not on what follows them.
#[tokio::test(start_paused = true)]
async fn max_header_size_leaves_bodies_and_further_requests_alone() {
    let body = "b".repeat(1000);
    let input = format!("POST /a HTTP/1.1\r\ncontent-length: 1000\r\n\r\n{body}");
    let input = input.repeat(3);
    let conversation = converse(
        |builder| {
            builder.max_header_size(100);
        },
        Delivery::Whole,
        input,
    );
    let conversation = conversation.await;
    assert_eq!(conversation.replies, OK.repeat(3));
    assert!(conversation.requests.iter().all(|seen| seen.text() == body));
}

// Contract 3.1-10: without another limit the read buffer is one.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_fit_the_read_buffer_is_refused() {
    fn limited(builder: &mut ServerBuilder) {
        builder.max_buf_size(10_000);
    }
    assert_taken(limited, &of_length(9_999)).await;
    assert_too_large(limited, &of_length(20_000)).await;
    assert_taken(|_| {}, &of_length(DEFAULT_MAX_BUF - 1)).await;
}

// Contract 4.1-8: what is sent beyond the buffer stays unread.
#[tokio::test(start_paused = true)]
async fn no_more_than_the_buffer_is_read_of_a_head() {
    for limit in [None, Some(8192), Some(16_384)] {
        let mut server = Server::tuned(|builder| {
            if let Some(bytes) = limit {
                builder.max_buf_size(bytes);
            }
        });
        let to_hyper = server.peer.to_hyper();
        to_hyper.set_buffer(usize::MAX);
        server.peer.send("GET / HTTP/1.1\r\nx: ").await;
        server.peer.send("a".repeat(2 * DEFAULT_MAX_BUF)).await;
        server
            .peer
            .expect_last_text(&crate::messages::refusal(TOO_LARGE))
            .await;
        server.hyper.ended().await.expect_err("a refusal");
        let read = to_hyper.delivered();
        let limit = limit.unwrap_or(DEFAULT_MAX_BUF) as u64;
        assert!(read <= limit, "{read} bytes were read, {limit} allowed");
    }
}

// Contract 4.1-8: nor of a line that ends without making progress.
#[tokio::test(start_paused = true)]
async fn a_start_line_without_end_is_bounded_too() {
    let mut server = Server::start();
    let to_hyper = server.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    server.peer.send("a".repeat(2 * DEFAULT_MAX_BUF)).await;
    let said = server.peer.settled_text().await;
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
    server.hyper.ended().await.expect_err("a refusal");
    assert!(to_hyper.delivered() <= DEFAULT_MAX_BUF as u64);
}

// Contract 4.1-5.
#[tokio::test(start_paused = true)]
async fn a_name_may_be_65535_bytes_long_and_no_longer() {
    let longest = "n".repeat(65_535);
    let input = format!("GET / HTTP/1.1\r\n{longest}: a\r\n\r\n");
    let seen = accepted(Delivery::Whole, input).await;
    assert_eq!(seen.headers[&*longest], "a");
    let input = format!("GET / HTTP/1.1\r\n{longest}n: a\r\n\r\n");
    let conversation = converse(|_| {}, Delivery::Whole, input).await;
    conversation.assert_refused(TOO_LARGE, "Parse(TooLarge)");
}

// Contract 3.1-10: the limit on the read buffer is none on bodies.
#[tokio::test(start_paused = true)]
async fn max_buf_size_leaves_bodies_alone() {
    let mut server = Server::tuned(|builder| {
        builder.max_buf_size(8192);
    });
    let body = "b".repeat(100_000);
    server.peer.to_hyper().set_buffer(usize::MAX);
    let input = format!("POST /a HTTP/1.1\r\ncontent-length: 100000\r\n\r\n{body}");
    let mut call = server.request(input).await;
    assert_eq!(call.read().await, body);
    call.respond(text("ok"));
    assert!(server.peer.settled_text().await.ends_with("\r\n\r\nok"));
}
