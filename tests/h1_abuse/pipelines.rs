//! Requests sent faster than they are answered. Contract 4.8-1, 4.2-3, 7.1-5.

use std::convert::Infallible;
use std::future::pending;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::support::bodies::{empty_body, TestBody};
use crate::support::conversation::{refusal, BAD_REQUEST, OK};
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::responses::empty;
use crate::support::scripted_h1::{Peer, ServerBuilder};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const COUNT: usize = 30_000;

/// What a pipeline may cost that is not answered, in bytes: a read's worth, and the exchange in hand.
const BOUND: usize = 32 << 10;

/// A wire on which so many requests wait for hyper, which has the second end.
async fn flooded(count: usize) -> (Peer, TokioIo<crate::support::gate::WireEnd>) {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    peer.to_hyper().set_buffer(usize::MAX);
    peer.send(GET.repeat(count)).await;
    (peer, TokioIo::new(near))
}

// Contract 4.8-1: while one is not answered, no other is read.
#[tokio::test(start_paused = true)]
async fn a_pipeline_behind_a_request_that_is_not_answered_is_left_in_the_socket() {
    let (peer, near) = flooded(COUNT).await;
    let service = service_fn(|request: Request<Incoming>| async move {
        pending::<()>().await;
        drop(request);
        Ok::<_, Infallible>(Response::<TestBody>::new(empty_body()))
    });
    let executor = CountingExecutor::new();
    let mark = mark();
    executor.spawn(ServerBuilder::new().serve_connection(near, service));
    run_until_idle().await;
    assert!(mark.peak() <= BOUND, "{} bytes", mark.peak());
    let read = peer.to_hyper().delivered();
    assert!(read <= 8192, "{read} bytes read");
    let polls = executor.polls();
    run_until_idle().await;
    assert_eq!(executor.polls(), polls, "asleep");
}

/// hyper's default for `max_buf_size`, in bytes: as much may wait for a peer that does not read.
const MAX_BUF: usize = 8192 + 4096 * 100;
/// An answer, whose date is longer than the stand-in for it.
const OK_ON_THE_WIRE: usize = OK.len();

// Contract 3.1-10, 4.7-15: answers that nobody reads stop the pipeline when they fill the write buffer.
#[tokio::test(start_paused = true)]
async fn a_pipeline_whose_answers_are_not_read_stops() {
    for gathers in [false, true] {
        for limit in [MAX_BUF, 8192] {
            assert_stops(gathers, limit).await;
        }
    }
}

async fn assert_stops(gathers: bool, limit: usize) {
    let (mut peer, near) = flooded(COUNT).await;
    peer.from_hyper().set_buffer(4096);
    let service = service_fn(|_| async { Ok::<_, Infallible>(empty()) });
    let executor = CountingExecutor::new();
    let mut builder = ServerBuilder::new();
    builder.max_buf_size(limit).pipeline_flush(gathers);
    let mark = mark();
    executor.spawn(builder.serve_connection(near, service));
    run_until_idle().await;
    let bound = 3 * limit + BOUND;
    assert!(
        mark.peak() <= bound,
        "{} bytes, {bound} allowed",
        mark.peak()
    );
    let answered = (limit + 4096) / OK.len();
    let read = peer.to_hyper().delivered();
    // As many as were answered, and one read ahead.
    let due = (answered + 2) * GET.len() + limit;
    assert!(read <= due as u64, "{read} bytes read, {due} due");
    let polls = executor.polls();
    run_until_idle().await;
    assert_eq!(executor.polls(), polls, "asleep");

    // And goes on where it stopped, to the last answer.
    peer.from_hyper().set_buffer(usize::MAX);
    let said = peer.settled_text().await;
    assert_eq!(said.len(), OK_ON_THE_WIRE * COUNT);
    assert_eq!(said.matches("HTTP/1.1 200 OK\r\n").count(), COUNT);
}

// Contract 4.8-7: a peer that asks and does not read is one that does not ask any more.
#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_its_answers_times_out() {
    let (peer, near) = flooded(COUNT).await;
    peer.from_hyper().set_buffer(4096);
    let service = service_fn(|_| async { Ok::<_, Infallible>(empty()) });
    let mut builder = ServerBuilder::new();
    builder.timer(TokioTimer);
    let connection = tokio::spawn(builder.serve_connection(near, service));
    let ended = expect_soon("the end of the connection", connection).await;
    let error = ended.expect("no panic").expect_err("a timeout");
    assert!(error.is_timeout());
}

// Contract 4.2-3: each before the malformed one is answered, the malformed one is refused, nothing behind it is read.
#[tokio::test(start_paused = true)]
async fn a_malformed_request_ends_its_pipeline_there() {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    peer.to_hyper().set_buffer(usize::MAX);
    peer.from_hyper().set_buffer(usize::MAX);
    let smuggled = "GET /after HTTP/1.1\r\n\r\n";
    peer.send(format!(
        "{}GET / HTTP/9.9\r\n\r\n{smuggled}",
        GET.repeat(1000)
    ))
    .await;
    let service = service_fn(|request: Request<Incoming>| async move {
        assert_eq!(request.uri(), "/");
        Ok::<_, Infallible>(empty())
    });
    let connection = ServerBuilder::new().serve_connection(TokioIo::new(near), service);
    let connection = tokio::spawn(connection);
    peer.expect_last_text(&format!("{}{}", OK.repeat(1000), refusal(BAD_REQUEST)))
        .await;
    let ended = connection.await.expect("no panic");
    assert!(ended.expect_err("a refusal").is_parse());
}
