//! Contract 6.2-8, 9-4: `graceful_shutdown` in every state of a connection.

use std::pin::Pin;

use h2::Reason;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::messages::{empty, head, ok, text, with_body};
use crate::server::{builder, server, Hyper, Server};
use crate::support::bodies::channel;
use crate::support::gate::wire;
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// What "go away, but not yet" has for the last stream: all that can be.
const ANY: u32 = (1 << 31) - 1;

/// The two GOAWAY frames, the second after the PING between them was answered.
async fn expect_goodbye(server: &mut Server, last: u32) {
    let first = server.peer.expect_goaway().await;
    assert_eq!(first, (ANY, Reason::NO_ERROR));
    let second = server.peer.expect_goaway().await;
    assert_eq!(second, (last, Reason::NO_ERROR));
}

async fn assert_ends_well(server: &mut Server) {
    server.hyper.ended().await.expect("a graceful end");
    let rest = server.peer.settled_frames().await;
    assert!(rest.is_empty(), "{rest:?}");
    assert!(server.to_peer.is_ended());
}

// Contract 6.2-8.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_says_goodbye_and_ends() {
    let mut server = server().await;
    server.hyper.graceful_shutdown();
    expect_goodbye(&mut server, 0).await;
    assert_eq!(server.peer.pings(), 1);
    assert_ends_well(&mut server).await;
}

// Contract 6.2-8: requests under way when the first GOAWAY left are still served.
#[tokio::test(start_paused = true)]
async fn the_last_goaway_waits_for_a_round_trip() {
    let mut server = server().await;
    server.peer.answer_pings(false);
    server.assert_usable(1).await;
    server.hyper.graceful_shutdown();
    let first = server.peer.expect_goaway().await;
    assert_eq!(first, (ANY, Reason::NO_ERROR));
    server.assert_usable(3).await;
    assert!(server.peer.settled_frames().await.is_empty());
    assert!(!server.hyper.has_ended());
}

// Contract 6.2-8.
#[tokio::test(start_paused = true)]
async fn open_streams_finish_first() {
    let mut server = server().await;
    let (body, frames) = channel();
    server.answered(1, with_body(frames)).await;
    let mut upload = server.post(3, &[]).await;
    let waiting = server.get(5).await;
    server.hyper.graceful_shutdown();
    expect_goodbye(&mut server, 5).await;
    assert!(!server.hyper.has_ended());

    waiting.respond(text("answer"));
    assert_eq!(server.peer.expect_headers(5).await.status(), 200);
    assert_eq!(server.peer.read_to_end(5).await, "answer");
    server.peer.send_last_data(3, "upload").await;
    assert_eq!(upload.read().await, "upload");
    upload.respond(empty());
    assert_eq!(server.peer.expect_headers(3).await.status(), 200);
    run_until_idle().await;
    assert!(!server.hyper.has_ended());

    body.send_data("the end");
    assert_eq!(server.peer.expect_bytes(1, 7).await, "the end");
    drop(body);
    server.peer.expect_end(1).await;
    assert_ends_well(&mut server).await;
}

// Contract 6.2-8.
#[tokio::test(start_paused = true)]
async fn no_request_is_taken_after_the_last_goaway() {
    let mut server = server().await;
    let open = server.get(1).await;
    server.hyper.graceful_shutdown();
    expect_goodbye(&mut server, 1).await;
    server.peer.send_last_headers(3, &head("GET", &[])).await;
    run_until_idle().await;
    assert!(!server.hyper.has_calls());
    open.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    server.hyper.ended().await.expect("a graceful end");
}

// Contract 6.2-8, 6.4: a tunnel is an open stream.
#[tokio::test(start_paused = true)]
async fn a_tunnel_may_take_its_time() {
    let mut server = server().await;
    let mut call = server.connect(1, &[]).await;
    let on_upgrade = hyper::upgrade::on(&mut call.request);
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    let mut tunnel = TokioIo::new(upgraded.expect("a tunnel"));
    server.hyper.graceful_shutdown();
    expect_goodbye(&mut server, 1).await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(!server.hyper.has_ended());

    tunnel.write_all(b"still").await.expect("bytes are taken");
    assert_eq!(server.peer.expect_bytes(1, 5).await, "still");
    server.peer.send_last_data(1, "here").await;
    let mut read = String::new();
    tunnel.read_to_string(&mut read).await.expect("no error");
    assert_eq!(read, "here");
    tunnel.shutdown().await.expect("the end is sent");
    drop(tunnel);
    server.peer.expect_end(1).await;
    assert_ends_well(&mut server).await;
}

