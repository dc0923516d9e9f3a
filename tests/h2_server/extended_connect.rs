//! Contract 6.4-1, 3.3-7, 9-10: extended CONNECT (RFC 8441), as websockets use it.

use h2::Reason;
use hyper::ext::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{empty, head};
use crate::server::{server, tuned};
use crate::support::scripted_h2::setting;
use crate::support::tokio_rt::TokioIo;
use crate::support::virtual_timer::expect_soon;

/// An extended CONNECT (RFC 8441, section 4).
fn websocket_head<'a>() -> Vec<(&'a str, &'a str)> {
    let mut fields = head("CONNECT", &[]);
    fields.push((":protocol", "websocket"));
    fields
}

// Contract 6.4-1, 9-10.
#[tokio::test(start_paused = true)]
async fn extended_connect_brings_its_protocol_and_a_whole_uri() {
    let mut server = tuned(|builder| {
        builder.enable_connect_protocol();
    })
    .await;
    let enabled = server.peer.setting(setting::ENABLE_CONNECT_PROTOCOL);
    assert_eq!(enabled, Some(1));
    server.peer.send_headers(1, &websocket_head()).await;
    let mut call = server.hyper.next_call().await;
    assert_eq!(call.request.uri(), "http://server.example/path?query");
    let protocol = call.request.extensions().get::<Protocol>();
    assert_eq!(protocol.map(Protocol::as_str), Some("websocket"));
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    let mut tunnel = TokioIo::new(upgraded.expect("a tunnel"));
    tunnel.write_all(b"pong").await.expect("bytes are taken");
    assert_eq!(server.peer.expect_bytes(1, 4).await, "pong");
    server.peer.send_last_data(1, "ping").await;
    let mut read = String::new();
    tunnel.read_to_string(&mut read).await.expect("no error");
    assert_eq!(read, "ping");
}

// Contract 6.4-1.
#[tokio::test(start_paused = true)]
async fn extended_connect_is_refused_unless_enabled() {
    let mut server = server().await;
    server.peer.send_headers(1, &websocket_head()).await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    assert!(!server.hyper.has_calls());
    server.assert_usable(3).await;
}

// Contract 6.4-1: ordinary CONNECT needs no setting, and is not changed by it.
#[tokio::test(start_paused = true)]
async fn ordinary_connect_has_no_protocol_where_extended_is_enabled() {
    let mut server = tuned(|builder| {
        builder.enable_connect_protocol();
    })
    .await;
    let call = server.connect(1, &[]).await;
    assert!(call.request.extensions().get::<Protocol>().is_none());
}
