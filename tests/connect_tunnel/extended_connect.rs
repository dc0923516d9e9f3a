//! Case 44: CONNECT with a protocol (RFC 8441), for WebSocket and the like.

use std::convert::Infallible;
use std::error::Error;

use h2::Reason;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::own_service::serve;
use crate::support::scripted_h2::setting;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{empty_body, Link, Options, Role, TestBody};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// The pseudo-header fields that extended CONNECT has and plain CONNECT has not.
const WEBSOCKET: &[(&str, &str)] = &[
    (":scheme", "https"),
    (":path", "/chat"),
    (":protocol", "websocket"),
];

fn websocket_request() -> Request<TestBody> {
    Request::builder()
        .method(Method::CONNECT)
        .uri("https://target.example/chat")
        .extension(Protocol::from_static("websocket"))
        .body(empty_body())
        .expect("a request")
}

// Case 44: as a server.
#[tokio::test(start_paused = true)]
async fn a_server_that_enabled_it_gets_protocol_and_tunnel() {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let on_upgrade = hyper::upgrade::on(&mut request);
        let _ = arrived.send((request, on_upgrade));
        async { Ok::<_, Infallible>(Response::new(empty_body())) }
    });
    let enabled = Options::new().tune(
        |server| {
            server.enable_connect_protocol();
        },
        |_| {},
    );
    let mut peer = serve(&enabled, service).await.peer;
    assert_eq!(peer.setting(setting::ENABLE_CONNECT_PROTOCOL), Some(1));
    let stream = peer.send_connect("target.example", WEBSOCKET).await;
    assert_eq!(peer.expect_headers(stream).await.status(), 200);

    let (request, on_upgrade) = arrivals.recv().await.expect("the service was called");
    assert_eq!(request.method(), Method::CONNECT);
    assert_eq!(request.uri(), "https://target.example/chat");
    let protocol = request.extensions().get::<Protocol>();
    assert_eq!(protocol.expect("a protocol").as_str(), "websocket");
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    let mut tunnel = TokioIo::new(upgraded.expect("agreed on"));
    peer.send_data(stream, "ping").await;
    let mut ping = [0; 4];
    tunnel.read_exact(&mut ping).await.expect("open");
    tunnel.write_all(&ping).await.expect("open");
    tunnel.shutdown().await.expect("open");
    assert_eq!(peer.read_to_end(stream).await, "ping");
}

// Case 44: as a server that said nothing of it.
#[tokio::test(start_paused = true)]
async fn a_server_that_did_not_enable_it_resets_the_stream_alone() {
    let mut link = Link::raw(Role::Server, &Options::new()).await;
    let stream = link.peer.send_connect("target.example", WEBSOCKET).await;
    let reset = link.peer.expect_reset(stream).await;
    assert_eq!(reset, Reason::PROTOCOL_ERROR);
    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"fine").await.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "fine");
}

// Case 44: as a client.
#[tokio::test(start_paused = true)]
async fn a_client_sends_the_protocol_and_gets_the_tunnel() {
    let mut options = Options::new();
    options.peer.enable_connect_protocol = true;
    let mut link = Link::raw(Role::Client, &options).await;
    run_until_idle().await;
    let response = link.hyper.requests().send_request(websocket_request());
    let peer = &mut link.peer;
    let answer = async {
        let (stream, request) = peer.expect_request().await;
        assert_eq!(request.get(":method"), Some("CONNECT"));
        assert_eq!(request.get(":protocol"), Some("websocket"));
        assert_eq!(request.get(":scheme"), Some("https"));
        assert_eq!(request.get(":authority"), Some("target.example"));
        assert_eq!(request.get(":path"), Some("/chat"));
        peer.send_headers(stream, &[(":status", "200")]).await;
        stream
    };
    let (response, stream) = tokio::join!(response, answer);
    let on_upgrade = hyper::upgrade::on(response.expect("an answer"));
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    let mut tunnel = TokioIo::new(upgraded.expect("agreed on"));
    tunnel.write_all(b"ping").await.expect("open");
    assert_eq!(link.peer.expect_bytes(stream, 4).await, "ping");
    link.peer.send_last_data(stream, "pong").await;
    let mut read = Vec::new();
    tunnel.read_to_end(&mut read).await.expect("a clean end");
    assert_eq!(read, b"pong");
}

// Case 44: as a client whose server said nothing of it (RFC 8441, section 3: then the field must not be sent).
#[tokio::test(start_paused = true)]
async fn a_client_whose_peer_did_not_enable_it_gets_an_error() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    run_until_idle().await;
    let response = link.hyper.requests().send_request(websocket_request());
    let refused = expect_soon("a refusal", response).await;
    let err = refused.expect_err("the peer would not understand it");
    let cause = err.source().expect("a cause").to_string();
    assert!(cause.contains("extended CONNECT"), "{cause}");
    assert!(link.peer.settled_frames().await.is_empty());

    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"fine").await.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "fine");
}
