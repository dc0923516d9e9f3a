//! Contract 5.5-6, 5.5-7, 7.1-6, 2.4-9: response bodies that are dropped, cut or unread.

use std::io::ErrorKind;

use crate::messages::{cause_text, io_cause, kind};
use crate::support::reading::{next_data, next_frame, Reading};
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};
use crate::support::virtual_timer::run_until_idle;

const SIZED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

// Contract 5.5-6.
#[tokio::test(start_paused = true)]
async fn a_dropped_body_that_has_arrived_leaves_the_connection_usable() {
    let mut client = Client::start();
    let exchange = client.get().await;
    client.peer.send(format!("{SIZED}abcdef")).await;
    let response = exchange.response().await;
    run_until_idle().await;
    drop(response);
    client.assert_usable().await;
}

// Contract 5.5-6.
#[tokio::test(start_paused = true)]
async fn a_dropped_body_that_has_not_arrived_ends_the_connection() {
    for bytes in [
        format!("{SIZED}abc"),
        format!("{CHUNKED}3\r\nabc\r\n"),
        "HTTP/1.1 200 OK\r\n\r\nabc".into(),
    ] {
        let mut client = Client::start();
        let response = client.answer(bytes).await;
        run_until_idle().await;
        drop(response);
        client
            .ended()
            .await
            .expect("no failure of the connection's");
        client.peer.expect_eof().await;
    }
}

// Contract 5.5-7.
#[tokio::test(start_paused = true)]
async fn the_end_inside_a_body_is_the_bodys_failure() {
    for (bytes, data) in [
        (format!("{SIZED}abc"), "abc"),
        (format!("{CHUNKED}3\r\nabc\r\n"), "abc"),
        (format!("{CHUNKED}6\r\nabc"), "abc"),
        (SIZED.into(), ""),
    ] {
        let mut client = Client::start();
        let exchange = client.get().await;
        client.peer.send(bytes).await;
        let reading = Reading::start(exchange.response().await.into_body());
        run_until_idle().await;
        client.peer.eof().await;
        let reading = reading.finish().await;
        assert_eq!(reading.text(), data);
        let error = reading.failure();
        assert_eq!(kind(&error), "Body");
        assert_eq!(io_cause(&error), ErrorKind::UnexpectedEof);
        client.ended().await.expect("the body has the error");
    }
}

// Contract 5.5-7, 7.1-6.
#[tokio::test(start_paused = true)]
async fn a_body_whose_connection_is_dropped_does_not_end_cleanly() {
    for head in [SIZED, CHUNKED, "HTTP/1.1 200 OK\r\n\r\n"] {
        let mut client = Client::start();
        let response = client.answer(head).await;
        let mut body = response.expect("a response").into_body();
        client.abort();
        let next = next_frame(&mut body).await.expect("not the end");
        assert_eq!(kind(&next.expect_err("a failure")), "IncompleteMessage");
        assert!(next_frame(&mut body).await.is_none());
    }
}

// Contract 5.5-7, 2.4-9: the transport's own failure.
#[tokio::test(start_paused = true)]
async fn a_reset_inside_a_body_is_the_bodys_failure() {
    let mut client = Client::start();
    let response = client.answer(SIZED).await;
    let reading = Reading::start(response.expect("a response").into_body());
    run_until_idle().await;
    client
        .peer
        .to_hyper()
        .fail_reads(ErrorKind::ConnectionReset);
    let error = reading.finish().await.failure();
    assert_eq!(kind(&error), "Body");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
}

// Contract 5.5-7: failing otherwise, namely in its request.
#[tokio::test(start_paused = true)]
async fn a_body_whose_connection_fails_otherwise_does_not_end_cleanly() {
    let mut client = Client::start();
    let (frames, body) = crate::support::bodies::channel();
    let body = crate::support::bodies::test_body(body);
    let exchange = client.send(crate::messages::post(body));
    client.peer.settled_text().await;
    client.peer.send(SIZED).await;
    let reading = Reading::start(exchange.response().await.into_body());
    frames.fail("boom");
    let error = reading.finish().await.failure();
    assert_eq!(kind(&error), "Body");
    assert_eq!(cause_text(&error), "connection error");
    client.ended().await.expect_err("the request's failure");
}

/// How much is read of a response whose body nobody reads.
async fn read_ahead(tune: fn(&mut ClientBuilder), head: &str, chunk: &str) -> u64 {
    let mut client = Client::tuned(tune);
    let to_hyper = client.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    let exchange = client.get().await;
    client.peer.send(head).await;
    client
        .peer
        .send(chunk.repeat(3_000_000 / chunk.len()))
        .await;
    let response = exchange.response().await;
    run_until_idle().await;
    let read = to_hyper.delivered();
    drop(response);
    read
}

// Contract 7.1-5: an unread body stops the socket.
#[tokio::test(start_paused = true)]
async fn an_unread_body_holds_no_more_than_the_read_buffer_and_a_chunk() {
    let large = "HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n";
    let endless = "HTTP/1.1 200 OK\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for (head, chunk) in [
        (large, "x"),
        (endless, "x"),
        (CHUNKED, &*chunk),
        (CHUNKED, "1\r\nx\r\n"),
    ] {
        let read = read_ahead(|_| {}, head, chunk).await;
        assert!(read <= 2 * (8192 + 4096 * 100), "{read}");
        let small = read_ahead(
            |builder| {
                builder.max_buf_size(8192);
            },
            head,
            chunk,
        );
        let small = small.await;
        assert!(small <= 2 * 8192, "{small}");
    }
}

// Contract 7.1-5: no lost wake-up between the connection and a slow reader.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_every_piece() {
    let mut client = Client::start();
    let response = client.answer(CHUNKED).await;
    let mut body = response.expect("a response").into_body();
    for n in 0..100 {
        let data = format!("{n:03}");
        client
            .peer
            .deliver(Delivery::SplitAt(n % 8), format!("3\r\n{data}\r\n"))
            .await;
        let mut got = String::new();
        while got.len() < 3 {
            let piece = next_data(&mut body).await;
            got.push_str(std::str::from_utf8(&piece).expect("ASCII"));
        }
        assert_eq!(got, data);
    }
    client.peer.send("0\r\n\r\n").await;
    assert!(next_frame(&mut body).await.is_none());
    client.assert_usable().await;
}