// Contract 6.2-8, 9-4: any number of calls is as good as one.
#[tokio::test(start_paused = true)]
async fn repeated_calls_are_as_good_as_one() {
    let mut server = server().await;
    let open = server.get(1).await;
    for _ in 0..3 {
        server.hyper.graceful_shutdown();
        server.hyper.graceful_shutdown();
        run_until_idle().await;
    }
    expect_goodbye(&mut server, 1).await;
    for _ in 0..3 {
        server.hyper.graceful_shutdown();
        run_until_idle().await;
    }
    open.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    assert_ends_well(&mut server).await;
}

// Contract 6.2-8: before the handshake is complete it is remembered.
#[tokio::test(start_paused = true)]
async fn asked_for_before_the_handshake_it_follows_the_handshake() {
    let (client, near) = wire();
    let mut hyper = Hyper::serve(near, &Options::new());
    run_until_idle().await;
    hyper.graceful_shutdown();
    run_until_idle().await;
    assert!(!hyper.has_ended());
    let mut peer = RawPeer::client(client, &PeerSettings::default()).await;
    assert_eq!(peer.expect_goaway().await, (ANY, Reason::NO_ERROR));
    assert_eq!(peer.expect_goaway().await, (0, Reason::NO_ERROR));
    hyper.ended().await.expect("a graceful end");
}

// Contract 6.2-8: also in the middle of the preface.
#[tokio::test(start_paused = true)]
async fn asked_for_within_the_preface_it_follows_the_handshake() {
    use crate::support::scripted_h2::PREFACE;
    let (mut client, near) = wire();
    let mut hyper = Hyper::serve(near, &Options::new());
    client.write_all(&PREFACE[..10]).await.expect("taken");
    run_until_idle().await;
    hyper.graceful_shutdown();
    run_until_idle().await;
    client.write_all(&PREFACE[10..]).await.expect("taken");
    // An empty SETTINGS frame.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    client.write_all(&settings).await.expect("taken");
    run_until_idle().await;
    client.shutdown().await.expect("taken");
    hyper.ended().await.expect("a graceful end");
}

// Contract 6.2-8, 9-4: before the first poll, and again after the end.
#[tokio::test(start_paused = true)]
async fn it_may_be_called_before_the_first_poll_and_after_the_end() {
    let (client, near) = wire();
    let builder = builder(&Options::new(), &CountingExecutor::new());
    let mut connection = builder.serve_connection(TokioIo::new(near), service_fn(ok));
    Pin::new(&mut connection).graceful_shutdown();
    Pin::new(&mut connection).graceful_shutdown();
    let peer = async {
        let mut peer = RawPeer::client(client, &PeerSettings::default()).await;
        assert_eq!(peer.expect_goaway().await, (ANY, Reason::NO_ERROR));
        assert_eq!(peer.expect_goaway().await, (0, Reason::NO_ERROR));
        peer
    };
    let (ended, _peer) =
        expect_soon("the end", async { tokio::join!(&mut connection, peer) }).await;
    ended.expect("a graceful end");
    Pin::new(&mut connection).graceful_shutdown();
}

// Contract 6.2-8: with the last stream gone, its reset included, the connection goes.
#[tokio::test(start_paused = true)]
async fn a_reset_of_the_last_stream_completes_it() {
    let mut server = server().await;
    let _call = server.post(1, &[]).await;
    server.hyper.graceful_shutdown();
    expect_goodbye(&mut server, 1).await;
    server.peer.reset(1, Reason::CANCEL).await;
    assert_ends_well(&mut server).await;
}

// Contract 6.2-8: a peer that goes away meanwhile is no failure.
#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_instead_of_answering_the_ping_completes_it() {
    let mut server = server().await;
    server.peer.answer_pings(false);
    server.hyper.graceful_shutdown();
    assert_eq!(server.peer.expect_goaway().await.0, ANY);
    server.peer.eof().await;
    server.hyper.ended().await.expect("a graceful end");
}
