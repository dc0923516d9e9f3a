//! Contract 6.2-9, 2.4-6, 2.3-7, 2.4-19: how connections end that nobody asked to.

use std::error::Error;
use std::io::{self, ErrorKind};

use h2::Reason;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{kind, reason, text};
use crate::server::{server, Call, Hyper};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{setting, PREFACE};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

fn unspoken() -> (Hyper, WireEnd) {
    let (client, near) = wire();
    (Hyper::serve(near, &Options::new()), client)
}

/// The `io::Error` directly below `error`.
fn io_cause(error: &hyper::Error) -> ErrorKind {
    assert_eq!(kind(error), "Io");
    assert_eq!(error.to_string(), "connection error");
    let cause = error.source().expect("the error has a cause");
    cause
        .downcast_ref::<io::Error>()
        .expect("an I/O error")
        .kind()
}

async fn assert_body_fails(call: &mut Call) {
    let frame = expect_soon("the failure", call.request.body_mut().frame()).await;
    frame.expect("not a clean end").expect_err("not a frame");
}

// Contract 6.2-9.
#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_while_idle_is_a_clean_end() {
    let mut server = server().await;
    server.peer.eof().await;
    server.hyper.ended().await.expect("a clean end");
    assert!(server.to_peer.is_ended());
}

// Contract 6.2-9: after any number of requests.
#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_after_its_requests_is_a_clean_end() {
    let mut server = server().await;
    for stream in [1, 3, 5] {
        server.assert_usable(stream).await;
    }
    server.peer.eof().await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 6.2-9: the kind of the I/O error is not promised.
#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_before_its_preface_is_an_io_error() {
    for sent in [0, 1, PREFACE.len() - 1] {
        let (mut hyper, mut client) = unspoken();
        client.write_all(&PREFACE[..sent]).await.expect("taken");
        client.shutdown().await.expect("taken");
        let error = hyper.ended().await.expect_err("no preface came");
        io_cause(&error);
        assert!(!error.is_timeout() && !error.is_canceled() && !error.is_incomplete_message());
    }
}

// Contract 6.2-9.
#[tokio::test(start_paused = true)]
async fn bytes_that_are_not_http2_are_a_protocol_error() {
    let (mut hyper, mut client) = unspoken();
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: server.example\r\n\r\n")
        .await
        .expect("taken");
    let error = hyper.ended().await.expect_err("not HTTP/2");
    assert_eq!(kind(&error), "Http2");
    assert_eq!(reason(&error), Some(Reason::PROTOCOL_ERROR));
    assert!(!error.is_parse() && !error.is_user());
    let mut said = Vec::new();
    client.read_to_end(&mut said).await.expect("closed");
}

// Contract 6.2-1: nothing is done before the first poll, and a peer that says nothing is waited for.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_waited_for() {
    let (hyper, _client) = unspoken();
    run_until_idle().await;
    let polls = hyper.executor.polls();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(!hyper.has_ended());
    assert_eq!(hyper.executor.polls(), polls);
}

// Contract 2.4-6, 2.3-7.
#[tokio::test(start_paused = true)]
async fn a_failed_read_is_an_io_error_with_its_cause() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    let error = server.hyper.ended().await.expect_err("a broken transport");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionReset);
    assert_body_fails(&mut call).await;
    call.answer.abandoned().await;
}

// Contract 2.4-6, 2.3-7.
#[tokio::test(start_paused = true)]
async fn a_failed_write_is_an_io_error_with_its_cause() {
    let mut server = server().await;
    let call = server.get(1).await;
    server.to_peer.fail_writes(ErrorKind::ConnectionAborted);
    call.respond(text("answer"));
    let error = server.hyper.ended().await.expect_err("a broken transport");
    assert_eq!(io_cause(&error), ErrorKind::ConnectionAborted);
}

// Contract 2.3-2.
#[tokio::test(start_paused = true)]
async fn a_transport_that_times_out_is_not_a_keep_alive_timeout() {
    let mut server = server().await;
    server.to_hyper.fail_reads(ErrorKind::TimedOut);
    let error = server.hyper.ended().await.expect_err("a broken transport");
    assert_eq!(io_cause(&error), ErrorKind::TimedOut);
    assert!(!error.is_timeout());
}

// Contract 6.2-6, 6.2-9, 7.1-6: an upload cut off is not a whole one.
#[tokio::test(start_paused = true)]
async fn a_request_body_cut_off_by_the_end_of_the_transport_fails() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_data(1, "half").await;
    server.peer.eof().await;
    let frame = expect_soon("data", call.request.body_mut().frame()).await;
    let data = frame.expect("a frame").expect("no error").into_data();
    assert_eq!(data.expect("data"), "half");
    assert_body_fails(&mut call).await;
    call.answer.abandoned().await;
}

// Contract 6.2-6, 7.1-6: even by a peer that says goodbye first.
#[tokio::test(start_paused = true)]
async fn a_request_body_cut_off_after_a_goaway_fails() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.goaway(0, Reason::NO_ERROR).await;
    run_until_idle().await;
    server.peer.eof().await;
    assert_body_fails(&mut call).await;
}

// Contract 6.2-9: a goodbye lets open streams finish.
#[tokio::test(start_paused = true)]
async fn a_goaway_of_the_peers_lets_open_streams_finish() {
    let mut server = server().await;
    let call = server.get(1).await;
    server.peer.goaway(0, Reason::NO_ERROR).await;
    run_until_idle().await;
    call.respond(text("answer"));
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert_eq!(server.peer.read_to_end(1).await, "answer");
    server.peer.eof().await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 2.4-19.
#[tokio::test(start_paused = true)]
async fn a_goaway_with_an_error_is_the_connections_result() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.goaway(0, Reason::ENHANCE_YOUR_CALM).await;
    server.peer.eof().await;
    let error = server.hyper.ended().await.expect_err("an unhappy peer");
    assert_eq!(kind(&error), "Http2");
    assert_eq!(reason(&error), Some(Reason::ENHANCE_YOUR_CALM));
    assert_body_fails(&mut call).await;
}

// Contract 2.4-19 (RFC 9113, section 6.5.2).
#[tokio::test(start_paused = true)]
async fn settings_out_of_range_end_the_connection() {
    for (entry, code) in [
        ((setting::ENABLE_PUSH, 2), Reason::PROTOCOL_ERROR),
        (
            (setting::INITIAL_WINDOW_SIZE, 1 << 31),
            Reason::FLOW_CONTROL_ERROR,
        ),
        ((setting::MAX_FRAME_SIZE, 16_383), Reason::PROTOCOL_ERROR),
    ] {
        let mut server = server().await;
        server.peer.settings(&[entry]).await;
        let goaway = server.peer.expect_goaway().await.1;
        assert!(
            goaway == code || goaway == Reason::PROTOCOL_ERROR,
            "{entry:?}: {goaway:?}"
        );
        let error = server.hyper.ended().await.expect_err("a broken peer");
        assert_eq!(kind(&error), "Http2");
        assert_eq!(reason(&error), Some(goaway));
    }
}
