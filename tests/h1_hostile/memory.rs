//! What a peer that never stops can make hyper hold.

use std::future::pending;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::server::on_paused_clock;
use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::{wire, WireEnd};
use crate::support::heap::mark;
use crate::support::scripted_h1::{HeldClient, HyperIo, Peer, ServerBuilder};
use crate::support::virtual_timer::run_until_idle;

/// hyper's `max_buf_size` in these tests, in bytes.
const MAX_BUF: usize = 16 * 1024;
/// More than that a connection does not cost, in bytes: two buffers, a piece of a body, and what stands around them.
const BOUND: usize = 4 * MAX_BUF + 64 * 1024;
const FLOOD: usize = 4 * 1024 * 1024;

/// Beginnings, and what follows without end.
const FLOODS: [(&str, &str); 11] = [
    ("", "a"),
    ("", "\r\n"),
    ("", "\0"),
    ("GET / HTTP/1.1\r\n", "x: y\r\n"),
    ("GET / HTTP/1.1\r\nx: ", "a"),
    ("GET / HTTP/1.1\r\n", "a"),
    (
        "POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        "a",
    ),
    (
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
        "1\r\na\r\n",
    ),
    ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", "0"),
    (
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5;",
        "a",
    ),
    (
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        "x: y\r\n",
    ),
];

/// A wire on which the whole flood is waiting for hyper, which has the second end.
async fn flooded(start: &str, more: &str) -> (Peer, WireEnd) {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    peer.to_hyper().set_buffer(usize::MAX);
    peer.send(start).await;
    peer.send(more.repeat(FLOOD / more.len())).await;
    (peer, near)
}

/// The most heap a server takes for a flood, whose service never answers, and keeps the body or drops it.
fn server_peak(start: &'static str, more: &'static str, keeps_body: bool) -> usize {
    on_paused_clock(async move {
        let (peer, near) = flooded(start, more).await;
        let service = service_fn(move |request: Request<Incoming>| async move {
            let kept = keeps_body.then_some(request);
            pending::<()>().await;
            drop(kept);
            Ok::<_, std::convert::Infallible>(Response::<TestBody>::new(empty_body()))
        });
        let mut builder = ServerBuilder::new();
        builder.max_buf_size(MAX_BUF);
        let mark = mark();
        tokio::spawn(builder.serve_connection(HyperIo::new(near), service));
        run_until_idle().await;
        drop(peer);
        mark.peak()
    })
}

#[test]
fn a_client_that_floods_a_server_costs_a_bounded_amount() {
    for (start, more) in FLOODS {
        for keeps_body in [true, false] {
            let peak = server_peak(start, more, keeps_body);
            assert!(peak <= BOUND, "{peak} bytes for {start:?} and {more:?}");
        }
    }
}

#[test]
fn a_server_that_floods_a_client_costs_a_bounded_amount() {
    let floods = FLOODS.map(|(start, more)| {
        let (_, fields) = start.split_once("\r\n").unwrap_or(("", ""));
        let start = match start {
            "" => "".to_owned(),
            _ => format!("HTTP/1.1 200 OK\r\n{fields}"),
        };
        (start, more)
    });
    let interim = ("".to_owned(), "HTTP/1.1 100 Continue\r\n\r\n");
    let endless = ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "a");
    for (start, more) in floods.into_iter().chain([interim, endless]) {
        let peak = on_paused_clock(async {
            let mut held = HeldClient::new(|builder| {
                builder.max_buf_size(MAX_BUF);
            });
            let answer = held.requests.send_request(Request::new(empty_body()));
            let connection = held.connection;
            // The request goes out before the flood comes in.
            let connection = tokio::spawn(connection);
            run_until_idle().await;
            held.peer.to_hyper().stop_reading();
            held.peer.to_hyper().set_buffer(usize::MAX);
            held.peer.send(&start).await;
            held.peer.send(more.repeat(FLOOD / more.len())).await;
            let mark = mark();
            let answer = tokio::spawn(answer);
            held.peer.to_hyper().resume();
            run_until_idle().await;
            let peak = mark.peak();
            drop((connection, answer));
            peak
        });
        assert!(peak <= BOUND, "{peak} bytes for {start:?} and {more:?}");
    }
}
