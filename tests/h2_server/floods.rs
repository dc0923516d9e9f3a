//! Contract 6.1-1, 3.3-5: peers that send too much of what costs them little.

use std::iter::{once, repeat_n};

use bytes::{Bytes, BytesMut};
use h2::Reason;

use crate::messages::{head, kind, reason};
use crate::server::{server, tuned, Server};
use crate::support::scripted_h2::{encode, Frame, PeerSettings};
use crate::support::tunnels::ServerBuilder;
use crate::support::virtual_timer::run_until_idle;

fn burst(frames: impl IntoIterator<Item = Frame>) -> BytesMut {
    let mut bytes = BytesMut::new();
    for frame in frames {
        frame.encode(&mut bytes);
    }
    bytes
}

fn request(stream: u32) -> Frame {
    Frame::Headers {
        stream,
        block: encode(&head("GET", &[])),
        end_stream: true,
        end_headers: true,
    }
}

fn reset(stream: u32) -> Frame {
    Frame::Reset {
        stream,
        code: Reason::CANCEL,
    }
}

/// Sends all of it before hyper reads any.
async fn send_at_once(server: &mut Server, frames: impl IntoIterator<Item = Frame>) {
    let bytes = burst(frames);
    server.to_hyper.set_buffer(bytes.len() * 2);
    server.peer.send_bytes(&bytes).await;
}

/// The connection is given up with ENHANCE_YOUR_CALM, and nothing stays behind.
async fn assert_given_up(server: &mut Server) {
    let error = server.hyper.ended().await.expect_err("enough is enough");
    assert_eq!(kind(&error), "Http2");
    assert_eq!(reason(&error), Some(Reason::ENHANCE_YOUR_CALM));
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 0);
}

/// Streams opened and reset in one go; whether the connection lived.
async fn endures_resets_at_once(tune: fn(&mut ServerBuilder), count: u32) -> bool {
    let mut server = tuned(tune).await;
    let streams = (0..count).map(|n| 2 * n + 1);
    let frames = streams.flat_map(|stream| [request(stream), reset(stream)]);
    send_at_once(&mut server, frames).await;
    run_until_idle().await;
    if server.hyper.has_ended() {
        assert_given_up(&mut server).await;
        return false;
    }
    while server.hyper.has_calls() {
        assert!(server.hyper.next_call().await.answer.is_abandoned());
    }
    server.assert_usable(2 * count + 1).await;
    assert_eq!(server.hyper.executor.live(), 1);
    true
}

// Contract 3.3-5 (CVE-2023-44487).
#[tokio::test(start_paused = true)]
async fn twenty_streams_may_be_reset_before_they_are_looked_at() {
    assert!(endures_resets_at_once(|_| {}, 20).await);
    assert!(!endures_resets_at_once(|_| {}, 21).await);
}

// Contract 3.3-5.
#[tokio::test(start_paused = true)]
async fn max_pending_accept_reset_streams_sets_how_many() {
    let three = |builder: &mut ServerBuilder| {
        builder.max_pending_accept_reset_streams(3);
    };
    assert!(endures_resets_at_once(three, 3).await);
    assert!(!endures_resets_at_once(three, 4).await);
    let hundred = |builder: &mut ServerBuilder| {
        builder.max_pending_accept_reset_streams(100);
    };
    assert!(endures_resets_at_once(hundred, 100).await);
    let unset = |builder: &mut ServerBuilder| {
        builder
            .max_pending_accept_reset_streams(100)
            .max_pending_accept_reset_streams(None);
    };
    assert!(!endures_resets_at_once(unset, 21).await);
}

// Contract 6.2-6: one after the other they are ordinary cancellations, and leave nothing behind.
#[tokio::test(start_paused = true)]
async fn resets_that_are_looked_at_leave_nothing_behind() {
    let mut server = server().await;
    for n in 0..500 {
        let mut call = server.get(2 * n + 1).await;
        server.peer.reset(2 * n + 1, Reason::CANCEL).await;
        call.answer.abandoned().await;
    }
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 1);
    server.assert_usable(1001).await;
}

/// Malformed requests, one after the other; after how many of them the connection was given up.
async fn malformed_endured(tune: fn(&mut ServerBuilder), count: u32) -> Option<u32> {
    let mut server = tuned(tune).await;
    for n in 0..count {
        let fields = head("GET", &[("connection", "close")]);
        server.peer.send_last_headers(2 * n + 1, &fields).await;
        for frame in server.peer.settled_frames().await {
            match frame {
                Frame::Reset { code, .. } => assert_eq!(code, Reason::PROTOCOL_ERROR),
                Frame::GoAway { code, .. } => {
                    assert_eq!(code, Reason::ENHANCE_YOUR_CALM);
                    assert_given_up(&mut server).await;
                    return Some(n);
                }
                other => panic!("unexpected: {other:?}"),
            }
        }
    }
    server.assert_usable(2 * count + 1).await;
    None
}

