//! Answers that are given before the request has arrived: what still comes of it is never taken for another request.
//! Contract 4.8-5, 5.5-1, 5.5-2.

use http::{Method, Request};

use crate::support::bodies::{channel, test_body};
use crate::support::conversation::{LAST_OK, OK};
use crate::support::reading::Reading;
use crate::support::responses::{empty, with_field, with_status};
use crate::support::scripted_h1::{Client, Delivery, Server};
use crate::support::virtual_timer::run_until_idle;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\n\r\n";

// Contract 4.8-5: a service that refuses an upload it has not read.
#[tokio::test(start_paused = true)]
async fn a_refused_upload_is_never_read_as_requests() {
    let length = "Content-Length: 1000000";
    let chunked = "Transfer-Encoding: chunked";
    for (framing, start) in [
        (length, ""),
        (chunked, "f4240\r\n"),
        (chunked, "0f4240;x\r\n"),
    ] {
        for (how, more) in [(Delivery::Dripped, ""), (Delivery::Whole, "x")] {
            let mut server = Server::start();
            server.peer.to_hyper().set_buffer(usize::MAX);
            let call = server
                .request(format!("POST /a HTTP/1.1\r\n{framing}\r\n\r\n{start}"))
                .await;
            call.respond(with_status(413, empty()));
            server.peer.deliver(how, SMUGGLED.repeat(20)).await;
            // More than hyper reads of a request that nobody wants.
            let more = more.repeat(400_000);
            server.peer.deliver(Delivery::Whole, &more).await;
            let said = server.peer.settled_text().await;
            let refused = OK.replace("200 OK", "413 Payload Too Large");
            let last = LAST_OK.replace("200 OK", "413 Payload Too Large");
            assert!(said == refused || said == last, "{said}");
            assert!(!server.hyper.has_calls());
            if said == last || !more.is_empty() {
                assert!(server.peer.has_ended());
                server.hyper.ended().await.expect("a clean end");
            }
        }
    }
}

// Contract 4.6-3: a client that was to wait for 100 and is refused may send the body or another request, and nobody can
// tell which.
#[tokio::test(start_paused = true)]
async fn what_follows_a_refused_expectation_is_not_guessed() {
    for framing in ["Content-Length: 48", "Transfer-Encoding: chunked"] {
        let mut server = Server::start();
        let head = format!("POST /a HTTP/1.1\r\nExpect: 100-continue\r\n{framing}\r\n\r\n");
        server
            .request(head)
            .await
            .respond(with_status(417, empty()));
        let said = server.peer.settled_text().await;
        let last = LAST_OK.replace("200 OK", "417 Expectation Failed");
        assert_eq!(said, last);
        assert!(server.peer.has_ended());
        server.peer.deliver(Delivery::Whole, SMUGGLED).await;
        assert!(!server.hyper.has_calls());
        server.hyper.ended().await.expect("a clean end");
    }
}

// Contract 4.5-4: a service that says close means it, however much is there.
#[tokio::test(start_paused = true)]
async fn requests_behind_a_last_answer_are_dropped() {
    let mut server = Server::start();
    let call = server
        .request(format!("GET /a HTTP/1.1\r\n\r\n{}", SMUGGLED.repeat(1000)))
        .await;
    call.respond(with_field(empty(), "connection", "close"));
    server.peer.expect_last_text(LAST_OK).await;
    assert!(!server.hyper.has_calls());
    server.hyper.ended().await.expect("a clean end");
}

// Contract 5.5-1: a server that answers early does not get a second request into the middle of the first one's body.
#[tokio::test(start_paused = true)]
async fn an_early_response_does_not_end_the_request() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let mut request = Request::new(test_body(body));
    *request.method_mut() = Method::POST;
    let exchange = client.send(request);
    frames.send_data("begun");
    client
        .peer
        .expect_text("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n")
        .await;
    client
        .peer
        .send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .await;
    let response = exchange.response().await;
    assert_eq!(Reading::of(response.into_body()).await.whole(), "ok");
    run_until_idle().await;
    assert!(!client.requests().is_ready(), "the request goes on");
    frames.send_data("more");
    drop(frames);
    client.peer.expect_text("4\r\nmore\r\n0\r\n\r\n").await;
    client.assert_usable().await;
}

// Contract 5.5-1, 5.4-8: nor does a last one.
#[tokio::test(start_paused = true)]
async fn an_early_last_response_ends_the_connection() {
    let mut client = Client::start();
    let (frames, body) = channel();
    let mut request = Request::new(test_body(body));
    *request.method_mut() = Method::POST;
    let exchange = client.send(request);
    frames.send_data("begun");
    client.peer.settled_text().await;
    client
        .peer
        .send("HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno")
        .await;
    let response = exchange.response().await;
    assert_eq!(response.status(), 413);
    assert_eq!(Reading::of(response.into_body()).await.whole(), "no");
    client.peer.expect_eof().await;
    assert!(!client.requests().is_ready());
    assert!(frames.is_closed());
}
