//! ODD 27: a peer that takes no more may have answered before.

use std::io::ErrorKind;

use http::Request;

use crate::support::bodies::{channel, test_body, BodySender};
use crate::support::errors::{io_cause, kind};
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Exchange};
use crate::support::virtual_timer::run_until_idle;

async fn begin(client: &mut Client) -> (Exchange, BodySender) {
    let (sender, body) = channel();
    let request = Request::post("/").body(test_body(body));
    let exchange = client.send(request.expect("a request"));
    client.peer.settled_text().await;
    (exchange, sender)
}

fn break_writes(client: &Client, sender: &BodySender) {
    client.peer.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    assert!(sender.send_data("more"));
}

// ODD 27.
#[tokio::test(start_paused = true)]
async fn an_answer_that_has_arrived_is_delivered_though_writing_fails() {
    let mut client = Client::start();
    let (exchange, sender) = begin(&mut client).await;
    client.peer.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    let answer = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno";
    client.peer.send(answer).await;
    sender.send_data("more");
    let response = exchange.response().await;
    assert_eq!(response.status(), 413);
    assert_eq!(Reading::of(response.into_body()).await.whole(), "no");
    assert!(sender.is_closed());
    client.outcome().await.expect("no panic").ok();
}

// ODD 27.
#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_to_arrive_is_waited_for() {
    let mut client = Client::start();
    let (exchange, sender) = begin(&mut client).await;
    client.peer.send("HTTP/1.1 413 Con").await;
    run_until_idle().await;
    break_writes(&client, &sender);
    run_until_idle().await;
    assert!(!exchange.is_finished());
    client
        .peer
        .send("tent Too Large\r\ncontent-length: 2\r\n\r\nn")
        .await;
    let response = exchange.response().await;
    assert_eq!(response.status(), 413);
    let reading = Reading::start(response.into_body());
    run_until_idle().await;
    client.peer.send("o").await;
    assert_eq!(reading.finish().await.whole(), "no");
    client.outcome().await.expect("no panic").ok();
}

// Contract 5.5-5: without an answer, the failure is the outcome.
#[tokio::test(start_paused = true)]
async fn a_failed_write_fails_the_request_where_no_answer_has_come() {
    for begun in ["", "\r\n"] {
        let mut client = Client::start();
        let (exchange, sender) = begin(&mut client).await;
        client.peer.send(begun).await;
        run_until_idle().await;
        break_writes(&client, &sender);
        let error = exchange.failure().await;
        assert_eq!(kind(&error), "BodyWrite");
        assert_eq!(io_cause(&error), ErrorKind::BrokenPipe);
        client.ended().await.expect("the failure was the request's");
    }
}

// ODD 27: a half of an answer is none, and the first failure is the one that explains it.
#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_within_its_head_leaves_the_failed_write() {
    let mut client = Client::start();
    let (exchange, sender) = begin(&mut client).await;
    client.peer.send("HTTP/1.1 413 Con").await;
    run_until_idle().await;
    break_writes(&client, &sender);
    run_until_idle().await;
    client.peer.eof().await;
    assert_eq!(kind(&exchange.failure().await), "BodyWrite");
    client.ended().await.expect("the failure was the request's");
}
