//! Contract 6.3-1: how a connection starts, and what runs where.

use bytes::BytesMut;
use tokio::io::AsyncReadExt;

use crate::client::{
    assert_usable, get, held, link, post, response, tuned, unanswered, HeldClient,
};
use crate::support::bodies::channel;
use crate::support::scripted_h2::{Frame, PeerSettings, RawPeer, PREFACE};
use crate::support::tokio_rt::TokioExecutor;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{Link, Role, TestBody};
use crate::support::virtual_timer::{run_until_idle, settle};

// Contract 6.3-1.
#[tokio::test(start_paused = true)]
async fn the_handshake_is_over_and_the_preface_written_before_the_peer_says_anything() {
    let (_client, mut far) = unanswered(|_| {}).await;
    run_until_idle().await;
    let mut written = BytesMut::with_capacity(10_000);
    far.read_buf(&mut written).await.expect("there are bytes");
    assert_eq!(written.split_to(PREFACE.len()), PREFACE);
    let first = Frame::decode(&mut written).expect("a whole frame");
    assert!(matches!(first, Frame::Settings { ack: false, .. }));
}

// Contract 6.3-1.
#[tokio::test(start_paused = true)]
async fn the_io_task_is_on_the_executor_when_the_handshake_returns() {
    let (client, far) = unanswered(|_| {}).await;
    assert_eq!(client.executor.spawned(), 1);
    // It serves the transport although nobody polls the connection.
    RawPeer::server(far, &PeerSettings::default()).await;
    assert_eq!(client.executor.live(), 1);
}

// Contract 6.3-1.
#[tokio::test(start_paused = true)]
async fn a_request_waits_until_the_connection_is_polled() {
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let answer = client.requests.send_request(get());
    assert!(peer.settled_frames().await.is_empty());

    assert!(settle(&mut client.connection).await.is_pending());
    let (stream, _) = peer.expect_request().await;
    peer.send_last_headers(stream, &[(":status", "200")]).await;
    assert_eq!(response(answer).await.status(), 200);
}

// Contract 6.3-1.
#[tokio::test(start_paused = true)]
async fn a_request_costs_a_task_that_ends_with_it() {
    let mut link = link().await;
    let before = link.executor.spawned();
    assert_eq!(link.executor.live(), before);
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    let during = link.executor.live();
    assert!(during > before && during <= before + 2);

    drop(body);
    link.peer.expect_end(stream).await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(answer).await;
    run_until_idle().await;
    assert_eq!(link.executor.live(), before);
    assert_usable(&mut link).await;
}

// Contract 6.3-1: the plain function has the builder's defaults.
#[tokio::test(start_paused = true)]
async fn handshake_without_a_builder_opens_a_connection() {
    let (near, far) = crate::support::gate::wire();
    let handshake =
        hyper::client::conn::http2::handshake::<_, _, TestBody>(TokioExecutor, TokioIo::new(near));
    let (mut requests, connection) = handshake.await.expect("the transport takes the preface");
    let connection = tokio::spawn(connection);
    let mut peer = RawPeer::server(far, &PeerSettings::default()).await;

    let answer = requests.send_request(get());
    let (stream, _) = peer.expect_request().await;
    peer.send_last_headers(stream, &[(":status", "200")]).await;
    response(answer).await;
    drop(requests);
    let ended = connection.await.expect("no panic");
    ended.expect("a graceful end");
}

// Contract 6.3-1: an error of the transport is the handshake's.
#[tokio::test(start_paused = true)]
async fn a_transport_that_refuses_the_preface_fails_the_handshake() {
    let (near, _far) = crate::support::gate::wire();
    near.outgoing()
        .fail_writes(std::io::ErrorKind::ConnectionReset);
    let handshake =
        hyper::client::conn::http2::handshake::<_, _, TestBody>(TokioExecutor, TokioIo::new(near));
    let failed = handshake.await.expect_err("nothing could be written");
    assert_eq!(crate::client::kind(&failed), "Io");
}

// Contract 6.3-1, 3.4-2: requests need no SETTINGS of the peer.
#[tokio::test(start_paused = true)]
async fn a_request_leaves_before_the_peers_settings_come() {
    let (client, mut far) = unanswered(|_| {}).await;
    let HeldClient {
        mut requests,
        mut connection,
        ..
    } = client;
    let _answer = requests.send_request(get());
    assert!(settle(&mut connection).await.is_pending());

    let mut written = BytesMut::with_capacity(10_000);
    far.read_buf(&mut written).await.expect("there are bytes");
    assert_eq!(written.split_to(PREFACE.len()), PREFACE);
    let frames = std::iter::from_fn(|| Frame::decode(&mut written));
    let heads = frames.filter(|frame| matches!(frame, Frame::Headers { stream: 1, .. }));
    assert_eq!(heads.count(), 1);
}

// Contract 6.3-1: the executor is asked for no thread and no timer.
#[tokio::test(start_paused = true)]
async fn no_timer_is_needed() {
    let mut link = Link::raw(Role::Client, &tuned(|_| {}).without_timer()).await;
    assert_usable(&mut link).await;
}
