//! Contract 6.3-2: readiness, and requests beyond the peer's limit.

use std::task::Poll;

use futures_util::FutureExt;

use crate::client::{assert_usable, get, held, link_with, post, response, slots, RawLink};
use crate::support::bodies::channel;
use crate::support::scripted_h2::setting;
use crate::support::virtual_timer::{run_until_idle, settle};

async fn finish(link: &mut RawLink, stream: u32) {
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn requests_beyond_the_limit_wait_for_a_slot_and_keep_their_order() {
    let mut link = link_with(&slots(2)).await;
    let answers: Vec<_> = (0..6)
        .map(|_| link.hyper.requests().send_request(get()))
        .collect();
    let mut open = vec![
        link.peer.expect_request().await.0,
        link.peer.expect_request().await.0,
    ];
    assert_eq!(open, [1, 3]);
    for next in [5, 7, 9, 11] {
        assert!(link.peer.settled_frames().await.is_empty());
        finish(&mut link, open.remove(0)).await;
        let (stream, _) = link.peer.expect_request().await;
        assert_eq!(stream, next);
        open.push(stream);
    }
    for stream in open {
        finish(&mut link, stream).await;
    }
    for answer in answers {
        response(answer).await;
    }
}

// Contract 6.3-2: a stream's slot is taken until its response has ended, too.
#[tokio::test(start_paused = true)]
async fn a_slot_is_free_when_both_directions_have_ended() {
    let mut link = link_with(&slots(1)).await;
    let first = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    let second = link.hyper.requests().send_request(get());
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let first = response(first).await;
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer.send_last_data(stream, "end").await;
    let (stream, _) = link.peer.expect_request().await;
    finish(&mut link, stream).await;
    response(second).await;
    assert_eq!(crate::client::bytes(first).await, "end");
}

// Contract 6.3-2: a body under way takes no wake-up away from those that wait behind it.
#[tokio::test(start_paused = true)]
async fn a_request_whose_body_waited_for_a_slot_lets_the_next_one_start() {
    let mut link = link_with(&slots(1)).await;
    let first = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    let (body, frames) = channel();
    let second = link.hyper.requests().send_request(post(frames));
    let third = link.hyper.requests().send_request(get());
    run_until_idle().await;
    body.send_data("waiting");
    run_until_idle().await;

    finish(&mut link, stream).await;
    response(first).await;
    let (stream, fields) = link.peer.expect_request().await;
    assert_eq!(fields.get(":method"), Some("POST"));
    drop(body);
    assert_eq!(link.peer.read_to_end(stream).await, "waiting");
    finish(&mut link, stream).await;
    response(second).await;

    let (stream, _) = link.peer.expect_request().await;
    finish(&mut link, stream).await;
    response(third).await;
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn a_limit_raised_later_starts_those_that_wait() {
    let mut link = link_with(&slots(1)).await;
    let answers: Vec<_> = (0..3)
        .map(|_| link.hyper.requests().send_request(get()))
        .collect();
    assert_eq!(link.peer.expect_request().await.0, 1);
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer
        .settings(&[(setting::MAX_CONCURRENT_STREAMS, 3)])
        .await;
    assert_eq!(link.peer.expect_request().await.0, 3);
    assert_eq!(link.peer.expect_request().await.0, 5);
    for stream in [1, 3, 5] {
        finish(&mut link, stream).await;
    }
    for answer in answers {
        response(answer).await;
    }
}

// Contract 6.3-2: no slots at all only means waiting.
#[tokio::test(start_paused = true)]
async fn requests_wait_while_the_peer_allows_none() {
    let mut link = link_with(&slots(0)).await;
    let answer = link.hyper.requests().send_request(get());
    assert!(link.peer.settled_frames().await.is_empty());
    link.peer
        .settings(&[(setting::MAX_CONCURRENT_STREAMS, 1)])
        .await;
    let (stream, _) = link.peer.expect_request().await;
    finish(&mut link, stream).await;
    response(answer).await;
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn a_sender_is_ready_from_the_start_however_many_requests_wait() {
    let (mut client, mut peer) = held(&slots(1).peer).await;
    assert!(client.requests.is_ready() && !client.requests.is_closed());
    let mut answers = Vec::new();
    for _ in 0..1000 {
        let ready = client.requests.ready().now_or_never();
        ready.expect("at once").expect("open");
        assert!(client.requests.is_ready());
        answers.push(client.requests.send_request(get()));
    }
    assert!(settle(&mut client.connection).await.is_pending());
    assert_eq!(peer.expect_request().await.0, 1);
    assert!(peer.settled_frames().await.is_empty());
    let ready = std::future::poll_fn(|cx| match client.requests.poll_ready(cx) {
        Poll::Ready(ready) => Poll::Ready(Some(ready)),
        Poll::Pending => Poll::Ready(None),
    });
    ready.await.expect("at once").expect("open");
    assert!(client.requests.is_ready());
}

// Contract 6.3-2.
#[tokio::test(start_paused = true)]
async fn the_peers_limit_is_reported() {
    let (client, mut peer) = held(&slots(7).peer).await;
    run_until_idle().await;
    assert_eq!(client.connection.current_max_send_streams(), 7);
    peer.settings(&[(setting::MAX_CONCURRENT_STREAMS, 9)]).await;
    run_until_idle().await;
    assert_eq!(client.connection.current_max_send_streams(), 9);
}

// Contract 6.3-2: clones are handles of one queue.
#[tokio::test(start_paused = true)]
async fn clones_share_the_connection() {
    let mut link = link_with(&slots(1)).await;
    let mut clones: Vec<_> = (0..3).map(|_| link.hyper.requests().clone()).collect();
    let answers: Vec<_> = clones
        .iter_mut()
        .map(|requests| requests.send_request(get()))
        .collect();
    drop(clones);
    for answer in answers {
        let (stream, _) = link.peer.expect_request().await;
        finish(&mut link, stream).await;
        response(answer).await;
    }
    assert_usable(&mut link).await;
}

// Contract 6.3-2, 6.1-1: a stream refused for want of a slot is the caller's to try again.
#[tokio::test(start_paused = true)]
async fn a_request_sent_before_the_limit_was_known_may_be_refused() {
    let mut link = link_with(&slots(1)).await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.reset(stream, h2::Reason::REFUSED_STREAM).await;
    let failed = crate::client::failure(answer).await;
    let cause = crate::client::h2_cause(&failed);
    assert!(cause.is_remote() && cause.is_reset());
    assert_eq!(cause.reason(), Some(h2::Reason::REFUSED_STREAM));
    assert_usable(&mut link).await;
}
