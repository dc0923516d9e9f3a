//! Contract 6.4-5, 1.4-3: extended CONNECT (RFC 8441), as websockets over HTTP/2 use it.

use hyper::ext::Protocol;
use hyper::{Method, Request, Uri, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{failure, held, link_with, response};
use crate::support::scripted_h2::{setting, PeerSettings};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{empty_body, Options, TestBody};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

fn websocket() -> Request<TestBody> {
    let mut request = Request::new(empty_body());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from_static("https://chat.example/room");
    *request.version_mut() = Version::HTTP_2;
    let protocol = Protocol::from_static("websocket");
    request.extensions_mut().insert(protocol);
    request
}

fn willing() -> Options {
    let mut options = Options::new();
    options.peer.enable_connect_protocol = true;
    options
}

// Contract 6.4-5.
#[tokio::test(start_paused = true)]
async fn the_connection_tells_whether_the_peer_takes_it() {
    let (client, _peer) = held(&PeerSettings::default()).await;
    run_until_idle().await;
    assert!(!client.connection.is_extended_connect_protocol_enabled());

    let (client, _peer) = held(&willing().peer).await;
    run_until_idle().await;
    assert!(client.connection.is_extended_connect_protocol_enabled());
}

// Contract 6.4-5: the setting may come later.
#[tokio::test(start_paused = true)]
async fn the_connection_learns_of_a_setting_that_comes_later() {
    let (client, mut peer) = held(&PeerSettings::default()).await;
    run_until_idle().await;
    assert!(!client.connection.is_extended_connect_protocol_enabled());
    peer.settings(&[(setting::ENABLE_CONNECT_PROTOCOL, 1)])
        .await;
    run_until_idle().await;
    assert!(client.connection.is_extended_connect_protocol_enabled());
}

// Contract 1.4-3.
#[tokio::test(start_paused = true)]
async fn the_protocol_extension_becomes_a_pseudo_header() {
    let mut link = link_with(&willing()).await;
    let _answer = link.hyper.requests().send_request(websocket());
    let (_, fields) = link.peer.expect_request().await;
    assert_eq!(fields.get(":method"), Some("CONNECT"));
    assert_eq!(fields.get(":protocol"), Some("websocket"));
    assert_eq!(fields.get(":scheme"), Some("https"));
    assert_eq!(fields.get(":authority"), Some("chat.example"));
    assert_eq!(fields.get(":path"), Some("/room"));
}

// Contract 6.4-4, 6.4-5.
#[tokio::test(start_paused = true)]
async fn an_accepted_extended_connect_is_a_tunnel() {
    let mut link = link_with(&willing()).await;
    let answer = link.hyper.requests().send_request(websocket());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let response = response(answer).await;
    let tunnel = expect_soon("the tunnel", hyper::upgrade::on(response)).await;
    let mut tunnel = TokioIo::new(tunnel.expect("a tunnel"));
    tunnel.write_all(b"hello").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 5).await, "hello");
    link.peer.send_last_data(stream, "bye").await;
    let mut read = Vec::new();
    tunnel.read_to_end(&mut read).await.expect("EOF");
    assert_eq!(read, b"bye");
}

// Contract 6.4-4: CONNECT with a protocol may refuse like any other.
#[tokio::test(start_paused = true)]
async fn a_refused_extended_connect_is_an_ordinary_response() {
    let mut link = link_with(&willing()).await;
    let answer = link.hyper.requests().send_request(websocket());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "404")])
        .await;
    let response = response(answer).await;
    assert_eq!(response.status(), 404);
    hyper::upgrade::on(response).await.expect_err("no tunnel");
}

// Contract 6.4-5: it must not be sent to a peer that did not ask for it (RFC 8441, section 3).
#[tokio::test(start_paused = true)]
async fn an_extended_connect_the_peer_did_not_enable_fails_unsent() {
    let mut link = link_with(&Options::new()).await;
    let failed = failure(link.hyper.requests().send_request(websocket())).await;
    assert!(!failed.is_canceled() && !failed.is_closed());
    assert!(link.peer.settled_frames().await.is_empty());
    crate::client::assert_usable(&mut link).await;
}
