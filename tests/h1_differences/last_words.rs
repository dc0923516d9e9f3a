//! ODD 9: what was said before a failure arrives, so that a peer sees a truncated answer and not none.

use crate::support::bodies::{channel, Frames};
use crate::support::errors::kind;
use crate::support::responses;
use crate::support::scripted_h1::Server;

// ODD 9.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_leaves_its_beginning_on_the_wire() {
    let mut server = Server::start();
    let call = server.get().await;
    let body = Frames::of(["abc".into()]).then_fail("broken");
    call.respond(responses::with_body(body));
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: <date>\r\n\r\n";
    let text = format!("{head}3\r\nabc\r\n");
    server.peer.expect_last_text(&text).await;
    let error = server.hyper.ended().await.expect_err("the body failed");
    assert_eq!(kind(&error), "User(Body)");
    // A shutdown could make a body that lasts until the close look complete.
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// ODD 9.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_short_leaves_its_beginning_on_the_wire() {
    let mut server = Server::start();
    let call = server.get().await;
    let (sender, body) = channel();
    sender.send_data("abc");
    drop(sender);
    let response = responses::with_field(responses::with_body(body), "content-length", "5");
    call.respond(response);
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: <date>\r\n\r\nabc";
    server.peer.expect_last_text(text).await;
    let error = server.hyper.ended().await.expect_err("the body is short");
    assert_eq!(kind(&error), "User(BodyWriteAborted)");
}

// ODD 9: the answers before it are not lost either.
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_does_not_take_earlier_answers_with_it() {
    let mut server = Server::tuned(|builder| {
        builder.pipeline_flush(true);
    });
    let request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let first = server.request(request.repeat(2)).await;
    first.respond(responses::empty());
    let second = server.hyper.next_call().await;
    second.answer.fail("no");
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: <date>\r\n\r\n";
    server.peer.expect_last_text(text).await;
    let error = server.hyper.ended().await.expect_err("the service failed");
    assert_eq!(kind(&error), "User(Service)");
}
