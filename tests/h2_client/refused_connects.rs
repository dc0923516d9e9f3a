//! Contract 6.4-4: answers to CONNECT that open no tunnel are ordinary responses.

use h2::Reason;
use hyper::upgrade::OnUpgrade;

use crate::client::{assert_usable, bytes, failure, h2_cause, kind, link, response, tuned};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::connect_request;
use crate::support::virtual_timer::run_until_idle;

const REFUSALS: [&str; 7] = ["300", "302", "400", "403", "407", "500", "502"];

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn any_other_answer_is_an_ordinary_response_with_its_body() {
    let mut link = link().await;
    for status in REFUSALS {
        let answer = link.hyper.requests().send_request(connect_request());
        let (stream, _) = link.peer.expect_request().await;
        link.peer
            .send_headers(stream, &[(":status", status), ("content-length", "6")])
            .await;
        link.peer.send_last_data(stream, "denied").await;
        let response = response(answer).await;
        assert_eq!(response.status().as_str(), status);
        assert!(response.extensions().get::<OnUpgrade>().is_none());
        assert_eq!(bytes(response).await, "denied");
        link.peer.settled_frames().await;
    }
}

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn there_is_nothing_to_upgrade_to() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "403")])
        .await;
    let response = response(answer).await;
    let failed = hyper::upgrade::on(response).await.expect_err("no tunnel");
    assert_eq!(kind(&failed), "User(NoUpgrade)");
}

// Contract 6.4-4, with the difference that the request's stream is ended and not reset.
#[tokio::test(start_paused = true)]
async fn the_request_is_ended_and_not_reset() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "403")]).await;
    let response = response(answer).await;
    link.peer.expect_end(stream).await;
    link.peer.send_last_data(stream, "denied").await;
    assert_eq!(bytes(response).await, "denied");
    let frames = link.peer.settled_frames().await;
    let resets = frames
        .iter()
        .any(|frame| matches!(frame, Frame::Reset { .. }));
    assert!(!resets, "{frames:?}");
    assert_usable(&mut link).await;
}

// Contract 6.4-4: refused streams leave nothing behind.
#[tokio::test(start_paused = true)]
async fn a_refused_connect_leaves_no_task_behind() {
    let mut link = link().await;
    let before = link.executor.live();
    for _ in 0..20 {
        let answer = link.hyper.requests().send_request(connect_request());
        let (stream, _) = link.peer.expect_request().await;
        link.peer
            .send_last_headers(stream, &[(":status", "407")])
            .await;
        drop(response(answer).await);
        link.peer.settled_frames().await;
    }
    assert_eq!(link.executor.live(), before);
    assert_usable(&mut link).await;
}

// Contract 6.3-9, 6.4-4.
#[tokio::test(start_paused = true)]
async fn a_connect_the_peer_resets_fails_with_its_reason() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.reset(stream, Reason::CONNECT_ERROR).await;
    let failed = failure(answer).await;
    assert_eq!(kind(&failed), "Http2");
    let cause = h2_cause(&failed);
    assert!(cause.is_remote());
    assert_eq!(cause.reason(), Some(Reason::CONNECT_ERROR));
    assert_usable(&mut link).await;
}

// Contract 6.4-4, 7.1-7: a refusal whose body nobody reads is cancelled like any response.
#[tokio::test(start_paused = true)]
async fn a_refusal_dropped_unread_is_cancelled() {
    let mut link = crate::client::link_with(&tuned(|_| {})).await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "403")]).await;
    let response = response(answer).await;
    run_until_idle().await;
    drop(response);
    let frames = link.peer.settled_frames().await;
    let Some(Frame::Reset { code, .. }) = frames.last() else {
        panic!("the response was not over: {frames:?}")
    };
    assert_eq!(*code, Reason::CANCEL);
    assert_usable(&mut link).await;
}
