//! Where hyper 1.12.0 reads, waits or holds back more than it needs to.

use crate::support::reading::{next_data, next_frame};
use crate::support::responses::empty;
use crate::support::scripted_h1::{Delivery, Server};

// Contract 4.1-8, 3.1-10: to the byte, whatever the limit.
#[tokio::test(start_paused = true)]
async fn no_byte_beyond_max_buf_size_is_read_of_a_head() {
    for limit in [8_193, 10_000, 100_000] {
        let mut server = Server::tuned(|builder| {
            builder.max_buf_size(limit);
        });
        let to_hyper = server.peer.to_hyper();
        to_hyper.set_buffer(usize::MAX);
        server.peer.send("GET / HTTP/1.1\r\nx: ").await;
        server.peer.send("a".repeat(1_000_000)).await;
        assert_eq!(server.peer.expect_head().await.status(), 431);
        server.hyper.ended().await.expect_err("a refusal");
        let read = to_hyper.delivered();
        assert!(
            read <= limit as u64,
            "{read} bytes were read, {limit} allowed"
        );
    }
}

// Contract 3.1-11: an answer is not held back for a request that is not complete.
#[tokio::test(start_paused = true)]
async fn pipeline_flush_does_not_wait_for_the_rest_of_a_request() {
    let mut server = Server::tuned(|builder| {
        builder.pipeline_flush(true);
    });
    let call = server.request("GET / HTTP/1.1\r\n\r\nGET / HT").await;
    call.respond(empty());
    assert_eq!(server.peer.expect_head().await.status(), 200);
    server.peer.send("TP/1.1\r\n\r\n").await;
    server.hyper.next_call().await.respond(empty());
    assert_eq!(server.peer.expect_head().await.status(), 200);
}

// Contract 7.1-3: a body that is read after the answer ends like any other.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_read_after_the_answer_ends() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let mut body = call.request.into_body();
    call.answer.respond(empty());
    server.peer.expect_head().await;
    assert_eq!(next_data(&mut body).await, "abc");
    server.peer.deliver(Delivery::Whole, "def").await;
    assert_eq!(next_data(&mut body).await, "def");
    assert!(next_frame(&mut body).await.is_none());
    server.assert_usable().await;
}
