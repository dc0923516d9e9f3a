//! What nobody writes down and somebody relies on: found by running this crate beside hyper 1.12.0 (`tests/parity`), and
//! the same in both.

use std::time::Duration;

use http_body_util::BodyExt;

use crate::messages::{assert_bad_request, cause_text, converse, empty, kind, LAST_OK, OK};
use crate::support::bodies::{test_body, Frames};
use crate::support::responses::{with_body, with_field, with_status};
use crate::support::scripted_h1::{Delivery, HeldServer, Server};
use crate::support::tokio_rt::TokioTimer;
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

// Contract 4.3-1: what comes of such a line at the next hop, nobody knows.
#[tokio::test(start_paused = true)]
async fn a_transfer_encoding_with_bytes_beyond_ascii_is_refused() {
    for value in [&b"\xe9, chunked"[..], b"chunked\xe9"] {
        let request = [
            b"POST / HTTP/1.1\r\ntransfer-encoding: ",
            value,
            b"\r\n\r\n0\r\n\r\n",
        ];
        assert_bad_request(request.concat(), "Parse(Header(TransferEncodingInvalid))").await;
    }
}

// Contract 4.5-1.
#[tokio::test(start_paused = true)]
async fn a_connection_line_with_bytes_beyond_ascii_says_nothing() {
    let request = b"GET / HTTP/1.1\r\nconnection: \xe9, close\r\n\r\n";
    let conversation = converse(
        |_| {},
        Delivery::Whole,
        [&request[..], GET.as_bytes()].concat(),
    );
    assert_eq!(conversation.await.replies, OK.repeat(2));
}

// Contract 4.3-2.
#[tokio::test(start_paused = true)]
async fn a_length_that_gives_way_to_chunks_leaves_the_order_of_the_others() {
    let request = "POST / HTTP/1.1\r\ncontent-length: 3\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let conversation = converse(|_| {}, Delivery::Whole, request).await;
    let fields = conversation.requests[0].fields();
    assert_eq!(fields, ["host: a", "transfer-encoding: chunked"]);
}

// Contract 4.2-4, 2.4-21: whoever has the transport can serve this peer yet.
#[tokio::test(start_paused = true)]
async fn the_preface_of_http2_ends_the_connection_and_leaves_the_transport_open() {
    let mut server = Server::start();
    server.peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let error = server.hyper.ended().await.expect_err("another protocol");
    assert!(error.is_parse_version_h2());
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// Contract 4.8-11.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_parsed_is_left_for_whoever_takes_the_connection_apart() {
    for head in ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/3.0\r\n\r\n"] {
        let mut held = HeldServer::new(|_| {});
        held.peer.send(head).await;
        let ended = {
            let connection = &mut held.connection;
            let polling = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx));
            expect_soon("the end", polling).await
        };
        assert!(ended.expect_err("no head").is_parse());
        assert_eq!(held.connection.into_parts().read_buf, head);
    }
}

// Contract 2.4-21: the answer was the last word, and it did not get there.
#[tokio::test(start_paused = true)]
async fn a_rejection_that_cannot_be_sent_is_a_failed_write() {
    let mut server = Server::start();
    let reset = std::io::ErrorKind::ConnectionReset;
    server.peer.from_hyper().fail_writes(reset);
    server.peer.send("GET\r\n\r\n").await;
    let error = server.hyper.ended().await.expect_err("a failure");
    assert_eq!(kind(&error), "BodyWrite");
}

// Contract 2.4-15.
#[tokio::test(start_paused = true)]
async fn the_500_in_place_of_a_1xx_is_of_http_1_1_also_to_a_client_of_1_0() {
    let mut server = Server::start();
    let answer = server.answer("GET / HTTP/1.0\r\n\r\n", with_status(103, empty()));
    let answer = answer.await;
    assert!(
        answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
        "{answer}"
    );
}

