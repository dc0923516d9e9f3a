//! Work is linear in the input; see [`linear`](crate::support::linear) for how that is measured.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::{wire, WireEnd};
use crate::support::linear::{on_paused_clock, Cost, Meter};
use crate::support::scripted_h1::{ClientBuilder, Peer, ServerBuilder};
use crate::support::shaped::{Shape, Shaped};
use crate::support::tokio_rt::{CountingExecutor, TokioExecutor, TokioIo};
use crate::support::virtual_timer::run_until_idle;

/// How hyper gets its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    Whole,
    /// A byte at a time, without a wait.
    Bytes,
}

impl Reads {
    fn of(self, io: WireEnd) -> TokioIo<Shaped<WireEnd>> {
        let most_read = match self {
            Reads::Whole => usize::MAX,
            Reads::Bytes => 1,
        };
        let shape = Shape {
            most_read,
            ..Shape::default()
        };
        TokioIo::new(Shaped::new(io, shape).0)
    }
}

async fn swallow(mut request: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    while let Some(Ok(_)) = request.body_mut().frame().await {}
    Ok(Response::new(empty_body()))
}

fn served(input: &str, reads: Reads) -> Cost {
    on_paused_clock(async {
        let (far, near) = wire();
        let mut peer = Peer::new(far);
        peer.to_hyper().set_buffer(usize::MAX);
        peer.from_hyper().set_buffer(usize::MAX);
        peer.send(input).await;
        let mut builder = ServerBuilder::new();
        builder
            .max_headers(100_000)
            .max_header_size(4 << 20)
            .max_buf_size(4 << 20);
        let executor = CountingExecutor::new();
        let meter = Meter::start();
        executor.spawn(builder.serve_connection(reads.of(near), service_fn(swallow)));
        run_until_idle().await;
        let cost = meter.stop(executor.polls());
        assert_eq!(peer.to_hyper().buffered(), 0, "all of it was read");
        cost
    })
}

fn asked(input: &str, reads: Reads) -> Cost {
    on_paused_clock(async {
        let (near, far) = wire();
        let mut peer = Peer::new(far);
        let to_hyper = peer.to_hyper();
        to_hyper.set_buffer(usize::MAX);
        let mut builder = ClientBuilder::new();
        builder
            .max_headers(100_000)
            .max_header_size(4 << 20)
            .max_buf_size(4 << 20)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        let handshake = builder.handshake(reads.of(near)).await;
        let (mut requests, connection) = handshake.expect("a handshake");
        let executor = CountingExecutor::new();
        executor.spawn(connection);
        let answer = requests.send_request(Request::new(empty_body()));
        to_hyper.stop_reading();
        peer.send(input).await;
        peer.settled_text().await;
        let polls = executor.polls();
        let meter = Meter::start();
        hyper::rt::Executor::execute(&TokioExecutor, async {
            if let Ok(response) = answer.await {
                let mut body = response.into_body();
                while let Some(Ok(_)) = body.frame().await {}
            }
        });
        to_hyper.resume();
        run_until_idle().await;
        let cost = meter.stop(executor.polls() - polls);
        assert_eq!(to_hyper.buffered(), 0, "all of it was read");
        cost
    })
}

/// An input that can be had at any size.
type Input = fn(usize) -> String;

fn assert_linear(run: fn(&str, Reads) -> Cost, rows: &[(&str, Reads, usize, Input)]) {
    for (what, reads, size, input) in rows {
        crate::support::linear::assert_linear(what, *size, |size| run(&input(size), *reads));
    }
}

const GET: &str = "GET / HTTP/1.1\r\n";
const POST: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

fn head_with(lines: String) -> String {
    format!("{GET}{lines}\r\n")
}

