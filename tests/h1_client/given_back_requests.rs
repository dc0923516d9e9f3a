//! Contract 2.5-1, 1.2-10: what becomes of a request that failed.

use crate::messages::{get, kind, post, sized, unmeasured, with_field};
use crate::support::scripted_h1::{Client, HeldClient};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 2.5-1 (c), 2.4-20.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_when_the_connection_fails_is_given_back() {
    let mut held = HeldClient::new(|_| {});
    held.peer.send("nonsense").await;
    let answer = held
        .requests
        .try_send_request(with_field(post(sized("x")), "x", "y"));
    let mut client = held.drive();
    let mut failed = expect_soon("the failure", answer)
        .await
        .expect_err("nonsense");
    let request = failed.take_message().expect("it was not sent");
    assert_eq!(request.headers()["x"], "y");
    assert!(failed.take_message().is_none());
    assert!(failed.error().is_canceled());
    client.ended().await.expect("the request has the error");
}

// Contract 2.5-1: and so it is when the peer just left.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_when_the_peer_leaves_is_given_back() {
    let mut client = Client::start();
    client.assert_usable().await;
    run_until_idle().await;
    // Both happen before the connection is polled again.
    client.peer.eof().await;
    let answer = client.requests().try_send_request(get());
    let failed = expect_soon("the failure", answer)
        .await
        .expect_err("the peer left");
    if failed.message().is_some() {
        assert!(failed.error().is_canceled());
    } else {
        assert_eq!(kind(failed.error()), "IncompleteMessage");
    }
}

// Contract 2.5-1.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_sent_is_not_given_back() {
    let mut client = Client::start();
    let answer = tokio::spawn(client.requests().try_send_request(post(unmeasured("x"))));
    client.peer.settled_text().await;
    client.peer.eof().await;
    let failed = expect_soon("the failure", answer).await.expect("no panic");
    let failed = failed.expect_err("the peer left");
    assert!(failed.message().is_none());
    assert_eq!(kind(failed.error()), "IncompleteMessage");
}

// Contract 2.5-1: errors in the response.
#[tokio::test(start_paused = true)]
async fn a_request_whose_response_is_malformed_is_not_given_back() {
    let mut client = Client::start();
    let answer = tokio::spawn(client.requests().try_send_request(get()));
    client.peer.settled_text().await;
    client.peer.send("nonsense\r\n\r\n").await;
    let failed = expect_soon("the failure", answer).await.expect("no panic");
    let failed = failed.expect_err("no response");
    assert!(failed.message().is_none());
    assert!(failed.error().is_parse());
}

// Contract 1.2-10.
#[tokio::test(start_paused = true)]
async fn a_refusal_can_be_shown() {
    let mut client = Client::start();
    let _exchange = client.get().await;
    let refused = client.requests().try_send_request(get());
    let failed = expect_soon("the refusal", refused).await.expect_err("busy");
    let shown = format!("{failed:?}");
    assert!(shown.contains("Canceled"), "{shown}");
}