// Contract 2.4-14.
#[tokio::test(start_paused = true)]
async fn both_framing_fields_are_refused_also_where_neither_would_be_written() {
    for (request, status) in [
        ("HEAD / HTTP/1.1\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\n\r\n", 200),
        (GET, 304),
    ] {
        let mut server = Server::start();
        let response = with_field(with_status(status, empty()), "content-length", "2");
        let response = with_field(response, "transfer-encoding", "chunked");
        assert_eq!(server.answer(request, response).await, "");
        let error = server.hyper.ended().await.expect_err("refused");
        assert_eq!(kind(&error), "User(UnexpectedHeader)");
    }
}

// Contract 4.7-2.
#[tokio::test(start_paused = true)]
async fn the_length_of_an_empty_body_stands_behind_the_connection_line() {
    let mut server = Server::start();
    let response = with_field(empty(), "content-length", "0");
    let request = "GET / HTTP/1.1\r\nconnection: close\r\n\r\n";
    assert_eq!(server.answer(request, response).await, LAST_OK);
}

// Contract 4.7-7: where there are several that say the same.
#[tokio::test(start_paused = true)]
async fn a_repeated_length_is_written_once_where_the_first_stood() {
    let mut server = Server::start();
    let mut response = with_body(test_body(Frames::of([bytes::Bytes::from_static(b"hello")])));
    for (name, value) in [
        ("content-length", "5"),
        ("x-a", "1"),
        ("content-length", "5"),
    ] {
        let value = value.parse().expect("a value");
        response.headers_mut().append(name, value);
    }
    let answer = server.answer(GET, response).await;
    let start = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: 1\r\ndate: ";
    assert!(answer.starts_with(start), "{answer}");
}

// Contract 7.1-5.
#[tokio::test(start_paused = true)]
async fn what_has_come_of_a_body_is_there_before_the_service_is_asked_again() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\na")
        .await;
    server.hyper.abort();
    run_until_idle().await;
    let body = call.request.into_body().collect().await;
    assert_eq!(body.expect("all of it").to_bytes(), "a");
}

// Contract 4.8-4: what was answered before is on its way yet.
#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_for_the_transport_survives_the_end_of_a_partial_head() {
    let mut server = Server::start();
    server.peer.from_hyper().set_buffer(1);
    server.peer.from_hyper().stop_reading();
    server.request(GET).await.respond(empty());
    run_until_idle().await;
    server.peer.send("GET").await;
    server.peer.eof().await;
    run_until_idle().await;
    server.peer.from_hyper().resume();
    server.peer.expect_last_text(OK).await;
    let error = server.hyper.ended().await.expect_err("half a head");
    assert!(error.is_incomplete_message());
}

// Contract 4.8-7: who has not got the last answer yet need not send the next request.
#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_for_the_transport_outlives_the_time_for_a_head() {
    let limit = Duration::from_secs(5);
    let mut server = Server::tuned(|builder| {
        builder.timer(TokioTimer).header_read_timeout(limit);
    });
    server.peer.from_hyper().set_buffer(1);
    server.peer.from_hyper().stop_reading();
    server.request(GET).await.respond(empty());
    tokio::time::sleep(limit * 2).await;
    assert!(!server.hyper.has_ended());
    server.peer.from_hyper().resume();
    server.peer.expect_text(OK).await;
}

// Contract 4.4-3: whatever the lines are, and whether the section ever ends.
#[tokio::test(start_paused = true)]
async fn a_line_of_trailers_too_many_fails_the_body_when_it_ends() {
    let mut server = Server::tuned(|builder| {
        builder.max_headers(2);
    });
    let request = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: 1\r\n?\r\n";
    let mut call = server.request(request).await;
    let mut section = call.request.body_mut().frame();
    assert!(settle(&mut section).await.is_pending(), "two are two");
    server.peer.send("c: 3\r\n").await;
    let frame = expect_soon("the failure", call.request.body_mut().frame()).await;
    let error = frame.expect("a frame").expect_err("too many");
    assert_eq!(cause_text(&error), "chunk trailers count overflow");
}
