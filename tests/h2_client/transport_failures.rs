//! Contract 2.3-7, 2.4-6, 6.3-9, 6.3-10: transports that fail or end.

use std::error::Error;
use std::io::{self, ErrorKind};

use http_body_util::BodyExt;

use crate::client::{failure, get, kind, link, response};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// The transport's error that stands directly below `error`.
fn io_cause(error: &hyper::Error) -> &io::Error {
    let cause = error.source().expect("the error has a cause");
    cause
        .downcast_ref()
        .unwrap_or_else(|| panic!("an I/O error, not {cause:?}"))
}

fn assert_io(error: &hyper::Error, expected: ErrorKind) {
    assert_eq!(kind(error), "Io");
    assert_eq!(error.to_string(), "connection error");
    assert_eq!(io_cause(error).kind(), expected);
    assert!(!error.is_timeout() && !error.is_user() && !error.is_canceled());
}

// Contract 2.3-7, 2.4-6, 6.3-10: the connection reports the transport's error itself.
#[tokio::test(start_paused = true)]
async fn a_failed_read_fails_requests_and_connection_with_the_transports_error() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    assert_io(&failure(answer).await, ErrorKind::ConnectionReset);
    let ended = link.hyper.ended().await;
    assert_io(&ended.expect_err("broken"), ErrorKind::ConnectionReset);
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Contract 2.4-6, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_failed_write_fails_requests_and_connection_with_the_transports_error() {
    let mut link = link().await;
    let in_flight = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    link.to_peer.fail_writes(ErrorKind::ConnectionAborted);
    let unwritten = link.hyper.requests().send_request(get());
    assert_eq!(kind(&failure(in_flight).await), "Io");
    assert_eq!(kind(&failure(unwritten).await), "Io");
    let ended = link.hyper.ended().await;
    assert_io(&ended.expect_err("broken"), ErrorKind::ConnectionAborted);
}

// Contract 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_failed_read_fails_an_idle_connection() {
    let mut link = link().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    let ended = link.hyper.ended().await;
    assert_io(&ended.expect_err("broken"), ErrorKind::ConnectionReset);
    assert!(link.hyper.requests().is_closed());
}

// Contract 2.4-9, 7.1-3: the body's reader is told, too.
#[tokio::test(start_paused = true)]
async fn a_failed_read_fails_the_body_after_what_had_arrived() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.send_data(stream, "arrived").await;
    run_until_idle().await;
    link.to_hyper.fail_reads(ErrorKind::ConnectionReset);
    run_until_idle().await;
    let frame = response.frame().await.expect("data").expect("no error");
    assert_eq!(frame.into_data().expect("data"), "arrived");
    let frame = expect_soon("the end of the body", response.frame()).await;
    let failed = frame.expect("not a clean end").expect_err("not data");
    assert_eq!(kind(&failed), "Body");
    let cause = failed.source().expect("a cause");
    let cause: &h2::Error = cause.downcast_ref().expect("an h2 error");
    let io = cause.get_io().expect("of the transport");
    assert_eq!(io.kind(), ErrorKind::ConnectionReset);
}

// Contract 6.3-9, 6.3-10.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_transport_fails_a_request_in_flight() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    link.peer.eof().await;
    assert_io(&failure(answer).await, ErrorKind::BrokenPipe);
}

// Contract 6.3-9, 2.4-9.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_transport_fails_a_body_in_flight() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.eof().await;
    let frame = expect_soon("the end of the body", response.frame()).await;
    let failed = frame.expect("not a clean end").expect_err("not data");
    assert_eq!(kind(&failed), "Body");
}

// Contract 6.3-9, 2.4-19: a peer that does not speak HTTP/2.
#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_in_another_protocol_fails_the_connection() {
    use tokio::io::AsyncWriteExt;
    let (mut client, mut far) = crate::client::unanswered(|_| {}).await;
    let answer = client.requests.send_request(get());
    let connection = tokio::spawn(client.connection);
    far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .expect("there is room");
    let ended = expect_soon("the end of the connection", connection).await;
    let failed = ended.expect("no panic").expect_err("not HTTP/2");
    assert_eq!(kind(&failed), "Http2");
    failure(answer).await;
}
