//! Messages without end: when they are given up, with what reply, how much of them is read and how much is held at most.
//! hyper's limits are its defaults here (contract 3.1-5, 3.1-10, 4.1-8, 4.4-2, 4.4-3).

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::support::bodies::{empty_body, TestBody};
use crate::support::conversation::{refusal, BAD_REQUEST, LAST_OK, TOO_LARGE};
use crate::support::errors::kind;
use crate::support::gate::wire;
use crate::support::heap::mark;
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery, HeldClient, Peer, Server, ServerBuilder};
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::run_until_idle;

/// hyper's default for `max_buf_size`, in bytes.
const MAX_BUF: u64 = 8192 + 4096 * 100;
/// What is read at once at first, in bytes.
const FIRST_READ: u64 = 8192;
/// Most that is read before a refusal has left, in bytes: the head, and what is discarded behind it, so that the reply is
/// not lost to a reset (RFC 9112, section 9.6).
const REFUSED: u64 = FIRST_READ + MAX_BUF;
/// What there is of each flood, in bytes.
const FLOOD: usize = 1 << 20;

/// Most heap for a head that is given up when the read buffer is full, in bytes: that buffer, which doubled until then, and
/// its half from before.
const HEAD: usize = 3 * MAX_BUF as usize;
/// Most heap for anything that is given up sooner, or never buffered, in bytes: a few reads, and the exchange.
const LITTLE: usize = 64 << 10;
/// Most heap for a body that is read as it comes, in bytes: reads grow while the socket keeps up with them.
const BODY: usize = 3 * MAX_BUF as usize;

/// A beginning, what follows without end, how much of it is read at most, and what heap that takes at most.
struct Flood {
    start: &'static str,
    unit: &'static str,
    most_read: u64,
    most_heap: usize,
}

const fn flood(start: &'static str, unit: &'static str, most_read: u64, most_heap: usize) -> Flood {
    Flood {
        start,
        unit,
        most_read,
        most_heap,
    }
}

const ENDLESS: u64 = u64::MAX;

/// Each with what is replied: a refusal, or nothing while there is no end in sight.
const HEADS: [(Flood, Option<&str>); 12] = [
    (flood("", "a", REFUSED, HEAD), Some(TOO_LARGE)),
    (flood("", "GET", REFUSED, HEAD), Some(TOO_LARGE)),
    (flood("GET /", "a", REFUSED, HEAD), Some(TOO_LARGE)),
    (
        flood("GET / HTTP/1.1\r\n", "a", REFUSED, HEAD),
        Some(TOO_LARGE),
    ),
    (
        flood("GET / HTTP/1.1\r\nx:", " ", REFUSED, HEAD),
        Some(TOO_LARGE),
    ),
    (
        flood("GET / HTTP/1.1\r\nx: ", "a", REFUSED, HEAD),
        Some(TOO_LARGE),
    ),
    (
        flood("GET / HTTP/1.1\r\n", "x: y\r\n", REFUSED, HEAD),
        Some(TOO_LARGE),
    ),
    (
        flood("GET / HTTP/1.1\r\n", "x:\n", REFUSED, HEAD),
        Some(TOO_LARGE),
    ),
    (flood("", "\0", REFUSED, HEAD), Some(BAD_REQUEST)),
    (
        flood("GET / HTTP/1.1\r\nx: y\r\n", " z\r\n", REFUSED, HEAD),
        Some(BAD_REQUEST),
    ),
    // Empty lines before a request are taken out as they come. They have the time a head has.
    (flood("", "\r\n", ENDLESS, HEAD), None),
    (flood("", "\n", ENDLESS, HEAD), None),
];

const POST: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
/// As much as chunk extensions and trailers may have, and what is read along with them.
const LIMITED: u64 = 16_384 + 32_768;

/// Bodies that are given up, and answered.
const BODIES: [(&str, &str); 9] = [
    ("3;", "e"),
    ("3;", "\r"),
    ("", "1;extension\r\na\r\n"),
    ("", "0"),
    ("", "00000000000000000000000000000001\r\na\r\n"),
    ("3", " "),
    ("", "1 \t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\r\na\r\n"),
    ("0\r\n", "x: y\r\n"),
    ("0\r\nx: ", "y"),
];

/// A wire on which the whole flood waits for hyper, which has the second end.
async fn flooded(start: &str, unit: &str) -> (Peer, crate::support::gate::WireEnd) {
    let (far, near) = wire();
    let mut peer = Peer::new(far);
    peer.to_hyper().set_buffer(usize::MAX);
    peer.send(start).await;
    peer.send(unit.repeat(FLOOD / unit.len())).await;
    (peer, near)
}

