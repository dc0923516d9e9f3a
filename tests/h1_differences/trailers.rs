//! ODD 5: received trailers cannot reframe, route or unlock what their head said (RFC 9110, section 6.5.1).

use crate::support::chunked_bodies::{Case, Outcome};
use crate::support::reading::Reading;
use crate::support::responses::empty;
use crate::support::scripted_h1::{Client, Delivery, Server};

/// The fields that hyper does not send as trailers, either (contract 4.7-14).
const FORBIDDEN: [&str; 12] = [
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "host",
    "max-forwards",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
];

/// Forbidden trailers among allowed ones, which alone arrive.
fn mixed() -> Case {
    let forbidden = FORBIDDEN.map(|name| format!("{name}: 1\r\n")).concat();
    Case {
        wire: format!("3\r\nabc\r\n0\r\na: 1\r\n{forbidden}Content-Length: 7\r\nb: 2\r\n\r\n"),
        outcome: Outcome::Complete("abc".into(), vec!["a: 1".into(), "b: 2".into()]),
    }
}

// ODD 5.
#[tokio::test(start_paused = true)]
async fn a_server_drops_trailers_that_may_not_be() {
    for how in Delivery::EXTREMES {
        let mut server = Server::start();
        let call = server
            .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        let reading = Reading::start(call.request.into_body());
        assert!(mixed().play(how, &mut server.peer, reading).await);
        call.answer.respond(empty());
        server.peer.expect_head().await;
        server.assert_usable().await;
    }
}

// ODD 5.
#[tokio::test(start_paused = true)]
async fn a_client_drops_trailers_that_may_not_be() {
    for how in Delivery::EXTREMES {
        let mut client = Client::start();
        let response = client
            .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        let reading = Reading::start(response.expect("a response").into_body());
        assert!(mixed().play(how, &mut client.peer, reading).await);
        client.assert_usable().await;
    }
}

// ODD 5: where nothing is left, there are no trailers.
#[tokio::test(start_paused = true)]
async fn trailers_of_which_none_may_be_are_none() {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nhost: b\r\n\r\n")
        .await;
    let reading = Reading::of(call.request.into_body()).await;
    assert!(reading.error.is_none());
    assert!(reading.trailers.unwrap_or_default().is_empty());
}

// ODD 5: what is dropped is bounded like what is kept (contract 4.4-3).
#[tokio::test(start_paused = true)]
async fn dropped_trailers_count_against_the_limits() {
    let body = format!("0\r\n{}\r\n", "host: b\r\n".repeat(101));
    let case = Case {
        wire: body,
        outcome: Outcome::Malformed("".into()),
    };
    for how in Delivery::EXTREMES {
        let mut server = Server::start();
        let call = server
            .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        let reading = Reading::start(call.request.into_body());
        case.play(how, &mut server.peer, reading).await;
        drop(call.answer);
    }
}
