//! Contract 6.3-3, 6.3-10: how a connection ends, and who notices.

use h2::Reason;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{
    bytes, failure, get, h2_cause, held, kind, link, link_with, post, response, tuned,
};
use crate::support::bodies::channel;
use crate::support::scripted_h2::PeerSettings;
use crate::support::tunnels::Options;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 6.3-10.
#[tokio::test(start_paused = true)]
async fn dropping_every_sender_ends_the_connection_in_peace() {
    let mut link = link().await;
    let clone = link.hyper.requests().clone();
    link.hyper.close();
    assert!(link.peer.settled_frames().await.is_empty());
    assert!(!link.hyper.has_ended());
    drop(clone);
    link.hyper.ended().await.expect("a graceful end");
    assert_eq!(link.peer.expect_goaway().await.1, Reason::NO_ERROR);
    assert!(link.peer.next().await.is_none());
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Contract 6.3-10.
#[tokio::test(start_paused = true)]
async fn streams_outlive_the_senders() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.hyper.close();
    run_until_idle().await;

    body.send_data("to the end");
    drop(body);
    assert_eq!(link.peer.read_to_end(stream).await, "to the end");
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let response = response(answer).await;
    assert!(!link.to_peer.is_ended());
    link.peer.send_last_data(stream, "so does this").await;
    assert_eq!(bytes(response).await, "so does this");
    assert_eq!(link.peer.expect_goaway().await.1, Reason::NO_ERROR);
    assert!(link.peer.next().await.is_none());
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Contract 6.3-10.
#[tokio::test(start_paused = true)]
async fn tunnels_outlive_the_senders() {
    let mut link = link().await;
    let mut tunnel = link.tunnel().await;
    link.hyper.close();
    run_until_idle().await;
    tunnel.upgraded.write_all(b"still").await.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 5).await, "still");
    link.peer.send_last_data(tunnel.stream, "here").await;
    let mut read = Vec::new();
    tunnel.upgraded.read_to_end(&mut read).await.expect("EOF");
    assert_eq!(read, b"here");
    assert!(!link.to_peer.is_ended());

    tunnel.upgraded.shutdown().await.expect("open");
    drop(tunnel);
    link.peer.expect_end(1).await;
    assert_eq!(link.peer.expect_goaway().await.1, Reason::NO_ERROR);
    assert!(link.peer.next().await.is_none());
}

// Contract 6.3-10: what waits in the queue is served before the end.
#[tokio::test(start_paused = true)]
async fn queued_requests_outlive_the_senders() {
    let mut link = link_with(&crate::client::slots(1)).await;
    let answers: Vec<_> = (0..3)
        .map(|_| link.hyper.requests().send_request(get()))
        .collect();
    link.hyper.close();
    for answer in answers {
        let (stream, _) = link.peer.expect_request().await;
        link.peer
            .send_last_headers(stream, &[(":status", "200")])
            .await;
        response(answer).await;
    }
    link.hyper.ended().await.expect("a graceful end");
}

// Contract 6.3-3, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_goodbye_ends_an_idle_connection_in_peace() {
    let mut link = link().await;
    let mut requests = link.hyper.requests().clone();
    link.peer.goaway(0, Reason::NO_ERROR).await;
    link.hyper.ended().await.expect("a graceful end");
    assert!(requests.is_closed() && !requests.is_ready());
    assert!(requests.ready().await.expect_err("closed").is_closed());
    assert!(failure(requests.send_request(get())).await.is_canceled());
}

// Contract 6.3-10: streams up to the last one named go on.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_goodbye_may_finish_its_streams() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.goaway(stream, Reason::NO_ERROR).await;
    run_until_idle().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    link.peer.send_last_data(stream, "complete").await;
    assert_eq!(bytes(response(answer).await).await, "complete");
    link.hyper.ended().await.expect("a graceful end");
}

// Contract 6.3-10, 2.3-4.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_goodbye_with_an_error_fails_the_connection() {
    let mut link = link().await;
    let mut requests = link.hyper.requests().clone();
    link.peer.goaway(0, Reason::ENHANCE_YOUR_CALM).await;
    let failed = link.hyper.ended().await.expect_err("an error code");
    assert_eq!(kind(&failed), "Http2");
    let cause = h2_cause(&failed);
    assert!(cause.is_go_away() && cause.is_remote());
    assert_eq!(cause.reason(), Some(Reason::ENHANCE_YOUR_CALM));
    assert!(requests.is_closed());
    assert!(requests.ready().await.expect_err("closed").is_closed());
}

// Contract 6.3-10, 2.3-4: what this end has found wrong, in its own words, and not the goodbye that came before it.
#[tokio::test(start_paused = true)]
async fn a_violation_is_the_connections_error_though_the_peer_has_said_goodbye() {
    let options = tuned(|builder| {
        builder.max_header_list_size(10);
    });
    let mut link = link_with(&options).await;
    let _answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.goaway(stream, Reason::CANCEL).await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let failed = link.hyper.ended().await.expect_err("too large a head");
    let cause = h2_cause(&failed);
    assert!(cause.is_go_away() && cause.is_library());
    assert_eq!(cause.reason(), Some(Reason::ENHANCE_YOUR_CALM));
    assert!(cause.to_string().contains("header_list_way_too_large"));
}

// Contract 6.3-10, 6.3-3.
#[tokio::test(start_paused = true)]
async fn the_end_of_an_idle_transport_is_a_peaceful_end() {
    let mut link = link().await;
    let requests = link.hyper.requests().clone();
    link.peer.eof().await;
    link.hyper.ended().await.expect("nothing was lost");
    assert!(requests.is_closed());
    run_until_idle().await;
    assert_eq!(link.executor.live(), 0);
}

// Contract 6.3-3: the finished future is kept; the sender may be closed already, and is so once it is dropped.
#[tokio::test(start_paused = true)]
async fn a_sender_is_closed_when_the_finished_connection_is_dropped() {
    let (client, mut peer) = held(&PeerSettings::default()).await;
    let (requests, mut connection) = (client.requests, client.connection);
    assert!(!requests.is_closed());
    peer.goaway(0, Reason::NO_ERROR).await;
    let ended = expect_soon("the end", &mut connection).await;
    ended.expect("a graceful end");
    drop(connection);
    assert!(requests.is_closed());
}

// Contract 6.3-3: nor is it closed before that.
#[tokio::test(start_paused = true)]
async fn a_sender_is_open_while_the_connection_is_not_polled() {
    let (client, mut peer) = held(&PeerSettings::default()).await;
    peer.goaway(0, Reason::NO_ERROR).await;
    run_until_idle().await;
    assert!(!client.requests.is_closed());
    drop(client.connection);
    assert!(client.requests.is_closed());
}

// Contract 6.3-10: after GOAWAY new requests have no way to start, and are given back.
#[tokio::test(start_paused = true)]
async fn a_request_after_goodbye_is_given_back_while_others_finish() {
    let mut link = link_with(&Options::new()).await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut first = response(answer).await;
    link.peer.goaway(stream, Reason::NO_ERROR).await;
    run_until_idle().await;

    let mut refused = failure(link.hyper.requests().try_send_request(get())).await;
    assert!(refused.take_message().is_some());
    assert!(refused.error().is_canceled());

    link.peer.send_last_data(stream, "rest").await;
    let frame = first.frame().await.expect("a frame").expect("no error");
    assert_eq!(frame.into_data().expect("data"), "rest");
    link.hyper.ended().await.expect("a graceful end");
}
