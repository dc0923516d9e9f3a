//! Contract 4.8-3, 4.8-4, 3.1-1, 2.4-2, 2.4-6, 2.4-7, 2.4-8, 2.4-21, 7.1-6: peers and transports that go away.

use std::io::ErrorKind;

use http_body_util::BodyExt;

use crate::messages::{empty, io_cause, kind, text, with_body, Reading, LAST_OK};
use crate::support::bodies::channel;
use crate::support::reading::{next_data, next_frame};
use crate::support::scripted_h1::{Delivery, HeldServer, HyperIo, Server};
use crate::support::virtual_timer::{run_until_idle, settle};

const GET: &str = "GET / HTTP/1.1\r\n\r\n";

// Contract 4.8-3, 2.4-2.
#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_cancels_its_request() {
    for input in [GET, "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"] {
        let mut server = Server::start();
        let mut call = server.request(input).await;
        if input != GET {
            assert_eq!(call.read().await, "abc");
        }
        run_until_idle().await;
        assert!(!call.answer.is_abandoned());
        server.peer.eof().await;
        call.answer.abandoned().await;
        let error = server
            .hyper
            .ended()
            .await
            .expect_err("the request was lost");
        assert_eq!(kind(&error), "IncompleteMessage");
        server.peer.expect_eof().await;
    }
}

// Contract 4.8-3: a broken transport likewise.
#[tokio::test(start_paused = true)]
async fn a_reset_cancels_the_request() {
    let mut server = Server::start();
    let mut call = server.request(GET).await;
    run_until_idle().await;
    server.peer.reset();
    call.answer.abandoned().await;
    server
        .hyper
        .ended()
        .await
        .expect_err("the request was lost");
}

// Contract 4.8-3, 3.1-1.
#[tokio::test(start_paused = true)]
async fn half_close_lets_the_answer_out() {
    let mut server = Server::tuned(|builder| {
        builder.half_close(true);
    });
    let call = server.request(GET).await;
    server.peer.eof().await;
    run_until_idle().await;
    assert!(!call.answer.is_abandoned());
    call.respond(text("hello"));
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("hello"), "{said}");
    server.hyper.ended().await.expect("a clean end");
    assert!(server.peer.has_ended());
}

// Contract 4.8-3: while the answer is still streaming, too.
#[tokio::test(start_paused = true)]
async fn half_close_lets_a_streaming_body_out() {
    let mut server = Server::tuned(|builder| {
        builder.half_close(true);
    });
    let (frames, body) = channel();
    server.request(GET).await.respond(with_body(body));
    server.peer.eof().await;
    run_until_idle().await;
    frames.send_data("late");
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("4\r\nlate\r\n"), "{said}");
    drop(frames);
    server.peer.expect_last_text("0\r\n\r\n").await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-9: with nothing to read and nothing to write, nothing runs.
#[tokio::test(start_paused = true)]
async fn a_half_closed_connection_does_not_spin() {
    let mut server = Server::tuned(|builder| {
        builder.half_close(true);
    });
    let call = server.request(GET).await;
    server.peer.eof().await;
    run_until_idle().await;
    let polls = server.hyper.polls();
    for _ in 0..100 {
        run_until_idle().await;
    }
    assert_eq!(server.hyper.polls(), polls);
    call.respond(empty());
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.8-3: a pipelined request that was read already keeps the connection from looking.
#[tokio::test(start_paused = true)]
async fn a_peer_that_pipelined_and_left_gets_its_answers() {
    let mut server = Server::start();
    let first = server.request(GET.repeat(2)).await;
    server.peer.eof().await;
    run_until_idle().await;
    assert!(!first.answer.is_abandoned());
    first.respond(text("first"));
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("first"), "{said}");
}

// Contract 4.8-3: nobody is left to write a body for.
#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_while_the_body_streams_stops_the_body() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.request(GET).await.respond(with_body(body));
    frames.send_data("one");
    let said = server.peer.settled_text().await;
    assert!(said.ends_with("3\r\none\r\n"), "{said}");
    server.peer.eof().await;
    run_until_idle().await;
    assert!(frames.is_closed());
    let error = server
        .hyper
        .ended()
        .await
        .expect_err("the response was lost");
    assert_eq!(kind(&error), "IncompleteMessage");
    server.peer.expect_eof().await;
}

// Contract 4.8-4, 2.4-9: only the body knows; the service goes on.
#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_inside_a_body_still_gets_an_answer() {
    for head in [
        "POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\na\r\n",
    ] {
        let mut server = Server::start();
        let call = server.request(head).await;
        let reading = Reading::start(call.request.into_body());
        server.peer.deliver(Delivery::Whole, "abc").await;
        server.peer.eof().await;
        let reading = reading.finish().await;
        assert_eq!(reading.text(), "abc");
        assert_eq!(io_cause(&reading.failure()), ErrorKind::UnexpectedEof);
        assert!(!call.answer.is_abandoned());
        call.answer.respond(text("I saw"));
        let said = server.peer.settled_text().await;
        assert!(said.ends_with("I saw"), "{said}");
        assert!(server.peer.has_ended());
        server
            .hyper
            .ended()
            .await
            .expect("no failure of the connection's");
    }
}

// Contract 7.1-6, 2.4-2.
#[tokio::test(start_paused = true)]
async fn a_body_whose_connection_is_dropped_does_not_end_cleanly() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc")
        .await;
    let mut body = call.request.into_body();
    assert_eq!(next_data(&mut body).await, "abc");
    assert!(settle(&mut body.frame()).await.is_pending());
    server.hyper.abort();
    let next = next_frame(&mut body).await.expect("not the end");
    let error = next.expect_err("a failure");
    assert_eq!(kind(&error), "IncompleteMessage");
    assert!(next_frame(&mut body).await.is_none());
}

// Contract 2.4-7.
#[tokio::test(start_paused = true)]
async fn a_write_that_fails_is_the_connections_error() {
    let mut server = Server::start();
    let call = server.request(GET).await;
    run_until_idle().await;
    server.peer.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    call.respond(empty());
    let error = server
        .hyper
        .ended()
        .await
        .expect_err("the transport's error");
    assert_eq!(kind(&error), "BodyWrite");
    assert_eq!(error.to_string(), "error writing a body to connection");
    assert_eq!(io_cause(&error), ErrorKind::BrokenPipe);
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// Contract 2.4-8, 2.2.
#[tokio::test(start_paused = true)]
async fn a_shutdown_that_fails_is_the_connections_error() {
    let transport = |io: HyperIo| io.failing_shutdown(ErrorKind::NotConnected);
    let mut server = HeldServer::on(transport, |_| {}).drive();
    server
        .request("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await
        .respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    let error = server
        .hyper
        .ended()
        .await
        .expect_err("the transport's error");
    assert_eq!(kind(&error), "Shutdown");
    assert!(error.is_shutdown());
    assert_eq!(error.to_string(), "error shutting down connection");
    assert_eq!(io_cause(&error), ErrorKind::NotConnected);
}

// Contract 2.4-6: an idle connection whose transport breaks has lost nothing.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_that_is_reset_ends_in_peace() {
    let mut server = Server::start();
    server.assert_usable().await;
    server
        .peer
        .to_hyper()
        .fail_reads(ErrorKind::ConnectionReset);
    server.hyper.ended().await.expect("a clean end");
}
