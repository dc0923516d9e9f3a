//! Contract 4.8-2, 7.1-5, 4.1-9: an unread request body stops the socket.

use http_body_util::BodyExt;

use crate::messages::{empty, Reading, OK};
use crate::support::reading::{next_data, next_frame};
use crate::support::scripted_h1::{Delivery, Server, ServerBuilder};
use crate::support::virtual_timer::{run_until_idle, settle};

/// hyper's default for `max_buf_size`, in bytes.
const DEFAULT_MAX_BUF: u64 = 8192 + 4096 * 100;

const LARGE: &str = "POST / HTTP/1.1\r\ncontent-length: 10000000\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

/// How much is read of a connection whose peer sends `head` and then as much as it can, while nobody reads the body.
async fn read_ahead(tune: fn(&mut ServerBuilder), head: &str, chunk: &str) -> u64 {
    let mut server = Server::tuned(tune);
    let to_hyper = server.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    server.peer.send(head).await;
    server
        .peer
        .send(chunk.repeat(3_000_000 / chunk.len()))
        .await;
    let call = server.hyper.next_call().await;
    run_until_idle().await;
    let read = to_hyper.delivered();
    drop(call);
    read
}

// Contract 4.8-2, 7.1-5.
#[tokio::test(start_paused = true)]
async fn an_unread_body_holds_no_more_than_the_read_buffer_and_a_chunk() {
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for (head, chunk) in [(LARGE, "x"), (CHUNKED, &*chunk), (CHUNKED, "1\r\nx\r\n")] {
        let read = read_ahead(|_| {}, head, chunk).await;
        assert!(read <= 2 * DEFAULT_MAX_BUF, "{read}");
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

// Contract 4.8-2: what is not asked for is not read; what is, is.
#[tokio::test(start_paused = true)]
async fn reading_goes_on_as_the_body_is_taken() {
    let mut server = Server::tuned(|builder| {
        builder.max_buf_size(8192);
    });
    let to_hyper = server.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    server.peer.send(LARGE).await;
    server.peer.send("x".repeat(1_000_000)).await;
    let mut call = server.hyper.next_call().await;
    let mut taken = 0;
    while taken < 900_000 {
        taken += next_data(call.request.body_mut()).await.len();
        run_until_idle().await;
        let ahead = to_hyper.delivered() as usize - taken;
        assert!(ahead <= 3 * 8192, "{ahead} bytes ahead");
    }
}

// Contract 7.1-5: before the first poll one piece may be there already.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_never_polled_takes_one_piece() {
    let mut server = Server::start();
    let call = server.request(CHUNKED).await;
    for n in 0..100 {
        server.peer.deliver(Delivery::Whole, "1\r\nx\r\n").await;
        let read = server.peer.to_hyper().delivered();
        let allowed = CHUNKED.len() as u64 + 6 * 3;
        assert!(read <= allowed, "{read} bytes after {n} chunks");
    }
    drop(call);
}

// Contract 7.1-5: no lost wake-up on either side of the channel.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_every_piece() {
    let mut server = Server::start();
    let call = server.request(CHUNKED).await;
    let mut body = call.request.into_body();
    for n in 0..100 {
        let data = format!("{n:03}");
        // Sometimes the reader is first, sometimes the data.
        if n % 2 == 0 {
            let mut frame = body.frame();
            assert!(settle(&mut frame).await.is_pending());
        }
        server.peer.send(format!("3\r\n{data}\r\n")).await;
        if n % 3 == 0 {
            run_until_idle().await;
        }
        assert_eq!(next_data(&mut body).await, data);
    }
    server.peer.send("0\r\n\r\n").await;
    assert!(next_frame(&mut body).await.is_none());
    call.answer.respond(empty());
    server.peer.expect_text(OK).await;
    server.assert_usable().await;
}

// Contract 4.1-9: it starts at 8 KiB, and never reads less.
#[tokio::test(start_paused = true)]
async fn a_read_has_room_for_8_kib_at_least() {
    let mut server = Server::start();
    let call = server.request(LARGE).await;
    let reading = Reading::start(call.request.into_body());
    for _ in 0..20 {
        server.peer.deliver(Delivery::Whole, "x".repeat(100)).await;
    }
    let rooms = server.hyper.io.read_rooms();
    assert!(rooms.iter().all(|room| *room >= 8192), "{rooms:?}");
    assert!(rooms[0] < 16_384, "{rooms:?}");
    drop(reading);
}

// Contract 4.1-9.
#[tokio::test(start_paused = true)]
async fn reads_grow_while_they_are_filled_within_the_limit() {
    let mut server = Server::start();
    let to_hyper = server.peer.to_hyper();
    to_hyper.set_buffer(usize::MAX);
    let call = server.request(LARGE).await;
    let reading = Reading::start(call.request.into_body());
    server
        .peer
        .deliver(Delivery::Whole, "x".repeat(1_000_000))
        .await;
    let largest = server.hyper.io.read_rooms().into_iter().max();
    let largest = largest.expect("reads were made");
    assert!(largest >= 16_384, "{largest}");
    assert!(largest as u64 <= DEFAULT_MAX_BUF, "{largest}");
    drop(reading);
}

// Contract 4.1-7: heads that arrive a byte at a time cost a constant per byte, or little more.
#[tokio::test(start_paused = true)]
async fn a_dripped_head_is_cheap() {
    let head = |fields: usize| {
        let fields: String = (0..fields).map(|n| format!("x-{n}: {n}\r\n")).collect();
        format!("GET / HTTP/1.1\r\n{fields}\r\n")
    };
    for fields in [10, 90] {
        let mut server = Server::start();
        let head = head(fields);
        let polls = server.hyper.polls();
        server.peer.deliver(Delivery::Dripped, &head).await;
        let polls = server.hyper.polls() - polls;
        assert!(
            polls <= 2 * head.len() + 10,
            "{polls} for {} bytes",
            head.len()
        );
        server.hyper.next_call().await.respond(empty());
    }
}
