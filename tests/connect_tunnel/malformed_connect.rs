//! A CONNECT that breaks the rules ends its own stream; tunnels beside it, and the connection, live on.

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pressure::Io;
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::RawPeer;
use crate::support::tunnels::{connect_request, Link, Options, Role, AUTHORITY};
use crate::support::virtual_timer::expect_soon;

async fn still_works(peer: &mut RawPeer<WireEnd>, tunnel: &mut Io, stream: u32) {
    peer.send_data(stream, "ping").await;
    let mut read = [0; 4];
    let reading = tunnel.read_exact(&mut read);
    expect_soon("ping", reading)
        .await
        .expect("the tunnel is open");
    assert_eq!(&read, b"ping");
    tunnel.write_all(b"pong").await.expect("the tunnel is open");
    assert_eq!(&peer.expect_bytes(stream, 4).await[..], b"pong");
}

/// Case 22.
#[tokio::test(start_paused = true)]
async fn a_malformed_request_resets_its_stream_only() {
    let mut link = Link::raw(Role::Server, &Options::new()).await;
    let mut sibling = link.tunnel().await;
    for more in [
        &[("content-length", "5")][..],
        &[("content-length", "five")],
        &[("content-length", "1"), ("content-length", "2")],
        &[(":scheme", "https"), (":path", "/")],
        &[("connection", "close")],
    ] {
        let stream = link.peer.send_connect(AUTHORITY, more).await;
        let reason = link.peer.expect_reset(stream).await;
        assert_ne!(reason, Reason::NO_ERROR, "{more:?}");
        still_works(&mut link.peer, &mut sibling.upgraded, sibling.stream).await;
    }
    // New tunnels are served as before.
    let mut next = link.tunnel().await;
    still_works(&mut link.peer, &mut next.upgraded, next.stream).await;
    assert!(!link.hyper.has_ended());
}

/// Case 22, as the one who asked.
#[tokio::test(start_paused = true)]
async fn a_malformed_answer_resets_its_stream_only() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let mut sibling = link.tunnel().await;
    for more in [("content-length", "5"), ("connection", "close")] {
        let response = link.hyper.requests().send_request(connect_request());
        let peer = &mut link.peer;
        let answer = async move {
            let (stream, _) = peer.expect_request().await;
            peer.send_headers(stream, &[(":status", "200"), more]).await;
            let reason = peer.expect_reset(stream).await;
            assert_ne!(reason, Reason::NO_ERROR, "{more:?}");
        };
        let (response, ()) = tokio::join!(expect_soon("an end", response), answer);
        response.expect_err("no tunnel can be had from that");
        still_works(&mut link.peer, &mut sibling.upgraded, sibling.stream).await;
    }
    let mut next = link.tunnel().await;
    still_works(&mut link.peer, &mut next.upgraded, next.stream).await;
    assert!(!link.hyper.has_ended());
}
