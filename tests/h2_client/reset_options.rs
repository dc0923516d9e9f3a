//! Contract 3.4-3: how many streams hyper itself reset are remembered, and how many it may have to reset.

use std::time::Duration;

use h2::Reason;

use crate::client::{failure, get, kind, link_with, tuned, RawLink};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::ClientBuilder;
use crate::support::virtual_timer::run_until_idle;

/// Opens a stream and makes hyper reset it.
async fn reset_stream(link: &mut RawLink) -> u32 {
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    drop(answer);
    assert_eq!(link.peer.expect_reset(stream).await, Reason::CANCEL);
    stream
}

/// What hyper says to data for a stream that it reset before.
async fn frames_after_data_on_a_reset_stream(tune: fn(&mut ClientBuilder)) -> Vec<Frame> {
    let mut link = link_with(&tuned(tune)).await;
    let first = reset_stream(&mut link).await;
    let _second = reset_stream(&mut link).await;
    link.peer.send_headers(first, &[(":status", "200")]).await;
    link.peer.send_data(first, "too late").await;
    link.peer.settled_frames().await
}

// Contract 3.4-3: fifty streams, a second each.
#[tokio::test(start_paused = true)]
async fn a_stream_reset_a_moment_ago_is_remembered_by_default() {
    let frames = frames_after_data_on_a_reset_stream(|_| {}).await;
    assert_eq!(frames, []);
}

fn assert_forgotten(frames: &[Frame]) {
    let closed = frames.iter().any(|frame| {
        matches!(
            frame,
            Frame::Reset {
                stream: 1,
                code: Reason::STREAM_CLOSED
            }
        )
    });
    assert!(closed, "{frames:?}");
}

// Contract 3.4-3.
#[tokio::test(start_paused = true)]
async fn max_concurrent_reset_streams_bounds_what_is_remembered() {
    let frames = frames_after_data_on_a_reset_stream(|builder| {
        builder.max_concurrent_reset_streams(0);
    });
    assert_forgotten(&frames.await);
}

// Contract 3.4-3.
#[tokio::test(start_paused = true)]
async fn reset_stream_duration_bounds_how_long_it_is_remembered() {
    let frames = frames_after_data_on_a_reset_stream(|builder| {
        builder.reset_stream_duration(Duration::ZERO);
    });
    assert_forgotten(&frames.await);
}

/// Has the peer send `count` responses that hyper must reset; tells after how many hyper gave up the connection.
async fn broken_responses_endured(tune: fn(&mut ClientBuilder), count: usize) -> Option<usize> {
    let mut link = link_with(&tuned(tune)).await;
    for endured in 0..count {
        let answer = link.hyper.requests().send_request(get());
        let (stream, _) = link.peer.expect_request().await;
        let broken = [(":status", "200"), ("connection", "close")];
        link.peer.send_headers(stream, &broken).await;
        let failed = failure(answer).await;
        assert_eq!(kind(&failed), "Http2");
        run_until_idle().await;
        for frame in link.peer.settled_frames().await {
            match frame {
                Frame::Reset { code, .. } => assert_eq!(code, Reason::PROTOCOL_ERROR),
                Frame::GoAway { code, .. } => {
                    assert_eq!(code, Reason::ENHANCE_YOUR_CALM);
                    return Some(endured);
                }
                other => panic!("unexpected: {other:?}"),
            }
        }
    }
    None
}

// Contract 3.4-3.
#[tokio::test(start_paused = true)]
async fn max_local_error_reset_streams_ends_the_connection_when_exceeded() {
    let endured = broken_responses_endured(
        |builder| {
            builder.max_local_error_reset_streams(3);
        },
        10,
    );
    assert_eq!(endured.await, Some(3));
}

// Contract 3.4-3.
#[tokio::test(start_paused = true)]
async fn a_thousand_and_twenty_four_local_errors_are_endured_by_default() {
    assert_eq!(broken_responses_endured(|_| {}, 1100).await, Some(1024));
}

// Contract 3.4-3.
#[tokio::test(start_paused = true)]
async fn any_number_of_local_errors_is_endured_without_the_limit() {
    let endured = broken_responses_endured(
        |builder| {
            builder.max_local_error_reset_streams(None);
        },
        1100,
    );
    assert_eq!(endured.await, None);
}

// Contract 3.4-3: a limit on pushed streams, of which a client without push has none.
#[tokio::test(start_paused = true)]
async fn max_pending_accept_reset_streams_is_taken() {
    let mut link = link_with(&tuned(|builder| {
        builder
            .max_pending_accept_reset_streams(1)
            .max_pending_accept_reset_streams(None);
    }))
    .await;
    reset_stream(&mut link).await;
    crate::client::assert_usable(&mut link).await;
}
