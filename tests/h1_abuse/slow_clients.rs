//! Clients that keep a connection by saying as little as they can (slowloris). Time is virtual. Contract 4.8-7, 2.4-10.

use std::convert::Infallible;
use std::time::Duration;

use hyper::service::service_fn;
use tokio::time::{sleep, Instant};

use crate::support::conversation::OK;
use crate::support::errors::kind;
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::responses::empty;
use crate::support::scripted_h1::{Delivery, Peer, Server, ServerBuilder};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::virtual_timer::run_until_idle;

/// hyper's default for a head, once there is a timer.
const TIMEOUT: Duration = Duration::from_secs(30);

fn server() -> Server {
    Server::tuned(|builder| {
        builder.timer(TokioTimer);
    })
}

/// Sends `bytes` one a second until hyper closes; gives how long that took. Nothing is said to the client.
async fn dripped_until_closed(server: &mut Server, bytes: impl Iterator<Item = u8>) -> Duration {
    let start = Instant::now();
    for byte in bytes {
        server.peer.deliver(Delivery::Whole, [byte]).await;
        if server.hyper.has_ended() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    let error = server.hyper.ended().await.expect_err("a timeout");
    assert_eq!(kind(&error), "HeaderTimeout");
    let waited = start.elapsed();
    server.peer.expect_eof().await;
    waited
}

fn assert_timely(waited: Duration) {
    let late = waited.saturating_sub(TIMEOUT);
    assert!(
        waited >= TIMEOUT && late <= Duration::from_secs(1),
        "{waited:?}"
    );
}

// Contract 4.8-7: however the head is drawn out, it has its thirty seconds as a whole.
#[tokio::test(start_paused = true)]
async fn a_head_drawn_out_is_cut_off_after_thirty_seconds_without_a_reply() {
    let endless = |start: &str, unit: &str| {
        let start = start.as_bytes().to_vec();
        let unit = unit.as_bytes().to_vec();
        start.into_iter().chain(unit.into_iter().cycle()).take(1000)
    };
    for (start, unit) in [
        ("", "A"),
        ("", "\r\n"),
        ("", "\n"),
        ("G / HTTP/1.1\r\n", "x: y\r\n"),
        ("G / HTTP/1.1\r\n", "x"),
        ("G / HTTP/1.1\r\nx:", " "),
        ("G /", "a"),
    ] {
        println!("{start:?} {unit:?}");
        let mut server = server();
        assert_timely(dripped_until_closed(&mut server, endless(start, unit)).await);
        // A poll per byte, and a few at the ends.
        assert!(server.hyper.polls() <= 40, "{} polls", server.hyper.polls());
        assert!(!server.hyper.has_calls());
    }
}

// Contract 4.8-7: a connection that was used gets no more time for being known.
#[tokio::test(start_paused = true)]
async fn a_head_drawn_out_after_a_request_is_cut_off_too() {
    let mut server = server();
    server.get().await.respond(empty());
    server.peer.expect_text(OK).await;
    let bytes = std::iter::repeat_n(b'A', 1000);
    assert_timely(dripped_until_closed(&mut server, bytes).await);
}

// Contract 4.8-7: a pipelined beginning counts from when it could be read.
#[tokio::test(start_paused = true)]
async fn the_beginning_of_a_head_behind_a_request_has_its_time_from_the_answer_on() {
    let mut server = server();
    let call = server
        .request("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nhost")
        .await;
    sleep(TIMEOUT * 3).await;
    call.respond(empty());
    server.peer.expect_text(OK).await;
    let start = Instant::now();
    let error = server.hyper.ended().await.expect_err("a timeout");
    assert!(error.is_timeout());
    assert_timely(start.elapsed() + Duration::from_millis(10));
    server.peer.expect_eof().await;
}

/// What a connection costs whose head is drawn out, in bytes: what has come and 8 KiB for what is to come, which makes a buffer
/// of 16 KiB, and the connection itself.
const SLOW_CONNECTION: isize = 18 << 10;

#[tokio::test(start_paused = true)]
async fn a_thousand_slow_connections_cost_a_read_buffer_each_and_no_polls() {
    const COUNT: isize = 1000;
    let mut peers = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..COUNT {
        let (far, near) = wire();
        let mut peer = Peer::new(far);
        peer.send("GET / HTTP/1.1\r\nhost: ").await;
        peers.push(peer);
        ends.push(TokioIo::new(near));
    }
    let mut builder = ServerBuilder::new();
    builder.timer(TokioTimer);
    let executor = CountingExecutor::new();
    let mark = mark();
    for end in ends.drain(..) {
        let service = service_fn(|_| async { Ok::<_, Infallible>(empty()) });
        executor.spawn(builder.serve_connection(end, service));
    }
    run_until_idle().await;
    let each = mark.grown() / COUNT;
    assert!(each <= SLOW_CONNECTION, "{each} bytes each");
    let polls = executor.polls();
    sleep(TIMEOUT / 2).await;
    assert_eq!(executor.polls(), polls, "asleep until there is a byte");
    sleep(TIMEOUT).await;
    run_until_idle().await;
    assert_eq!(executor.live(), 0);
    assert!(mark.grown() <= 16 << 10, "{} bytes are kept", mark.grown());
}

// Contract 4.8-7: a body has no time limit of hyper's; the service's own is enough to be rid of it.
#[tokio::test(start_paused = true)]
async fn a_body_drawn_out_ends_when_the_service_says_so() {
    let mut server = server();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 1000\r\n\r\n")
        .await;
    for _ in 0..100 {
        server.peer.deliver(Delivery::Whole, "x").await;
        sleep(Duration::from_secs(1)).await;
    }
    assert!(!server.hyper.has_ended());
    call.respond(empty());
    let start = Instant::now();
    let said = server.peer.settled_text().await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    // The rest is waited for as long as for a head, and no longer.
    for _ in 0..100 {
        server.peer.deliver(Delivery::Whole, "x").await;
        sleep(Duration::from_secs(1)).await;
        if server.hyper.has_ended() {
            break;
        }
    }
    let error = server.hyper.ended().await.expect_err("a timeout");
    assert_eq!(kind(&error), "HeaderTimeout");
    assert!(start.elapsed() <= TIMEOUT + Duration::from_secs(2));
}
