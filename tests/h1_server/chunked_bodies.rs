//! Contract 4.4, 4.3-3: received bodies in the chunked coding, and bodies of known length that are cut short.

use std::io::ErrorKind;

use crate::messages::{cause_text, converse, empty, io_cause, kind, Reading, LAST_OK, OK};
use crate::support::chunked_bodies::{cases, Case, Outcome};
use crate::support::scripted_h1::{Delivery, Server, ServerBuilder};
use crate::support::virtual_timer::run_until_idle;

const HEAD: &str = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

async fn play(tune: fn(&mut ServerBuilder), how: Delivery, case: &Case) {
    let mut server = Server::tuned(tune);
    let call = server.request(HEAD).await;
    let reading = Reading::start(call.request.into_body());
    let complete = case.play(how, &mut server.peer, reading).await;
    call.answer.respond(empty());
    if complete {
        // Contract 4.4-3: the connection lives on.
        server.peer.expect_text(OK).await;
        server.assert_usable().await;
    } else {
        // Contract 4.4-6: the service may still answer; then the connection ends.
        let said = server.peer.settled_text().await;
        assert!(said == LAST_OK || said == OK, "{said}");
        assert!(server.peer.has_ended());
        server
            .hyper
            .ended()
            .await
            .expect("no failure of the connection's");
    }
}

// Contract 4.4-1, 4.4-2, 4.4-3, 4.4-5, 4.4-6; 4.4-4 for trailers that are no framing.
#[tokio::test(start_paused = true)]
async fn every_chunked_body_comes_to_its_end_good_or_bad() {
    for case in cases() {
        play(|_| {}, Delivery::Whole, &case).await;
    }
}

// The same, byte by byte.
#[tokio::test(start_paused = true)]
async fn every_chunked_body_comes_to_its_end_when_dripped() {
    for case in cases() {
        play(|_| {}, Delivery::Dripped, &case).await;
    }
}

// Contract 4.4: wherever a read ends.
#[tokio::test(start_paused = true)]
async fn a_chunked_body_may_be_cut_anywhere() {
    let wire = "5;x=y\r\nhello\r\nB\r\n, world\r\n\r\n\r\n0\r\nx: y\r\nz: w\r\n\r\n";
    let case = Case {
        wire: wire.into(),
        outcome: Outcome::Complete(
            "hello, world\r\n\r\n".into(),
            vec!["x: y".into(), "z: w".into()],
        ),
    };
    for how in Delivery::all(wire.len()) {
        play(|_| {}, how, &case).await;
    }
}

// Contract 4.4-5.
#[tokio::test(start_paused = true)]
async fn a_chunk_size_beyond_64_bits_says_so() {
    let mut server = Server::start();
    let call = server.request(HEAD).await;
    server.peer.send("10000000000000000\r\n").await;
    let error = Reading::of(call.request.into_body()).await.failure();
    assert_eq!(error.to_string(), "error reading a body from connection");
    assert_eq!(cause_text(&error), "invalid chunk size: overflow");
}

// Contract 3.1-5: the limit on fields is one on trailers too.
#[tokio::test(start_paused = true)]
async fn max_headers_caps_trailers() {
    fn two(builder: &mut ServerBuilder) {
        builder.max_headers(2);
    }
    let body = |trailers: &str, outcome| Case {
        wire: format!("0\r\n{trailers}\r\n"),
        outcome,
    };
    let fields = vec!["a: 1".into(), "b: 2".into()];
    let fits = body("a: 1\r\nb: 2\r\n", Outcome::Complete("".into(), fields));
    let too_many = body("a: 1\r\nb: 2\r\nc: 3\r\n", Outcome::Malformed("".into()));
    for how in Delivery::EXTREMES {
        play(two, how, &fits).await;
        play(two, how, &too_many).await;
    }
}

// Contract 3.1-6: it takes the place of the limit on the size of trailers.
#[tokio::test(start_paused = true)]
async fn max_header_size_caps_trailers() {
    fn limited(builder: &mut ServerBuilder) {
        builder.max_header_size(100);
    }
    fn generous(builder: &mut ServerBuilder) {
        builder.max_header_size(40_000);
    }
    let body = |value: &str, fits: bool| Case {
        wire: format!("0\r\nx: {value}\r\n\r\n"),
        outcome: match fits {
            true => Outcome::Complete("".into(), vec![format!("x: {value}")]),
            false => Outcome::Malformed("".into()),
        },
    };
    for how in Delivery::EXTREMES {
        play(limited, how, &body(&"v".repeat(92), true)).await;
        play(limited, how, &body(&"v".repeat(93), false)).await;
        play(generous, how, &body(&"v".repeat(30_000), true)).await;
    }
}

// Contract 4.4-5, 4.8-4.
#[tokio::test(start_paused = true)]
async fn a_sized_body_that_ends_early_fails() {
    for how in Delivery::EXTREMES {
        let mut server = Server::start();
        let call = server
            .request("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n")
            .await;
        let reading = Reading::start(call.request.into_body());
        server.peer.deliver(how, "abc").await;
        assert!(!reading.is_finished());
        server.peer.eof().await;
        let reading = reading.finish().await;
        assert_eq!(reading.text(), "abc");
        let error = reading.failure();
        assert_eq!(kind(&error), "Body");
        assert_eq!(io_cause(&error), ErrorKind::UnexpectedEof);
        assert_eq!(
            cause_text(&error),
            "end of file before message length reached"
        );
        call.answer.respond(empty());
        let said = server.peer.settled_text().await;
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        server
            .hyper
            .ended()
            .await
            .expect("no failure of the connection's");
    }
}

// Contract 4.4-6: what comes after a body that cannot be read is not taken for a request.
#[tokio::test(start_paused = true)]
async fn nothing_is_read_after_a_malformed_body() {
    for how in Delivery::EXTREMES {
        let input = format!("{HEAD}3\r\nabcX\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
        let conversation = converse(|_| {}, how, input).await;
        assert_eq!(conversation.requests.len(), 1);
        let (error, data) = conversation.requests[0]
            .body
            .clone()
            .expect_err("a failure");
        assert_eq!((&*error, &*data), ("Body", "abc"));
        conversation.ended.expect("no failure of the connection's");
    }
}

// Contract 4.4-5, 2.4-9: a transport that breaks inside the body.
#[tokio::test(start_paused = true)]
async fn a_read_error_inside_a_body_is_the_bodys_error() {
    for head in [HEAD, "POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n"] {
        let mut server = Server::start();
        let call = server.request(head).await;
        let reading = Reading::start(call.request.into_body());
        run_until_idle().await;
        server
            .peer
            .to_hyper()
            .fail_reads(ErrorKind::ConnectionReset);
        let error = reading.finish().await.failure();
        assert_eq!(kind(&error), "Body");
        assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
    }
}
