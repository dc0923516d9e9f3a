//! Contract 6.3-9, 2.3-4, 2.4-9, 2.4-19: how a failed stream looks to the caller, and to reqwest and tonic, which take it apart.

use h2::Reason;
use http_body_util::BodyExt;

use crate::client::{assert_usable, failure, get, h2_cause, kind, link, response};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

// Contract 6.3-9, 2.3-4.
#[tokio::test(start_paused = true)]
async fn a_reset_before_the_response_fails_the_request_with_its_reason() {
    let mut link = link().await;
    for code in 0..=13 {
        let code = Reason::from(code);
        let answer = link.hyper.requests().send_request(get());
        let (stream, _) = link.peer.expect_request().await;
        link.peer.reset(stream, code).await;
        let failed = failure(answer).await;
        assert_eq!(kind(&failed), "Http2", "{code:?}");
        assert_eq!(failed.to_string(), "http2 error");
        let cause = h2_cause(&failed);
        assert_eq!(cause.reason(), Some(code));
        assert!(cause.is_reset() && cause.is_remote() && !cause.is_go_away());
        assert!(!failed.is_timeout() && !failed.is_user() && !failed.is_canceled());
        assert!(!failed.is_closed() && !failed.is_incomplete_message());
    }
    assert_usable(&mut link).await;
}

// Contract 2.3-4: codes no RFC names are passed on.
#[tokio::test(start_paused = true)]
async fn an_unknown_code_is_passed_on() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.reset(stream, Reason::from(0xbeef)).await;
    let failed = failure(answer).await;
    assert_eq!(h2_cause(&failed).reason(), Some(Reason::from(0xbeef)));
}

// Contract 6.3-9, 2.4-9.
#[tokio::test(start_paused = true)]
async fn a_reset_inside_the_body_fails_the_body() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.reset(stream, Reason::CANCEL).await;
    let frame = expect_soon("the end of the body", response.frame()).await;
    let failed = frame.expect("not a clean end").expect_err("not data");
    assert_eq!(kind(&failed), "Body");
    assert_eq!(failed.to_string(), "error reading a body from connection");
    let cause = h2_cause(&failed);
    assert!(cause.is_reset() && cause.is_remote());
    assert_eq!(cause.reason(), Some(Reason::CANCEL));
    assert_usable(&mut link).await;
}

// Contract 6.3-9, 2.4-9.
#[tokio::test(start_paused = true)]
async fn trailers_that_are_malformed_fail_the_body() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let mut response = response(answer).await;
    link.peer.send_data(stream, "data").await;
    response.frame().await.expect("data").expect("no error");
    link.peer
        .send_last_headers(stream, &[("connection", "close")])
        .await;
    let frame = expect_soon("the end of the body", response.frame()).await;
    let failed = frame.expect("not a clean end").expect_err("not trailers");
    assert_eq!(h2_cause(&failed).reason(), Some(Reason::PROTOCOL_ERROR));
}

// Contract 6.3-9, 2.3-4: reqwest tries such a request again.
#[tokio::test(start_paused = true)]
async fn a_stream_after_the_last_one_of_a_goodbye_fails_as_gone_away() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    link.peer.goaway(0, Reason::NO_ERROR).await;
    let failed = failure(answer).await;
    assert_eq!(kind(&failed), "Http2");
    let cause = h2_cause(&failed);
    assert!(cause.is_go_away() && cause.is_remote() && !cause.is_reset());
    assert_eq!(cause.reason(), Some(Reason::NO_ERROR));
}

// Contract 6.3-9, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_goodbye_with_an_error_fails_requests_and_connection_alike() {
    let mut link = link().await;
    let first = link.hyper.requests().send_request(get());
    let second = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    link.peer.expect_request().await;
    link.peer.goaway(0, Reason::INADEQUATE_SECURITY).await;
    let ended = link.hyper.ended().await.expect_err("an error code");
    for failed in [failure(first).await, failure(second).await, ended] {
        assert_eq!(kind(&failed), "Http2");
        let cause = h2_cause(&failed);
        assert!(cause.is_go_away() && cause.is_remote());
        assert_eq!(cause.reason(), Some(Reason::INADEQUATE_SECURITY));
    }
}

// Contract 6.3-9, 2.4-19: a peer that breaks the protocol is told so, and so is the caller.
#[tokio::test(start_paused = true)]
async fn a_violation_of_the_protocol_fails_everything_with_a_local_error() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    link.peer.expect_request().await;
    // DATA on stream 0.
    link.peer.send_data(0, "nonsense").await;
    let failed = failure(answer).await;
    let ended = link.hyper.ended().await.expect_err("a violation");
    for failed in [failed, ended] {
        assert_eq!(kind(&failed), "Http2");
        let cause = h2_cause(&failed);
        assert!(cause.is_go_away() && !cause.is_remote());
        assert_eq!(cause.reason(), Some(Reason::PROTOCOL_ERROR));
    }
    assert_eq!(link.peer.expect_goaway().await.1, Reason::PROTOCOL_ERROR);
}

// Contract 6.3-9: a malformed head is its own stream's fault.
#[tokio::test(start_paused = true)]
async fn a_malformed_response_head_fails_its_request_only() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_headers(stream, &[(":status", "200"), ("connection", "close")])
        .await;
    let failed = failure(answer).await;
    assert_eq!(kind(&failed), "Http2");
    let cause = h2_cause(&failed);
    assert!(cause.is_reset() && !cause.is_remote());
    assert_eq!(cause.reason(), Some(Reason::PROTOCOL_ERROR));
    assert_eq!(link.peer.expect_reset(stream).await, Reason::PROTOCOL_ERROR);
    assert_usable(&mut link).await;
}

// Contract 6.3-9: one stream's failure is no other's.
#[tokio::test(start_paused = true)]
async fn a_reset_leaves_the_siblings_alone() {
    let mut link = link().await;
    let victim = link.hyper.requests().send_request(get());
    let sibling = link.hyper.requests().send_request(get());
    let (first, _) = link.peer.expect_request().await;
    let (second, _) = link.peer.expect_request().await;
    link.peer.reset(first, Reason::INTERNAL_ERROR).await;
    failure(victim).await;
    run_until_idle().await;
    link.peer.send_headers(second, &[(":status", "200")]).await;
    link.peer.send_last_data(second, "unharmed").await;
    let response = response(sibling).await;
    assert_eq!(crate::client::bytes(response).await, "unharmed");
}
