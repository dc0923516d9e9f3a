//! Contract 5.4-3: responses without a head.

use http::Version;

use crate::messages::kind;
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, ClientBuilder, Delivery};

fn on(builder: &mut ClientBuilder) {
    builder.http09_responses(true);
}

// Contract 5.4-3.
#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_head_are_the_body_if_the_option_is_on() {
    for body in ["<html>hello</html>", "x", "HTML is not HTTP", "\x01\x02"] {
        let mut client = Client::tuned(on);
        let exchange = client.get().await;
        client.peer.send(body).await;
        let response = exchange.response().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.version(), Version::HTTP_09);
        assert!(response.headers().is_empty());
        let reading = Reading::start(response.into_body());
        client.peer.deliver(Delivery::Whole, " and more").await;
        assert!(!reading.is_finished());
        client.peer.eof().await;
        assert_eq!(reading.finish().await.whole(), format!("{body} and more"));
        client.ended().await.expect("a clean end");
    }
}

// Contract 5.4-3.
#[tokio::test(start_paused = true)]
async fn it_is_an_error_by_default() {
    let mut client = Client::start();
    let error = client.answer("<html>").await.expect_err("no head");
    assert_eq!(kind(&error), "Parse(Version)");
}

// Contract 5.4-3: heads are heads all the same.
#[tokio::test(start_paused = true)]
async fn ordinary_responses_are_read_with_the_option_on() {
    for how in Delivery::EXTREMES {
        let mut client = Client::tuned(on);
        let exchange = client.get().await;
        client
            .peer
            .deliver(how, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await;
        assert_eq!(exchange.response().await.version(), Version::HTTP_11);
        client.assert_usable().await;
    }
}

// Contract 5.4-3: a server that has spoken HTTP goes on doing so.
#[tokio::test(start_paused = true)]
async fn it_is_an_error_after_a_response_with_a_head() {
    let mut client = Client::tuned(on);
    client.assert_usable().await;
    crate::support::virtual_timer::run_until_idle().await;
    let error = client.answer("<html>").await.expect_err("no head");
    assert_eq!(kind(&error), "Parse(Version)");
}

// Contract 5.4-3.
#[tokio::test(start_paused = true)]
async fn it_may_follow_an_informational_response() {
    let mut client = Client::tuned(on);
    let exchange = client.get().await;
    client
        .peer
        .send("HTTP/1.1 100 Continue\r\n\r\n<html>")
        .await;
    client.peer.eof().await;
    let response = exchange.response().await;
    assert_eq!(response.version(), Version::HTTP_09);
    assert_eq!(Reading::of(response.into_body()).await.whole(), "<html>");
}
