//! Contract 3.2-2, 3.2-3, 5.4-4: how large a head may be.

use crate::messages::kind;
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};

const DEFAULT_MAX_BUF: usize = 8192 + 4096 * 100;

fn with_fields(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("x-{n}: {n}\r\n")).collect();
    format!("HTTP/1.1 204 No Content\r\n{fields}\r\n")
}

/// A head of exactly `len` bytes.
fn of_length(len: usize) -> String {
    let frame = "HTTP/1.1 204 No Content\r\nx: \r\n\r\n";
    frame.replace("x: ", &format!("x: {}", "a".repeat(len - frame.len())))
}

async fn outcome(tune: fn(&mut ClientBuilder), how: Delivery, head: &str) -> hyper::Result<()> {
    let mut client = Client::tuned(tune);
    client.peer.to_hyper().set_buffer(usize::MAX);
    let exchange = client.get().await;
    client.peer.deliver(how, head).await;
    exchange.outcome().await.map(|_| ())
}

async fn assert_taken(tune: fn(&mut ClientBuilder), head: &str) {
    for how in [Delivery::Whole, Delivery::SplitAt(head.len() - 1)] {
        outcome(tune, how, head).await.expect("a response");
    }
}

async fn assert_too_large(tune: fn(&mut ClientBuilder), head: &str) {
    for how in [Delivery::Whole, Delivery::SplitAt(head.len() - 1)] {
        let error = outcome(tune, how, head).await.expect_err("too large");
        assert_eq!(kind(&error), "Parse(TooLarge)");
        assert_eq!(error.to_string(), "message head is too large");
    }
}

// Contract 3.2-2.
#[tokio::test(start_paused = true)]
async fn a_hundred_fields_are_taken_by_default_and_no_more() {
    assert_taken(|_| {}, &with_fields(100)).await;
    assert_too_large(|_| {}, &with_fields(101)).await;
}

// Contract 3.2-2.
#[tokio::test(start_paused = true)]
async fn max_headers_is_exact() {
    fn three(builder: &mut ClientBuilder) {
        builder.max_headers(3);
    }
    fn many(builder: &mut ClientBuilder) {
        builder.max_headers(1000);
    }
    assert_taken(three, &with_fields(3)).await;
    assert_too_large(three, &with_fields(4)).await;
    assert_taken(many, &with_fields(1000)).await;
    assert_too_large(many, &with_fields(1001)).await;
}

// Contract 3.2-2.
#[tokio::test(start_paused = true)]
async fn max_header_size_is_exact() {
    fn limited(builder: &mut ClientBuilder) {
        builder.max_header_size(100);
    }
    assert_taken(limited, &of_length(100)).await;
    let error = outcome(limited, Delivery::Whole, &of_length(101)).await;
    assert_eq!(kind(&error.expect_err("too large")), "Parse(TooLarge)");
    // Hopeless before its end.
    let error = outcome(limited, Delivery::Whole, &of_length(200)[..100]).await;
    assert_eq!(kind(&error.expect_err("too large")), "Parse(TooLarge)");
}

// Contract 5.4-4: each informational response is a head of its own.
#[tokio::test(start_paused = true)]
async fn the_limits_hold_for_each_informational_response() {
    fn limited(builder: &mut ClientBuilder) {
        builder.max_header_size(100);
    }
    let hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n";
    assert_taken(limited, &format!("{}{}", hint.repeat(20), of_length(100))).await;
    let long = format!(
        "HTTP/1.1 103 Early Hints\r\nlink: {}\r\n\r\n",
        "a".repeat(100)
    );
    let error = outcome(
        limited,
        Delivery::Whole,
        &format!("{long}{}", of_length(50)),
    )
    .await;
    assert_eq!(kind(&error.expect_err("too large")), "Parse(TooLarge)");
}

// Contract 3.2-3.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_fit_the_read_buffer_is_too_large() {
    fn limited(builder: &mut ClientBuilder) {
        builder.max_buf_size(10_000);
    }
    assert_taken(limited, &of_length(9_999)).await;
    assert_too_large(limited, &of_length(20_000)).await;
    assert_taken(|_| {}, &of_length(DEFAULT_MAX_BUF - 1)).await;
    assert_too_large(|_| {}, &of_length(DEFAULT_MAX_BUF + 100_000)).await;
}

// Contract 3.2-3.
#[tokio::test(start_paused = true)]
async fn an_exact_read_size_is_the_size_of_every_read() {
    let mut client = Client::tuned(|builder| {
        builder.read_buf_exact_size(Some(1000));
    });
    let response = client
        .answer("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n")
        .await;
    let reading =
        crate::support::reading::Reading::start(response.expect("a response").into_body());
    client
        .peer
        .deliver(Delivery::Whole, "x".repeat(4_000))
        .await;
    assert_eq!(reading.finish().await.whole().len(), 4_000);
    let rooms = client.io.read_rooms();
    assert!(rooms.iter().all(|room| *room <= 2_000), "{rooms:?}");
}

// Contract 3.2-3.
#[tokio::test(start_paused = true)]
async fn an_exact_read_size_limits_the_head() {
    fn exact(builder: &mut ClientBuilder) {
        builder.read_buf_exact_size(Some(1000));
    }
    assert_taken(exact, &of_length(999)).await;
    assert_too_large(exact, &of_length(1_500)).await;
}

// Contract 3.2-3: the later of the two holds.
#[tokio::test(start_paused = true)]
async fn max_buf_size_and_the_exact_size_replace_each_other() {
    fn buffer_last(builder: &mut ClientBuilder) {
        builder.read_buf_exact_size(Some(1000)).max_buf_size(10_000);
    }
    fn exact_last(builder: &mut ClientBuilder) {
        builder.max_buf_size(10_000).read_buf_exact_size(Some(1000));
    }
    fn reset(builder: &mut ClientBuilder) {
        builder.max_buf_size(10_000).read_buf_exact_size(None);
    }
    assert_taken(buffer_last, &of_length(5_000)).await;
    assert_too_large(exact_last, &of_length(5_000)).await;
    assert_taken(reset, &of_length(100_000)).await;
}
