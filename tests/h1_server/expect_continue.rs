//! Contract 4.6: `Expect: 100-continue`.

use http_body_util::BodyExt;

use crate::messages::{empty, text, Reading, LAST_OK, OK};
use crate::support::reading::next_data;
use crate::support::scripted_h1::{Delivery, Server};
use crate::support::virtual_timer::{run_until_idle, settle};

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

fn head(lines: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\n{lines}\r\n")
}

/// Three bytes, asked for.
const EXPECTING: &str = "POST / HTTP/1.1\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n";

// Contract 4.6-2.
#[tokio::test(start_paused = true)]
async fn continue_is_sent_when_the_body_is_first_polled() {
    for how in Delivery::EXTREMES {
        let mut server = Server::start();
        server.peer.deliver(how, EXPECTING).await;
        let call = server.hyper.next_call().await;
        server.peer.expect_nothing().await;
        let reading = Reading::start(call.request.into_body());
        server.peer.expect_text(CONTINUE).await;
        server.peer.deliver(how, "abc").await;
        assert_eq!(reading.finish().await.whole(), "abc");
        server.peer.expect_nothing().await;
        call.answer.respond(empty());
        server.peer.expect_text(OK).await;
        server.assert_usable().await;
    }
}

// Contract 4.6-2: once, however often the body is polled.
#[tokio::test(start_paused = true)]
async fn continue_is_sent_once() {
    let mut server = Server::start();
    let mut call = server.request(EXPECTING).await;
    let body = call.request.body_mut();
    for _ in 0..3 {
        assert!(settle(&mut body.frame()).await.is_pending());
    }
    server.peer.expect_text(CONTINUE).await;
    server.peer.send("a").await;
    assert_eq!(next_data(body).await, "a");
    assert!(settle(&mut body.frame()).await.is_pending());
    server.peer.expect_nothing().await;
}

// Contract 4.6-2.
#[tokio::test(start_paused = true)]
async fn no_body_is_read_before_it_is_polled() {
    let mut server = Server::start();
    let call = server.request(EXPECTING).await;
    run_until_idle().await;
    let read = server.peer.to_hyper().delivered();
    server.peer.send("abc").await;
    run_until_idle().await;
    assert_eq!(server.peer.to_hyper().delivered(), read);
    let reading = Reading::start(call.request.into_body());
    assert_eq!(reading.finish().await.whole(), "abc");
}

// Contract 4.6-1.
#[tokio::test(start_paused = true)]
async fn it_is_recognised_whole_in_any_case_and_on_the_last_line() {
    for lines in [
        "expect: 100-continue\r\n",
        "Expect: 100-Continue\r\n",
        "expect: 100-CONTINUE\r\n",
        "expect: \t100-continue \r\n",
        "expect: other\r\nexpect: 100-continue\r\n",
    ] {
        for framing in ["content-length: 3\r\n", "transfer-encoding: chunked\r\n"] {
            let mut server = Server::start();
            let call = server.request(head(&format!("{framing}{lines}"))).await;
            let _reading = Reading::start(call.request.into_body());
            server.peer.expect_text(CONTINUE).await;
        }
    }
}

// Contract 4.6-1.
#[tokio::test(start_paused = true)]
async fn other_expectations_are_ignored() {
    for lines in [
        "expect: other\r\n",
        "expect: 100-continue, other\r\n",
        "expect: 100-continue;q=1\r\n",
        "expect: 100-continue\r\nexpect: other\r\n",
        "expect: 100-continued\r\n",
        "expect: 100\r\n",
        "expect:\r\n",
    ] {
        let mut server = Server::start();
        let lines = format!("content-length: 3\r\n{lines}");
        let call = server.request(head(&lines)).await;
        let reading = Reading::start(call.request.into_body());
        server.peer.expect_nothing().await;
        server.peer.send("abc").await;
        assert_eq!(reading.finish().await.whole(), "abc");
        call.answer.respond(empty());
        server.peer.expect_text(OK).await;
    }
}

// Contract 4.6-1.
#[tokio::test(start_paused = true)]
async fn it_is_ignored_without_a_body() {
    for framing in ["", "content-length: 0\r\n"] {
        let mut server = Server::start();
        let lines = format!("{framing}expect: 100-continue\r\n");
        let mut call = server.request(head(&lines)).await;
        assert_eq!(call.read().await, "");
        server.peer.expect_nothing().await;
        call.respond(empty());
        server.peer.expect_text(OK).await;
        server.assert_usable().await;
    }
}

// Contract 4.6-1.
#[tokio::test(start_paused = true)]
async fn it_is_ignored_in_http_1_0() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.0\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n")
        .await;
    let _reading = Reading::start(call.request.into_body());
    server.peer.expect_nothing().await;
}

// Contract 4.6-2: a client that does not wait is not told to go on after the answer.
#[tokio::test(start_paused = true)]
async fn no_continue_comes_after_the_head_of_the_response() {
    let mut server = Server::start();
    let call = server.request(EXPECTING).await;
    let (frames, body) = crate::support::bodies::channel();
    call.answer.respond(crate::messages::with_body(body));
    frames.send_data("x");
    let said = server.peer.settled_text().await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    let mut body = call.request.into_body();
    let _ = settle(&mut body.frame()).await;
    server.peer.expect_nothing().await;
    drop(frames);
    let end = server.peer.settled_text().await;
    assert_eq!(end, "0\r\n\r\n");
}

// Contract 4.6-2: bytes that are there without being asked for are the body all the same.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_wait_is_served() {
    let mut server = Server::start();
    let mut call = server.request(format!("{EXPECTING}abc")).await;
    assert_eq!(call.read().await, "abc");
    call.respond(empty());
    let said = server.peer.settled_text().await;
    assert!(said == format!("{CONTINUE}{OK}") || said == OK, "{said}");
    server.assert_usable().await;
}

// Contract 4.6-3.
#[tokio::test(start_paused = true)]
async fn a_refused_body_is_not_asked_for_and_ends_the_connection() {
    let mut server = Server::start();
    server.request(EXPECTING).await.respond(empty());
    server.peer.expect_last_text(LAST_OK).await;
    server.hyper.ended().await.expect("a clean end");
}

// Contract 4.6-3.
#[tokio::test(start_paused = true)]
async fn a_refused_body_that_is_there_already_is_drained() {
    let mut server = Server::start();
    let call = server.request(format!("{EXPECTING}abc")).await;
    call.respond(text("no"));
    let said = server.peer.settled_text().await;
    assert!(!said.contains("100 Continue"), "{said}");
    assert!(!said.contains("close"), "{said}");
    server.assert_usable().await;
}

// Contract 4.6-1.
#[tokio::test(start_paused = true)]
async fn the_expectation_is_visible_to_the_service() {
    let mut server = Server::start();
    let call = server.request(EXPECTING).await;
    assert_eq!(call.request.headers()["expect"], "100-continue");
}
