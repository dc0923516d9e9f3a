//! ODD 3: the rest of a request that nobody reads is worth a connection if it is short.

use std::time::Duration;

use crate::support::errors::kind;
use crate::support::responses;
use crate::support::scripted_h1::Server;
use crate::support::tokio_rt::TokioTimer;
use crate::support::virtual_timer::run_until_idle;

/// The largest rest that is read and thrown away.
const BOUND: usize = 256 * 1024;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";
const LAST_ANSWER: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";

fn post(framing: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n")
}

// ODD 3.
#[tokio::test(start_paused = true)]
async fn a_chunked_request_that_is_there_already_costs_no_connection() {
    let mut server = Server::start();
    let request = post("transfer-encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n";
    let call = server.request(request).await;
    call.respond(responses::empty());
    server.peer.expect_text(ANSWER).await;
    server.assert_usable().await;
}

// ODD 3.
#[tokio::test(start_paused = true)]
async fn a_short_rest_that_arrives_after_the_answer_costs_no_connection() {
    for (framing, rest) in [
        ("content-length: 6", ["abc", "def"]),
        ("transfer-encoding: chunked", ["3\r\nab", "c\r\n0\r\n\r\n"]),
    ] {
        let mut server = Server::start();
        let call = server.request(post(framing)).await;
        call.respond(responses::empty());
        server.peer.expect_text(ANSWER).await;
        for piece in rest {
            run_until_idle().await;
            server.peer.send(piece).await;
        }
        server.assert_usable().await;
    }
}

// ODD 3.
#[tokio::test(start_paused = true)]
async fn the_rest_is_read_while_the_service_still_works() {
    let mut server = Server::start();
    let call = server.request(post("content-length: 100000")).await;
    let answer = call.answer;
    drop(call.request);
    server.peer.send(vec![b'x'; 100_000]).await;
    run_until_idle().await;
    answer.respond(responses::empty());
    server.peer.expect_text(ANSWER).await;
    server.assert_usable().await;
}

// ODD 3: a length that is known to be too much is known before the answer.
#[tokio::test(start_paused = true)]
async fn a_rest_that_is_announced_too_long_closes_the_connection_and_the_answer_says_so() {
    for (length, answer) in [(BOUND, ANSWER), (BOUND + 1, LAST_ANSWER)] {
        let mut server = Server::start();
        let framing = format!("content-length: {length}");
        let call = server.request(post(&framing)).await;
        call.respond(responses::empty());
        assert_eq!(server.peer.settled_text().await, answer, "{length}");
        assert_eq!(server.peer.has_ended(), answer == LAST_ANSWER);
    }
}

// ODD 3: a peer that sends for ever is not read for ever.
#[tokio::test(start_paused = true)]
async fn a_rest_that_turns_out_too_long_closes_the_connection() {
    let mut server = Server::start();
    let call = server.request(post("transfer-encoding: chunked")).await;
    call.respond(responses::empty());
    server.peer.expect_text(ANSWER).await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    let mut sent = 0;
    while !server.hyper.has_ended() {
        assert!(sent <= BOUND + 64 * 1024, "{sent} bytes, and no end");
        server.peer.send(&chunk).await;
        sent += 4096;
        run_until_idle().await;
    }
    assert!(sent >= BOUND, "{sent} bytes");
    server
        .hyper
        .ended()
        .await
        .expect("the connection ends well");
}

// ODD 3: a client may wait for an answer to its expectation, and never send what it was not asked for.
#[tokio::test(start_paused = true)]
async fn nothing_is_waited_for_that_was_not_asked_for() {
    let mut server = Server::start();
    let request = post("content-length: 3\r\nexpect: 100-continue");
    let call = server.request(request).await;
    call.respond(responses::empty());
    server.peer.expect_last_text(LAST_ANSWER).await;
    server
        .hyper
        .ended()
        .await
        .expect("the connection ends well");
}

#[tokio::test(start_paused = true)]
async fn a_rest_that_does_not_come_is_waited_for_as_long_as_a_head() {
    let mut server = Server::tuned(|builder| {
        builder
            .timer(TokioTimer)
            .header_read_timeout(Duration::from_secs(5));
    });
    let call = server.request(post("content-length: 3")).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!server.hyper.has_ended(), "the service has all the time");
    call.respond(responses::empty());
    server.peer.expect_text(ANSWER).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!server.hyper.has_ended());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let error = server.hyper.ended().await.expect_err("time is up");
    assert_eq!(kind(&error), "HeaderTimeout");
}

#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_does_not_wait_for_the_rest() {
    let mut server = Server::start();
    let call = server.request(post("content-length: 3")).await;
    call.respond(responses::empty());
    server.peer.expect_text(ANSWER).await;
    server.hyper.graceful_shutdown();
    server.assert_ends_well().await;
}

// ODD 3: where there will be no next request, nothing is waited for.
#[tokio::test(start_paused = true)]
async fn the_rest_of_the_last_request_is_not_waited_for() {
    let mut server = Server::tuned(|builder| {
        builder.keep_alive(false);
    });
    let call = server.request(post("content-length: 3")).await;
    call.respond(responses::empty());
    server.peer.expect_last_text(LAST_ANSWER).await;
    server
        .hyper
        .ended()
        .await
        .expect("the connection ends well");
}

// ODD 3: a close with unread bytes can take the answer with it.
#[tokio::test(start_paused = true)]
async fn what_has_arrived_is_taken_before_the_transport_is_dropped() {
    let mut server = Server::start();
    let request = post(&format!("content-length: {}", 2 * BOUND));
    let call = server.request(request).await;
    server.peer.send(vec![b'x'; 50_000]).await;
    run_until_idle().await;
    call.respond(responses::empty());
    server.peer.expect_last_text(LAST_ANSWER).await;
    assert_eq!(server.peer.to_hyper().buffered(), 0);

    let mut server = Server::start();
    server.peer.send("NOT HTTP\r\n\r\n").await;
    server.peer.send(vec![b'x'; 50_000]).await;
    server.hyper.ended().await.expect_err("no request");
    assert_eq!(server.peer.to_hyper().buffered(), 0);
}
