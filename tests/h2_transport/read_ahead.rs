//! hyper reads ahead of what it can make use of; nothing is taken for known before it is.

use http::Method;
use http_body_util::Full;
use hyper::ext::Protocol;
use hyper::{Request, Uri, Version};

use crate::exchange::{pattern, post};
use crate::support::gate::wire;
use crate::support::scripted_h2::{setting, PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{empty_body, test_body, ClientBuilder, TestBody};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

fn websocket() -> Request<TestBody> {
    let mut request = Request::new(empty_body());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from_static("https://chat.example/room");
    *request.version_mut() = Version::HTTP_2;
    let protocol = Protocol::from_static("websocket");
    request.extensions_mut().insert(protocol);
    request
}

// Contract 6.4-5: SETTINGS that were read while the socket takes nothing are not in force yet.
#[tokio::test(start_paused = true)]
async fn an_extended_connect_is_not_refused_while_the_peers_settings_wait() {
    let (near, far) = wire();
    let to_peer = near.outgoing();
    let executor = CountingExecutor::new();
    let handshake = ClientBuilder::new(executor.clone())
        .timer(TokioTimer)
        .handshake::<_, TestBody>(TokioIo::new(near));
    let done = expect_soon("the handshake", handshake).await;
    let (mut requests, connection) = done.expect("the transport takes the preface");
    let _connection = tokio::spawn(connection);
    run_until_idle().await;

    // A request that is stuck, with a frame of it in h2's hands.
    to_peer.set_buffer(0);
    let body = test_body(Full::new(pattern(65_535)));
    let _stuck = tokio::spawn(requests.send_request(post(body)));
    run_until_idle().await;
    let settings = PeerSettings {
        enable_connect_protocol: true,
        ..PeerSettings::default()
    };
    let opening = tokio::spawn(async move { RawPeer::server(far, &settings).await });
    run_until_idle().await;

    let mut answer = Box::pin(requests.send_request(websocket()));
    assert!(settle(&mut answer).await.is_pending(), "it is refused");

    to_peer.set_buffer(1 << 20);
    let mut peer = expect_soon("the opening", opening).await.expect("no panic");
    assert_eq!(peer.setting(setting::ENABLE_CONNECT_PROTOCOL), None);
    let stream = 3;
    let fields = peer.expect_headers(stream).await;
    assert_eq!(fields.get(":protocol"), Some("websocket"));
    peer.send_headers(stream, &[(":status", "200")]).await;
    let answer = expect_soon("the answer", answer).await.expect("it came");
    assert_eq!(answer.status(), 200);
}