/// Reads and forgets what comes, then answers with nothing.
async fn swallow(mut request: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    while let Some(Ok(_)) = request.body_mut().frame().await {}
    Ok(Response::new(empty_body()))
}

/// Has a server take the flood; gives the peer, and the most heap that cost.
async fn serve(start: &str, unit: &str) -> (Peer, usize) {
    let (peer, near) = flooded(start, unit).await;
    let mark = mark();
    let connection = ServerBuilder::new().serve_connection(TokioIo::new(near), service_fn(swallow));
    tokio::spawn(connection);
    run_until_idle().await;
    (peer, mark.peak())
}

#[tokio::test(start_paused = true)]
async fn a_request_head_without_end_is_refused_at_its_limit() {
    for (flood, reply) in HEADS {
        let (mut peer, peak) = serve(flood.start, flood.unit).await;
        let read = peer.to_hyper().delivered();
        println!(
            "{:?} {:?}: {read} read, {peak} held",
            flood.start, flood.unit
        );
        match reply {
            Some(status) => peer.expect_last_text(&refusal(status)).await,
            None => peer.expect_nothing().await,
        }
        assert!(read <= flood.most_read, "{read} bytes read");
        assert!(peak <= flood.most_heap, "{peak} bytes held");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_body_that_never_gets_anywhere_is_given_up() {
    for (start, unit) in BODIES {
        let (mut peer, peak) = serve(&format!("{POST}{start}"), unit).await;
        let read = peer.to_hyper().delivered();
        println!("{start:?} {unit:?}: {read} read, {peak} held");
        peer.expect_last_text(LAST_OK).await;
        // What is discarded before the transport is dropped is counted, too: the read buffer's worth (RFC 9112, section 9.6).
        assert!(read <= MAX_BUF + LIMITED, "{read} bytes read");
        assert!(peak <= BODY, "{peak} bytes held");
    }
}

/// Bodies that go on, and so may last as long as their reader likes.
const GOING_ON: [(&str, &str); 3] = [
    (
        "POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        "a",
    ),
    (POST, "1\r\na\r\n"),
    (POST, "2000\r\n"),
];

#[tokio::test(start_paused = true)]
async fn a_request_body_without_end_costs_the_read_buffer() {
    for (start, unit) in GOING_ON {
        let (mut peer, peak) = serve(start, unit).await;
        let is_malformed = unit == "2000\r\n";
        println!("{start:?} {unit:?}: {peak} held");
        match is_malformed {
            true => peer.expect_last_text(LAST_OK).await,
            false => peer.expect_nothing().await,
        }
        assert!(peak <= BODY, "{peak} bytes held");
    }
}

/// What a response flood fails with: its request, or its body, or neither as long as it lasts.
enum Fails {
    Request(&'static str),
    Body,
    Nothing,
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_response_without_end_is_given_up_at_its_limit() {
    let too_large = || Fails::Request("Parse(TooLarge)");
    let heads = [
        // A status line is recognised by its first bytes.
        (flood("HTTP/1.1 200 ", "a", MAX_BUF, HEAD), too_large()),
        (
            flood("HTTP/1.1 200 OK\r\n", "a", MAX_BUF, HEAD),
            too_large(),
        ),
        (
            flood("HTTP/1.1 200 OK\r\nx: ", "a", MAX_BUF, HEAD),
            too_large(),
        ),
        (
            flood("HTTP/1.1 200 OK\r\n", "x: y\r\n", 2 * FIRST_READ, LITTLE),
            too_large(),
        ),
        (
            flood("HTTP/1.1 103 \r\n", "x: y\r\n", 2 * FIRST_READ, LITTLE),
            too_large(),
        ),
        (
            flood("", "a", FIRST_READ, LITTLE),
            Fails::Request("Parse(Version)"),
        ),
        (
            flood("HTTP/1.1 2", "0", FIRST_READ, LITTLE),
            Fails::Request("Parse(Status)"),
        ),
        (flood("", "\r\n", ENDLESS, HEAD), Fails::Nothing),
        (
            flood("", "HTTP/1.1 102 \r\n\r\n", ENDLESS, HEAD),
            Fails::Nothing,
        ),
        (
            flood("HTTP/1.1 200 OK\r\n\r\n", "a", ENDLESS, BODY),
            Fails::Nothing,
        ),
        (
            flood(
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
                "a",
                ENDLESS,
                BODY,
            ),
            Fails::Nothing,
        ),
        (flood(CHUNKED, "1\r\na\r\n", ENDLESS, BODY), Fails::Nothing),
    ];
    for (flood, fails) in heads {
        assert_given_up(flood.start, &flood, fails).await;
    }
    for (start, unit) in BODIES {
        let start = format!("{CHUNKED}{start}");
        let flood = flood("", unit, MAX_BUF + LIMITED, BODY);
        assert_given_up(&start, &flood, Fails::Body).await;
    }
}

async fn assert_given_up(start: &str, flood: &Flood, fails: Fails) {
    let mut held = HeldClient::new(|_| {});
    let answer = held.requests.send_request(Request::new(empty_body()));
    let connection = tokio::spawn(held.connection);
    held.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
    let to_hyper = held.peer.to_hyper();
    to_hyper.stop_reading();
    to_hyper.set_buffer(usize::MAX);
    held.peer.send(start).await;
    held.peer
        .send(flood.unit.repeat(FLOOD / flood.unit.len()))
        .await;
    let mark = mark();
    let answer = tokio::spawn(async {
        let mut body = answer.await.map_err(|error| kind(&error))?.into_body();
        while let Some(frame) = body.frame().await {
            if let Err(error) = frame {
                return Ok(Some(kind(&error)));
            }
        }
        Ok::<_, String>(None)
    });
    to_hyper.resume();
    run_until_idle().await;
    let (read, peak) = (to_hyper.delivered(), mark.peak());
    println!("{start:?} {:?}: {read} read, {peak} held", flood.unit);
    assert!(read <= flood.most_read, "{read} bytes read");
    assert!(peak <= flood.most_heap, "{peak} bytes held");
    match fails {
        Fails::Nothing => {
            assert!(!answer.is_finished() && !connection.is_finished());
            return;
        }
        Fails::Request(error) => {
            assert_eq!(answer.await.expect("no panic"), Err(error.to_owned()));
        }
        Fails::Body => {
            let outcome = answer.await.expect("no panic").expect("a response");
            assert_eq!(outcome.as_deref(), Some("Body"));
        }
    }
    held.peer.expect_eof().await;
    connection
        .await
        .expect("no panic")
        .expect("told to the request");
}

/// What holding a body may cost that came in pieces of a byte, for each of them, in bytes.
const PIECE: usize = 128;
const PIECES: usize = 4000;

// A piece is handed over without a copy where that is worth it. Of a body that is dripped it is not: a reader that gathers
// it would hold a whole read buffer for each byte, and a limit on the body's length would limit nothing.
#[tokio::test(start_paused = true)]
async fn a_request_body_that_drips_and_is_gathered_costs_what_it_is_long() {
    for (framing, unit) in [
        ("content-length: 4000", "x"),
        ("transfer-encoding: chunked", "1\r\nx\r\n"),
    ] {
        let mut server = Server::start();
        let mut call = server
            .request(format!("POST / HTTP/1.1\r\n{framing}\r\n\r\n"))
            .await;
        let mut pieces = Vec::with_capacity(PIECES);
        let mark = mark();
        for _ in 0..PIECES {
            server.peer.deliver(Delivery::Whole, unit).await;
            let frame = call.request.body_mut().frame().await.expect("a piece");
            pieces.push(frame.expect("no error").into_data().expect("data"));
        }
        let held = mark.grown();
        assert!(
            held <= (PIECES * PIECE) as isize,
            "{held} bytes for {PIECES}"
        );
        assert!(pieces.iter().all(|piece| piece == "x"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_drips_and_is_gathered_costs_what_it_is_long() {
    for (framing, unit) in [
        ("content-length: 4000", "x"),
        ("transfer-encoding: chunked", "1\r\nx\r\n"),
        ("connection: close", "x"),
    ] {
        let mut client = Client::start();
        let response = client
            .answer(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n"))
            .await;
        let mut body = response.expect("a response").into_body();
        let mut pieces = Vec::with_capacity(PIECES);
        let mark = mark();
        for _ in 0..PIECES {
            client.peer.deliver(Delivery::Whole, unit).await;
            let frame = body.frame().await.expect("a piece");
            pieces.push(frame.expect("no error").into_data().expect("data"));
        }
        let held = mark.grown();
        assert!(
            held <= (PIECES * PIECE) as isize,
            "{held} bytes for {PIECES}"
        );
        assert!(pieces.iter().all(|piece| piece == "x"));
    }
}

// Many pieces in one read share it, and cost no more than it.
#[tokio::test(start_paused = true)]
async fn a_body_of_many_small_chunks_that_is_gathered_costs_what_was_read() {
    let mut server = Server::start();
    let call = server.request(POST).await;
    let reading = Reading::start(call.request.into_body());
    let chunks = "1\r\nx\r\n".repeat(PIECES);
    let mark = mark();
    server.peer.deliver(Delivery::Whole, &chunks).await;
    server.peer.deliver(Delivery::Whole, "0\r\n\r\n").await;
    let peak = mark.peak();
    let reading = reading.finish().await;
    assert_eq!(reading.data.len(), PIECES);
    assert!(peak <= PIECES * PIECE, "{peak} bytes for {PIECES}");
}