// Contract 3.3-5 (CVE-2025-8671).
#[tokio::test(start_paused = true)]
async fn max_local_error_reset_streams_ends_the_connection_when_exceeded() {
    let three = |builder: &mut ServerBuilder| {
        builder.max_local_error_reset_streams(3);
    };
    assert_eq!(malformed_endured(three, 10).await, Some(3));
}

// Contract 3.3-5.
#[tokio::test(start_paused = true)]
async fn a_thousand_and_twenty_four_local_errors_are_endured_by_default() {
    assert_eq!(malformed_endured(|_| {}, 1100).await, Some(1024));
}

// Contract 3.3-5.
#[tokio::test(start_paused = true)]
async fn any_number_of_local_errors_is_endured_without_the_limit() {
    let unlimited = |builder: &mut ServerBuilder| {
        builder.max_local_error_reset_streams(None);
    };
    assert_eq!(malformed_endured(unlimited, 1100).await, None);
}

fn ping() -> Frame {
    Frame::Ping {
        ack: false,
        payload: *b"a flood!",
    }
}

fn settings() -> Frame {
    Frame::Settings {
        ack: false,
        entries: Vec::new(),
    }
}

// Contract 6.1-1: each is answered while the peer reads.
#[tokio::test(start_paused = true)]
async fn floods_of_pings_and_settings_are_answered_while_the_peer_reads() {
    for flood in [ping(), settings()] {
        let mut server = server().await;
        for _ in 0..20 {
            send_at_once(&mut server, repeat_n(flood.clone(), 500)).await;
            assert!(server.peer.settled_frames().await.is_empty());
        }
        server.assert_usable(1).await;
        server.peer.eof().await;
        server.hyper.ended().await.expect("a clean end");
    }
}

// Contract 6.1-1: answers do not pile up for a peer that does not read them.
#[tokio::test(start_paused = true)]
async fn floods_are_not_read_while_the_peer_does_not_read_the_answers() {
    const COUNT: usize = 30_000;
    for flood in [ping(), settings()] {
        let mut server = server().await;
        run_until_idle().await;
        server.to_peer.set_buffer(0);
        let before = server.to_hyper.delivered();
        send_at_once(&mut server, repeat_n(flood, COUNT)).await;
        run_until_idle().await;
        let read = server.to_hyper.delivered() - before;
        let left = server.to_hyper.buffered();
        assert!(read < 128 << 10, "{read} bytes read, {left} not");

        server.to_peer.set_buffer(64 << 10);
        while server.to_hyper.buffered() > 0 {
            assert!(server.peer.settled_frames().await.is_empty());
        }
        server.assert_usable(1).await;
    }
}

// Contract 6.1-1 (CVE-2019-9518).
#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_data_ends_the_connection() {
    let mut server = server().await;
    let _sibling = server.get(1).await;
    let _call = server.post(3, &[]).await;
    let empty = Frame::Data {
        stream: 3,
        payload: Bytes::new(),
        padding: None,
        end_stream: false,
    };
    send_at_once(&mut server, repeat_n(empty, 100_000)).await;
    assert_given_up(&mut server).await;
}

// Contract 6.1-1 (CVE-2024-27316).
#[tokio::test(start_paused = true)]
async fn a_flood_of_continuation_ends_the_connection() {
    let mut server = server().await;
    let start = Frame::Headers {
        stream: 1,
        block: encode(&head("GET", &[])),
        end_stream: true,
        end_headers: false,
    };
    let block = encode(&[("a", "1")]);
    let more = repeat_n(
        Frame::Continuation {
            stream: 1,
            block,
            end_headers: false,
        },
        10_000,
    );
    send_at_once(&mut server, once(start).chain(more)).await;
    assert_given_up(&mut server).await;
    assert!(!server.hyper.has_calls());
}

// Contract 6.1-1: another connection of the same server does not notice.
#[tokio::test(start_paused = true)]
async fn a_flood_is_the_misfortune_of_its_own_connection() {
    use crate::support::gate::wire;
    use crate::support::scripted_h2::RawPeer;
    use crate::support::tokio_rt::{CountingExecutor, TokioIo};
    use crate::support::tunnels::Options;
    let builder = crate::server::builder(&Options::new(), &CountingExecutor::new());
    let mut peers = Vec::new();
    let mut connections = Vec::new();
    for _ in 0..2 {
        let (client, near) = wire();
        let service = hyper::service::service_fn(crate::messages::ok);
        connections.push(tokio::spawn(
            builder.serve_connection(TokioIo::new(near), service),
        ));
        peers.push(RawPeer::client(client, &PeerSettings::default()).await);
    }
    let streams = (0..100).map(|n| 2 * n + 1);
    let bytes = burst(streams.flat_map(|stream| [request(stream), reset(stream)]));
    peers[0].send_bytes(&bytes).await;
    run_until_idle().await;
    assert!(connections[0].is_finished() && !connections[1].is_finished());
    peers[1].send_last_headers(1, &head("GET", &[])).await;
    assert_eq!(peers[1].expect_headers(1).await.status(), 200);
    assert_eq!(peers[1].read_to_end(1).await, "ok");
}
