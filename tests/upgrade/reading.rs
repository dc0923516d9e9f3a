//! Contract 6.4-6, 7.3-1: what is read from a tunnel.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::rt::{Read, ReadBuf};
use tokio::io::AsyncReadExt;

use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle, CountingWaker};

both_roles!(
    bytes_come_in_order_whatever_the_size_of_reads,
    the_peers_end_reads_as_the_end_and_goes_on_doing_so,
    bytes_sent_before_the_tunnel_was_taken_are_read_first,
    empty_data_is_not_the_end,
    window_is_given_back_as_bytes_are_read,
    a_pending_read_is_woken_by_data,
    a_read_without_room_takes_nothing,
);

// Contract 7.3-1, 6.4-6.
async fn bytes_come_in_order_whatever_the_size_of_reads(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let sent: Vec<u8> = (0..=255).cycle().take(30_000).collect();
    for piece in sent.chunks(7001) {
        link.peer
            .send_data(tunnel.stream, Bytes::copy_from_slice(piece))
            .await;
    }
    let mut received = Vec::new();
    for size in (1..=977).cycle() {
        let mut bytes = vec![0; size];
        let n = expect_soon("bytes", tunnel.upgraded.read(&mut bytes)).await;
        received.extend_from_slice(&bytes[..n.expect("no error")]);
        if received.len() == sent.len() {
            break;
        }
    }
    assert!(received == sent);
}

// Contract 6.4-6.
async fn the_peers_end_reads_as_the_end_and_goes_on_doing_so(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_data(tunnel.stream, "last").await;
    let mut bytes = [0; 10];
    assert_eq!(tunnel.upgraded.read(&mut bytes).await.expect("data"), 4);
    for _ in 0..3 {
        assert_eq!(tunnel.upgraded.read(&mut bytes).await.expect("EOF"), 0);
    }
}

// Contract 7.3-1: none of what the peer was quick to send is lost.
async fn bytes_sent_before_the_tunnel_was_taken_are_read_first(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let upgraded = match role {
        Role::Server => {
            let stream = link.peer.send_connect("target.example:443", &[]).await;
            link.peer.send_data(stream, "early").await;
            run_until_idle().await;
            link.peer.send_last_data(stream, " bird").await;
            let on_upgrade = link.hyper.next_upgrade().await;
            run_until_idle().await;
            on_upgrade.await
        }
        Role::Client => {
            let connect = crate::support::tunnels::connect_request();
            let answer = link.hyper.requests().send_request(connect);
            let (stream, _) = link.peer.expect_request().await;
            link.peer.send_headers(stream, &[(":status", "200")]).await;
            link.peer.send_data(stream, "early").await;
            link.peer.send_last_data(stream, " bird").await;
            run_until_idle().await;
            let response = expect_soon("the answer", answer).await;
            hyper::upgrade::on(response.expect("a tunnel")).await
        }
    };
    let mut tunnel = crate::support::tokio_rt::TokioIo::new(upgraded.expect("a tunnel"));
    let mut read = String::new();
    tunnel.read_to_string(&mut read).await.expect("EOF");
    assert_eq!(read, "early bird");
}

// Contract 6.4-6.
async fn empty_data_is_not_the_end(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "").await;
    let mut bytes = [0; 10];
    let mut read = Box::pin(tunnel.upgraded.read(&mut bytes));
    assert!(settle(&mut read).await.is_pending());
    link.peer.send_data(tunnel.stream, "").await;
    link.peer
        .send(Frame::Data {
            stream: tunnel.stream,
            payload: Bytes::from_static(b"data"),
            padding: Some(20),
            end_stream: false,
        })
        .await;
    assert_eq!(expect_soon("data", read).await.expect("no error"), 4);
    assert_eq!(&bytes[..4], b"data");
}

// Contract 6.4-6.
async fn window_is_given_back_as_bytes_are_read(role: Role) {
    let options = Options::new().tune(
        |server| {
            server
                .initial_stream_window_size(100_000)
                .initial_connection_window_size(100_000);
        },
        |client| {
            client
                .initial_stream_window_size(100_000)
                .initial_connection_window_size(100_000);
        },
    );
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let before = link.peer.credit(0);
    for _ in 0..5 {
        link.peer.send_data(tunnel.stream, vec![0; 16_000]).await;
    }
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.peer.credit(tunnel.stream), 0);
    assert_eq!(link.peer.credit(0), before);

    let mut bytes = vec![0; 80_000];
    let read = tunnel.upgraded.read_exact(&mut bytes).await;
    assert_eq!(read.expect("all of it"), 80_000);
    assert!(link.peer.settled_frames().await.is_empty());
    assert_eq!(link.peer.credit(tunnel.stream), 80_000);
    assert_eq!(link.peer.credit(0) - before, 80_000);
}

// Contract 6.4-6.
async fn a_pending_read_is_woken_by_data(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let tunnel = link.tunnel().await;
    let mut upgraded = tunnel.upgraded.into_inner();
    let (wakes, waker) = CountingWaker::new();
    let mut cx = Context::from_waker(&waker);
    let mut bytes = [0; 10];
    let mut buf = ReadBuf::new(&mut bytes);
    let read = Pin::new(&mut upgraded).poll_read(&mut cx, buf.unfilled());
    assert!(read.is_pending());
    run_until_idle().await;
    assert_eq!(wakes.wakes(), 0);
    link.peer.send_data(tunnel.stream, "wake up").await;
    run_until_idle().await;
    assert!(wakes.wakes() >= 1);
    let read = Pin::new(&mut upgraded).poll_read(&mut cx, buf.unfilled());
    assert!(matches!(read, Poll::Ready(Ok(()))));
    assert_eq!(buf.filled(), b"wake up");
}

// Contract 7.2-1, 7.3-1: no room is not the end, and costs no bytes.
async fn a_read_without_room_takes_nothing(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "kept").await;
    run_until_idle().await;
    assert_eq!(tunnel.upgraded.read(&mut []).await.expect("no error"), 0);
    let mut bytes = [0; 4];
    let read = tunnel.upgraded.read_exact(&mut bytes).await;
    assert_eq!(read.expect("there are bytes"), 4);
    assert_eq!(&bytes, b"kept");
}
