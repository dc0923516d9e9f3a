//! Contract 4.8-7, 3.1-7, 3.1-8, 2.4-10, 9-9: the time a client has for a head.

use std::time::Duration;

use tokio::time::{sleep, Instant};

use crate::messages::{empty, kind, with_body, Reading, OK};
use crate::support::bodies::channel;
use crate::support::scripted_h1::{Delivery, HeldServer, Server};
use crate::support::tokio_rt::TokioTimer;
use crate::support::virtual_timer::run_until_idle;

const TIMEOUT: Duration = Duration::from_secs(5);
const GET: &str = "GET / HTTP/1.1\r\n\r\n";

fn server() -> Server {
    Server::tuned(|builder| {
        builder.timer(TokioTimer).header_read_timeout(TIMEOUT);
    })
}

/// The connection ends with a timeout, `TIMEOUT` after `start`.
async fn assert_times_out(mut server: Server, start: Instant) {
    let error = server.hyper.ended().await.expect_err("a timeout");
    let waited = start.elapsed();
    assert!(waited >= TIMEOUT && waited < TIMEOUT * 2, "{waited:?}");
    assert_eq!(kind(&error), "HeaderTimeout");
    assert!(error.is_timeout());
    assert!(!error.is_parse() && !error.is_user());
    assert_eq!(error.to_string(), "read header from client timeout");
    // Contract 2.4-10.
    server.peer.expect_eof().await;
}

// Contract 4.8-7.
#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_times_out() {
    let start = Instant::now();
    assert_times_out(server(), start).await;
}

// Contract 4.8-7.
#[tokio::test(start_paused = true)]
async fn a_partial_head_does_not_extend_the_time() {
    let mut server = server();
    let start = Instant::now();
    for piece in ["GET ", "/ ", "HTTP/1.1\r\n", "host: a\r\n"] {
        server.peer.send(piece).await;
        sleep(TIMEOUT / 5).await;
    }
    assert!(!server.hyper.has_ended());
    assert_times_out(server, start).await;
}

// Contract 4.8-7.
#[tokio::test(start_paused = true)]
async fn a_head_that_comes_just_in_time_is_served() {
    let mut server = server();
    server.peer.send("GET / HT").await;
    sleep(TIMEOUT - Duration::from_millis(10)).await;
    server.peer.send("TP/1.1\r\n\r\n").await;
    server.hyper.next_call().await.respond(empty());
    server.peer.expect_text(OK).await;
}

// Contract 4.8-7, 9-9: the clock stops when the head is complete.
#[tokio::test(start_paused = true)]
async fn a_slow_service_does_not_time_out() {
    let mut server = server();
    let call = server.request(GET).await;
    sleep(TIMEOUT * 10).await;
    call.respond(empty());
    server.peer.expect_text(OK).await;
}

// Contract 4.8-7: nor do bodies, either way.
#[tokio::test(start_paused = true)]
async fn slow_bodies_do_not_time_out() {
    let mut server = server();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let reading = Reading::start(call.request.into_body());
    sleep(TIMEOUT * 3).await;
    server.peer.deliver(Delivery::Whole, "def").await;
    assert_eq!(reading.finish().await.whole(), "abcdef");

    let (frames, body) = channel();
    call.answer.respond(with_body(body));
    run_until_idle().await;
    sleep(TIMEOUT * 3).await;
    frames.send_data("late");
    drop(frames);
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("4\r\nlate\r\n0\r\n\r\n"), "{said}");
}

// Contract 4.8-7: between requests it is an idle timeout.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_times_out() {
    let mut server = server();
    sleep(TIMEOUT / 2).await;
    let call = server.request(GET).await;
    let start = Instant::now();
    call.respond(empty());
    server.peer.expect_text(OK).await;
    sleep(TIMEOUT - Duration::from_millis(100)).await;
    assert!(!server.hyper.has_ended());
    assert_times_out(server, start).await;
}

// Contract 4.8-7: each head has the full time.
#[tokio::test(start_paused = true)]
async fn every_request_starts_the_clock_anew() {
    let mut server = server();
    for _ in 0..5 {
        sleep(TIMEOUT * 3 / 4).await;
        server.request(GET).await.respond(empty());
        server.peer.expect_text(OK).await;
    }
}

// Contract 3.1-7: 30 seconds by default, once there is a timer.
#[tokio::test(start_paused = true)]
async fn the_default_is_30_seconds_with_a_timer() {
    let mut server = Server::tuned(|builder| {
        builder.timer(TokioTimer);
    });
    let start = Instant::now();
    let error = server.hyper.ended().await.expect_err("a timeout");
    assert!(error.is_timeout());
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(30) && waited < Duration::from_secs(31));
}

// Contract 3.1-7: and none without.
#[tokio::test(start_paused = true)]
async fn without_a_timer_nothing_times_out() {
    let mut server = Server::start();
    sleep(Duration::from_secs(1_000)).await;
    server.assert_usable().await;
}

// Contract 3.1-7.
#[tokio::test(start_paused = true)]
async fn it_can_be_turned_off() {
    let mut server = Server::tuned(|builder| {
        builder.timer(TokioTimer).header_read_timeout(None);
    });
    sleep(Duration::from_secs(1_000)).await;
    server.assert_usable().await;
}

// Contract 3.1-7.
#[tokio::test(start_paused = true)]
#[should_panic(expected = "timeout `header_read_timeout` set, but no timer set")]
async fn a_timeout_without_a_timer_panics() {
    HeldServer::new(|builder| {
        builder.header_read_timeout(TIMEOUT);
    });
}

// Contract 3.1-7: said in any order.
#[tokio::test(start_paused = true)]
async fn the_timer_may_be_set_after_the_timeout() {
    let server = Server::tuned(|builder| {
        builder.header_read_timeout(TIMEOUT).timer(TokioTimer);
    });
    let start = Instant::now();
    assert_times_out(server, start).await;
}

// Contract 4.8-7: the clock starts at the first poll.
#[tokio::test(start_paused = true)]
async fn the_clock_starts_when_the_connection_is_first_polled() {
    let held = HeldServer::new(|builder| {
        builder.timer(TokioTimer).header_read_timeout(TIMEOUT);
    });
    sleep(TIMEOUT * 2).await;
    let start = Instant::now();
    assert_times_out(held.drive(), start).await;
}
