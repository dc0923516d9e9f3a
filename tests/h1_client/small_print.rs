//! What nobody writes down and somebody relies on: found by running this crate beside hyper 1.12.0 (`tests/parity`), and
//! the same in both.

use http::Version;

use crate::messages::{get, kind, with_field};
use crate::support::reading::next_data;
use crate::support::scripted_h1::Client;
use crate::support::virtual_timer::run_until_idle;

const EMPTY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

// Contract 5.3-1: that nobody wants the connection any more does not make it a clean one.
#[tokio::test(start_paused = true)]
async fn what_comes_behind_a_response_is_looked_at_though_no_handle_is_left() {
    let mut client = Client::start();
    let exchange = client.get().await;
    client.close();
    client.peer.send(EMPTY.repeat(2)).await;
    exchange.response().await;
    let error = client.ended().await.expect_err("the second is too much");
    assert_eq!(kind(&error), "UnexpectedMessage");
}

// Contract 5.4-8: what the transport holds need not be waited for.
#[tokio::test(start_paused = true)]
async fn the_rest_of_a_dropped_body_is_read_as_far_as_it_has_come() {
    let mut client = Client::start();
    let response = client
        .answer("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc")
        .await;
    let mut body = response.expect("a response").into_body();
    assert_eq!(next_data(&mut body).await, "abc");
    run_until_idle().await;
    drop(body);
    client.peer.send("def").await;
    client.assert_usable().await;
}

// Contract 3.2-3: there is no room for the LF that would make it an empty line.
#[tokio::test(start_paused = true)]
async fn a_lone_cr_that_fills_the_buffer_is_too_large() {
    let mut client = Client::tuned(|builder| {
        builder.read_buf_exact_size(Some(1));
    });
    let exchange = client.get().await;
    client.peer.send("\r").await;
    let error = exchange.failure().await;
    assert_eq!(kind(&error), "Parse(TooLarge)");
}

// Contract 5.4-8: neither of the two said that it would stay.
#[tokio::test(start_paused = true)]
async fn a_request_of_http_1_0_to_a_server_of_1_0_is_the_last() {
    let kept = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    for (asks, stays) in [(false, false), (true, true)] {
        let mut client = Client::start();
        client.answer(kept).await.expect("a response");
        let mut request = get();
        *request.version_mut() = Version::HTTP_10;
        if asks {
            request = with_field(request, "connection", "keep-alive");
        }
        let exchange = client.send(request);
        client.peer.settled_text().await;
        client.peer.send(EMPTY).await;
        exchange.response().await;
        run_until_idle().await;
        assert_eq!(!client.has_ended(), stays);
    }
}
