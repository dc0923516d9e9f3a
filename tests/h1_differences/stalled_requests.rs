//! ODD 1: an answer that is complete while the request is not. The connection is of no use for the next request then, and
//! must not linger for ever.

use http::Request;

use crate::support::bodies::{channel, test_body, BodySender};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Exchange};
use crate::support::virtual_timer::run_until_idle;

/// A POST of three bytes so far, and what gives the rest of them.
async fn begin(client: &mut Client, connection: Option<&str>) -> (Exchange, BodySender) {
    let (sender, body) = channel();
    let mut request = Request::post("/");
    if let Some(connection) = connection {
        request = request.header("connection", connection);
    }
    let request = request.body(test_body(body)).expect("a request");
    let exchange = client.send(request);
    sender.send_data("abc");
    let text = client.peer.settled_text().await;
    assert!(text.ends_with("\r\n\r\n3\r\nabc\r\n"), "{text:?}");
    (exchange, sender)
}

// ODD 1.
#[tokio::test(start_paused = true)]
async fn a_stalled_request_does_not_keep_an_answered_connection_whose_handle_is_gone() {
    let mut client = Client::start();
    let (exchange, sender) = begin(&mut client, None).await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(exchange.response().await.status(), 204);
    run_until_idle().await;
    assert!(!client.has_ended(), "the handle may still be used");
    assert!(!sender.is_closed());

    // Any other handle in its place.
    client.close();
    client.ended().await.expect("the connection ends well");
    client.peer.expect_eof().await;
    assert!(sender.is_closed(), "the body is dropped");
}

// ODD 1.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_close_need_not_be_sent_the_rest() {
    let mut client = Client::start();
    let (exchange, sender) = begin(&mut client, None).await;
    let answer =
        "HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno";
    client.peer.send(answer).await;
    let response = exchange.response().await;
    let reading = Reading::of(response.into_body()).await;
    assert_eq!(reading.whole(), "no");
    client.ended().await.expect("the connection ends well");
    assert!(sender.is_closed(), "the body is dropped");
    client.peer.expect_eof().await;
}

// ODD 1.
#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_and_goes_need_not_be_sent_the_rest() {
    for connection in [None, Some("close")] {
        for answer in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            let mut client = Client::start();
            let (exchange, sender) = begin(&mut client, connection).await;
            client.peer.send(answer).await;
            client.peer.eof().await;
            let response = exchange.response().await;
            assert_eq!(Reading::of(response.into_body()).await.whole(), "");
            client.ended().await.expect("the connection ends well");
            assert!(sender.is_closed(), "the body is dropped");
        }
    }
}

// ODD 1: nor does it wait for a transport that takes nothing.
#[tokio::test(start_paused = true)]
async fn a_body_that_will_not_be_sent_is_dropped_while_the_socket_is_full() {
    let mut client = Client::start();
    client.peer.from_hyper().set_buffer(10);
    let (sender, body) = channel();
    let request = Request::post("/").body(test_body(body));
    let exchange = client.send(request.expect("a request"));
    run_until_idle().await;
    client.peer.send("HTTP/1.1 200 OK\r\n\r\nabc").await;
    drop(exchange.response().await);
    client.close();
    run_until_idle().await;
    assert!(sender.is_closed(), "the body is dropped");
    assert!(!client.has_ended(), "the head is not written");
}

// Contract 5.5-1: while the connection may be used again, an early answer does not end the request.
#[tokio::test(start_paused = true)]
async fn a_request_that_goes_on_is_sent_to_its_end() {
    for connection in [None, Some("close")] {
        let mut client = Client::start();
        let (exchange, sender) = begin(&mut client, connection).await;
        client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(exchange.response().await.status(), 204);
        sender.send_data("de");
        client.peer.expect_text("2\r\nde\r\n").await;
        drop(sender);
        match connection {
            None => {
                client.peer.expect_text("0\r\n\r\n").await;
                client.assert_usable().await;
            }
            Some(_) => {
                client.peer.expect_last_text("0\r\n\r\n").await;
                client.ended().await.expect("the connection ends well");
            }
        }
    }
}
