//! Answers that are there at once leave together where their requests came together: a write costs a server more than an
//! answer. None waits for a service that has to wait, nor for a request that is not there.

use std::convert::Infallible;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::support::gate::wire;
use crate::support::responses::empty;
use crate::support::scripted_h1::{HyperIo, Peer, ServerBuilder};

const AT_ONCE: &str = "GET /now HTTP/1.1\r\n\r\n";
const LATER: &str = "GET /later HTTP/1.1\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";

/// How many answers each write has, for these requests in one read.
async fn answers_per_write(requests: String, count: usize) -> Vec<usize> {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    let io = HyperIo::new(near);
    let record = io.record();
    peer.send(requests).await;
    let service = service_fn(|request: Request<Incoming>| async move {
        if request.uri().path() == "/later" {
            tokio::task::yield_now().await;
        }
        Ok::<_, Infallible>(empty())
    });
    tokio::spawn(ServerBuilder::new().serve_connection(io, service));
    peer.expect_text(&OK.repeat(count)).await;
    let writes = record.writes();
    let counts = writes.iter().map(|write| write.matches("200 OK").count());
    counts.collect()
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_there_at_once_leave_together() {
    assert_eq!(answers_per_write(AT_ONCE.repeat(3), 3).await, [3]);
    // One poll of a connection has sixteen rounds, and leaves nothing unwritten.
    let many = answers_per_write(AT_ONCE.repeat(40), 40).await;
    assert!(many.len() <= 4, "{many:?}");
}

#[tokio::test(start_paused = true)]
async fn no_answer_waits_for_a_service_that_waits() {
    let mixed = format!("{AT_ONCE}{AT_ONCE}{LATER}{AT_ONCE}{LATER}");
    assert_eq!(answers_per_write(mixed, 5).await, [2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn no_answer_waits_for_a_request_that_is_not_there() {
    let begun = format!("{AT_ONCE}{AT_ONCE}GET /no");
    assert_eq!(answers_per_write(begun, 2).await, [2]);
}
