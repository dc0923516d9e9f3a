//! Work is linear in the input: four times as much of anything costs about four times as much.
//!
//! Three measures. Bytes allocated and polls are exact. The processor's time of the thread is compared as well, since a byte
//! that is looked at again and again shows nowhere else: the best of some runs, with a margin that a square does not keep
//! within.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeVal;

use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::{wire, WireEnd};
use crate::support::heap::mark;
use crate::support::scripted_h1::{ClientBuilder, Peer, ServerBuilder};
use crate::support::shaped::{Shape, Shaped};
use crate::support::tokio_rt::{CountingExecutor, TokioExecutor, TokioIo};
use crate::support::virtual_timer::run_until_idle;

/// How much larger the larger input is.
const FACTOR: usize = 4;
/// Runs of which the fastest counts.
const RUNS: usize = 3;
/// What is the same for every input, in bytes.
const FIXED: usize = 64 << 10;

/// The processor's time that this thread has used so far.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread can be asked");
    let micros = |time: TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()) as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

/// As exact as that time is, where it is counted in ticks of the system's clock; and some more.
const TICKS: Duration = Duration::from_millis(16);

/// What an input came to.
#[derive(Clone, Copy, Debug)]
struct Cost {
    allocated: usize,
    polls: usize,
    time: Duration,
}

impl Cost {
    fn best(self, other: Cost) -> Cost {
        Cost {
            allocated: self.allocated.min(other.allocated),
            polls: self.polls.min(other.polls),
            time: self.time.min(other.time),
        }
    }

    /// Allocations may double where a buffer grows, which is not the same at every size.
    fn assert_linear(small: Cost, large: Cost, what: &str) {
        println!("{what}: {small:?}, {large:?}");
        let allowed = small.allocated * FACTOR * 3 / 2 + FIXED;
        assert!(large.allocated <= allowed, "{what}: {small:?}, {large:?}");
        let allowed = small.polls * FACTOR + 20;
        assert!(large.polls <= allowed, "{what}: {small:?}, {large:?}");
        let allowed = small.time * FACTOR as u32 * 2 + TICKS;
        assert!(large.time < allowed, "{what}: {small:?}, {large:?}");
    }
}

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

fn on_paused_clock<T>(run: impl std::future::Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(run)
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
        let (mark, start) = (mark(), used());
        executor.spawn(builder.serve_connection(reads.of(near), service_fn(swallow)));
        run_until_idle().await;
        let cost = Cost {
            allocated: mark.allocated(),
            polls: executor.polls(),
            time: used() - start,
        };
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
        let (mark, start) = (mark(), used());
        hyper::rt::Executor::execute(&TokioExecutor, async {
            if let Ok(response) = answer.await {
                let mut body = response.into_body();
                while let Some(Ok(_)) = body.frame().await {}
            }
        });
        to_hyper.resume();
        run_until_idle().await;
        let cost = Cost {
            allocated: mark.allocated(),
            polls: executor.polls() - polls,
            time: used() - start,
        };
        assert_eq!(to_hyper.buffered(), 0, "all of it was read");
        cost
    })
}

/// An input that can be had at any size.
type Input = fn(usize) -> String;