// Contract 4.1-7.
#[test]
fn heads_that_arrive_byte_by_byte_cost_a_server_what_they_are_long() {
    assert_linear(
        served,
        &[
            ("a method", Reads::Bytes, 10_000, |n| "A".repeat(n)),
            ("empty lines", Reads::Bytes, 10_000, |n| {
                "\r\n".repeat(n / 2)
            }),
            ("a value", Reads::Bytes, 10_000, |n| {
                head_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("lines", Reads::Bytes, 10_000, |n| {
                head_with("x: y\r\n".repeat(n / 6))
            }),
            ("lines that end with LF", Reads::Bytes, 10_000, |n| {
                head_with("x:\n".repeat(n / 3))
            }),
            ("trailers", Reads::Bytes, 10_000, |n| {
                format!("{POST}0\r\n{}\r\n", "x: y\r\n".repeat(n / 6))
            }),
        ],
    );
}

#[test]
fn large_heads_cost_a_server_what_they_are_long() {
    assert_linear(
        served,
        &[
            ("a value", Reads::Whole, 400_000, |n| {
                head_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("empty lines", Reads::Whole, 400_000, |n| {
                "\r\n".repeat(n / 2)
            }),
            ("lines of one name", Reads::Whole, 5000, |n| {
                head_with("x: y\r\n".repeat(n))
            }),
            ("lines of a name each", Reads::Whole, 3000, |n| {
                head_with((0..n).map(|nth| format!("x{nth}: y\r\n")).collect())
            }),
            ("lengths", Reads::Whole, 5000, |n| {
                head_with("content-length: 0\r\n".repeat(n))
            }),
            ("codings", Reads::Whole, 5000, |n| {
                let lines = "transfer-encoding: chunked\r\n".repeat(n);
                head_with(lines) + "0\r\n\r\n"
            }),
            ("codings on a line", Reads::Whole, 60_000, |n| {
                head_with(format!("transfer-encoding: {}chunked\r\n", "a,".repeat(n))) + "0\r\n\r\n"
            }),
            ("connection lines", Reads::Whole, 5000, |n| {
                head_with("connection: a, keep-alive\r\n".repeat(n))
            }),
            ("connection options", Reads::Whole, 60_000, |n| {
                head_with(format!("connection: {}\r\n", "a,".repeat(n)))
            }),
            ("te lines", Reads::Whole, 5000, |n| {
                head_with("te: a, b\r\n".repeat(n))
            }),
            ("expectations", Reads::Whole, 5000, |n| {
                head_with("expect: a\r\n".repeat(n))
            }),
        ],
    );
}

#[test]
fn bodies_and_pipelines_cost_a_server_what_they_are_long() {
    assert_linear(
        served,
        &[
            ("chunks of a byte", Reads::Whole, 5000, |n| {
                format!("{POST}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("chunks of a byte, byte by byte", Reads::Bytes, 2000, |n| {
                format!("{POST}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("a body", Reads::Whole, 4_000_000, |n| {
                format!(
                    "POST / HTTP/1.1\r\ncontent-length: {n}\r\n\r\n{}",
                    "a".repeat(n)
                )
            }),
            ("trailers", Reads::Whole, 5000, |n| {
                format!("{POST}0\r\n{}\r\n", "x: y\r\n".repeat(n))
            }),
            ("requests", Reads::Whole, 2000, |n| {
                format!("{GET}\r\n").repeat(n)
            }),
            ("requests with a body", Reads::Whole, 1000, |n| {
                format!("{POST}1\r\na\r\n0\r\n\r\n").repeat(n)
            }),
        ],
    );
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn response_with(lines: String) -> String {
    format!("{OK}content-length: 0\r\n{lines}\r\n")
}

#[test]
fn responses_cost_a_client_what_they_are_long() {
    assert_linear(
        asked,
        &[
            ("a value, byte by byte", Reads::Bytes, 10_000, |n| {
                response_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("a phrase, byte by byte", Reads::Bytes, 10_000, |n| {
                format!("HTTP/1.1 204 {}\r\n\r\n", "a".repeat(n))
            }),
            ("informational responses", Reads::Whole, 3000, |n| {
                "HTTP/1.1 102 \r\n\r\n".repeat(n)
            }),
            (
                "informational responses, byte by byte",
                Reads::Bytes,
                1000,
                |n| "HTTP/1.1 102 \r\n\r\n".repeat(n),
            ),
            ("folds", Reads::Whole, 5000, |n| {
                response_with(format!("x: y\r\n{}", " z\r\n".repeat(n)))
            }),
            ("folds, byte by byte", Reads::Bytes, 5000, |n| {
                response_with(format!("x: y\r\n{}", " z\r\n".repeat(n)))
            }),
            ("skipped lines", Reads::Whole, 5000, |n| {
                response_with("no field\r\n".repeat(n))
            }),
            ("lengths on a line", Reads::Whole, 60_000, |n| {
                format!("{OK}content-length: {}0\r\n\r\n", "0,".repeat(n))
            }),
            ("codings on a line", Reads::Whole, 60_000, |n| {
                format!(
                    "{OK}transfer-encoding: {}chunked\r\n\r\n0\r\n\r\n",
                    "a,".repeat(n)
                )
            }),
            ("chunks of a byte", Reads::Whole, 5000, |n| {
                format!("{CHUNKED}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("trailers", Reads::Whole, 5000, |n| {
                format!("{CHUNKED}0\r\n{}\r\n", "x: y\r\n".repeat(n))
            }),
            (
                "a body that ends with the connection",
                Reads::Whole,
                1_000_000,
                |n| format!("{OK}\r\n{}", "a".repeat(n)),
            ),
        ],
    );
}