fn assert_linear(run: fn(&str, Reads) -> Cost, rows: &[(&str, Reads, usize, Input)]) {
    for (what, reads, size, input) in rows {
        let (small, large) = (input(*size), input(*size * FACTOR));
        // Side by side, so that what else the machine does befalls both.
        let runs = (0..RUNS).map(|_| (run(&small, *reads), run(&large, *reads)));
        let best = runs.reduce(|(small, large), next| (small.best(next.0), large.best(next.1)));
        let (small, large) = best.expect("one run at least");
        Cost::assert_linear(small, large, what);
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
            ("a method", Reads::Bytes, 20_000, |n| "A".repeat(n)),
            ("empty lines", Reads::Bytes, 20_000, |n| {
                "\r\n".repeat(n / 2)
            }),
            ("a value", Reads::Bytes, 20_000, |n| {
                head_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("lines", Reads::Bytes, 20_000, |n| {
                head_with("x: y\r\n".repeat(n / 6))
            }),
            ("lines that end with LF", Reads::Bytes, 20_000, |n| {
                head_with("x:\n".repeat(n / 3))
            }),
            ("trailers", Reads::Bytes, 20_000, |n| {
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
            ("a value", Reads::Whole, 800_000, |n| {
                head_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("empty lines", Reads::Whole, 800_000, |n| {
                "\r\n".repeat(n / 2)
            }),
            ("lines of one name", Reads::Whole, 10_000, |n| {
                head_with("x: y\r\n".repeat(n))
            }),
            ("lines of a name each", Reads::Whole, 6000, |n| {
                head_with((0..n).map(|nth| format!("x{nth}: y\r\n")).collect())
            }),
            ("lengths", Reads::Whole, 10_000, |n| {
                head_with("content-length: 0\r\n".repeat(n))
            }),
            ("codings", Reads::Whole, 10_000, |n| {
                let lines = "transfer-encoding: chunked\r\n".repeat(n);
                head_with(lines) + "0\r\n\r\n"
            }),
            ("codings on a line", Reads::Whole, 150_000, |n| {
                head_with(format!("transfer-encoding: {}chunked\r\n", "a,".repeat(n))) + "0\r\n\r\n"
            }),
            ("connection lines", Reads::Whole, 10_000, |n| {
                head_with("connection: a, keep-alive\r\n".repeat(n))
            }),
            ("connection options", Reads::Whole, 150_000, |n| {
                head_with(format!("connection: {}\r\n", "a,".repeat(n)))
            }),
            ("te lines", Reads::Whole, 10_000, |n| {
                head_with("te: a, b\r\n".repeat(n))
            }),
            ("expectations", Reads::Whole, 10_000, |n| {
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
            ("chunks of a byte", Reads::Whole, 10_000, |n| {
                format!("{POST}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("chunks of a byte, byte by byte", Reads::Bytes, 2000, |n| {
                format!("{POST}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("a body", Reads::Whole, 8_000_000, |n| {
                format!(
                    "POST / HTTP/1.1\r\ncontent-length: {n}\r\n\r\n{}",
                    "a".repeat(n)
                )
            }),
            ("trailers", Reads::Whole, 10_000, |n| {
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
            ("a value, byte by byte", Reads::Bytes, 20_000, |n| {
                response_with(format!("x: {}\r\n", "a".repeat(n)))
            }),
            ("a phrase, byte by byte", Reads::Bytes, 20_000, |n| {
                format!("HTTP/1.1 204 {}\r\n\r\n", "a".repeat(n))
            }),
            ("informational responses", Reads::Whole, 6000, |n| {
                "HTTP/1.1 102 \r\n\r\n".repeat(n)
            }),
            (
                "informational responses, byte by byte",
                Reads::Bytes,
                1000,
                |n| "HTTP/1.1 102 \r\n\r\n".repeat(n),
            ),
            ("folds", Reads::Whole, 20_000, |n| {
                response_with(format!("x: y\r\n{}", " z\r\n".repeat(n)))
            }),
            ("folds, byte by byte", Reads::Bytes, 5000, |n| {
                response_with(format!("x: y\r\n{}", " z\r\n".repeat(n)))
            }),
            ("skipped lines", Reads::Whole, 20_000, |n| {
                response_with("no field\r\n".repeat(n))
            }),
            ("lengths on a line", Reads::Whole, 150_000, |n| {
                format!("{OK}content-length: {}0\r\n\r\n", "0,".repeat(n))
            }),
            ("codings on a line", Reads::Whole, 150_000, |n| {
                format!(
                    "{OK}transfer-encoding: {}chunked\r\n\r\n0\r\n\r\n",
                    "a,".repeat(n)
                )
            }),
            ("chunks of a byte", Reads::Whole, 10_000, |n| {
                format!("{CHUNKED}{}0\r\n\r\n", "1\r\na\r\n".repeat(n))
            }),
            ("trailers", Reads::Whole, 10_000, |n| {
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
