//! Contract 6.2-3, 6.1-1, 6.1-5, 7.1: the body of a request as the service reads it.

use h2::Reason;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::messages::{empty, kind, reason};
use crate::server::{server, tuned, Call};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};

async fn next_data(call: &mut Call) -> bytes::Bytes {
    let frame = expect_soon("a frame", call.request.body_mut().frame()).await;
    let frame = frame.expect("the body goes on").expect("no error");
    frame.into_data().expect("data")
}

async fn next_error(call: &mut Call) -> hyper::Error {
    let frame = expect_soon("the failure", call.request.body_mut().frame()).await;
    frame.expect("not a clean end").expect_err("not a frame")
}

// Contract 6.2-3, 7.1-1, 7.1-2.
#[tokio::test(start_paused = true)]
async fn end_stream_on_the_head_makes_an_empty_body_of_size_zero() {
    let mut server = server().await;
    let mut call = server.request(1, "POST", &[]).await;
    let body = call.request.body_mut();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert!(body.frame().await.is_none());
}

// Contract 6.2-3, 7.1-2.
#[tokio::test(start_paused = true)]
async fn content_length_is_the_size_and_shrinks_as_data_is_read() {
    let mut server = server().await;
    let mut call = server.post(1, &[("content-length", "10")]).await;
    assert_eq!(call.request.body().size_hint().exact(), Some(10));
    assert!(!call.request.body().is_end_stream());
    server.peer.send_data(1, "0123").await;
    assert_eq!(next_data(&mut call).await, "0123");
    assert_eq!(call.request.body().size_hint().exact(), Some(6));
    server.peer.send_last_data(1, "456789").await;
    assert_eq!(next_data(&mut call).await, "456789");
    assert_eq!(call.request.body().size_hint().exact(), Some(0));
    assert!(call.request.body().is_end_stream());
}

// Contract 6.2-3, 7.1-2.
#[tokio::test(start_paused = true)]
async fn without_content_length_the_size_is_unknown() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    let hint = call.request.body().size_hint();
    assert_eq!((hint.lower(), hint.upper()), (0, None));
    assert!(!call.request.body().is_end_stream());
    server.peer.send_data(1, "some").await;
    server.peer.send_last_data(1, " more").await;
    assert_eq!(call.read().await, "some more");
}

// Contract 7.1-3: data, one frame of trailers, then nothing for ever.
#[tokio::test(start_paused = true)]
async fn trailers_follow_the_data_and_nothing_follows_them() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_data(1, "data").await;
    server.peer.send_last_headers(1, &[("sum", "42")]).await;
    assert_eq!(next_data(&mut call).await, "data");
    let body = call.request.body_mut();
    let trailers = body.frame().await.expect("a frame").expect("no error");
    let trailers = trailers.into_trailers().expect("trailers");
    let expected = HeaderMap::from_iter([("sum".parse().unwrap(), "42".parse().unwrap())]);
    assert_eq!(trailers, expected);
    for _ in 0..3 {
        assert!(body.frame().await.is_none());
    }
    assert!(body.is_end_stream());
}

// Contract 7.1-3.
#[tokio::test(start_paused = true)]
async fn a_body_waits_for_its_peer() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    assert!(settle(&mut call.request.body_mut().frame())
        .await
        .is_pending());
    server.peer.send_data(1, "late").await;
    assert_eq!(next_data(&mut call).await, "late");
}

// Contract 6.1-1: content-length is held against the data.
#[tokio::test(start_paused = true)]
async fn more_data_than_announced_resets_the_stream() {
    let mut server = server().await;
    let mut call = server.post(1, &[("content-length", "3")]).await;
    server.peer.send_data(1, "four").await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    let error = next_error(&mut call).await;
    assert_eq!(kind(&error), "Body");
    assert_eq!(reason(&error), Some(Reason::PROTOCOL_ERROR));
    drop(call);
    server.assert_usable(3).await;
}

// Contract 6.1-1.
#[tokio::test(start_paused = true)]
async fn less_data_than_announced_resets_the_stream() {
    let mut server = server().await;
    let mut call = server.post(1, &[("content-length", "5")]).await;
    server.peer.send_last_data(1, "four").await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    let error = next_error(&mut call).await;
    assert_eq!(reason(&error), Some(Reason::PROTOCOL_ERROR));
    drop(call);
    server.assert_usable(3).await;
}

// Contract 6.1-1: nor may a request announce what its own head rules out.
#[tokio::test(start_paused = true)]
async fn a_head_that_ends_the_stream_short_of_its_length_is_reset() {
    let mut server = server().await;
    let fields = crate::messages::head("POST", &[("content-length", "5")]);
    server.peer.send_last_headers(1, &fields).await;
    assert_eq!(server.peer.expect_reset(1).await, Reason::PROTOCOL_ERROR);
    assert!(!server.hyper.has_calls());
    server.assert_usable(3).await;
}

// Contract 6.1-5, 7.1-7.
#[tokio::test(start_paused = true)]
async fn window_is_given_back_when_data_is_polled_and_not_before() {
    const WINDOW: u32 = 65_535;
    let mut server = tuned(|builder| {
        builder
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
    })
    .await;
    let mut call = server.post(1, &[]).await;
    for _ in 0..3 {
        server.peer.send_data(1, vec![0; 16_384]).await;
    }
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!((server.peer.credit(0), server.peer.credit(1)), (0, 0));

    let mut taken = 0;
    while taken < 3 * 16_384 {
        taken += next_data(&mut call).await.len() as u64;
    }
    assert!(server.peer.settled_frames().await.is_empty());
    assert_eq!(
        (server.peer.credit(0), server.peer.credit(1)),
        (taken, taken)
    );
}

// Contract 3.3-1, 6.1-1: a peer that overruns the window is stopped.
#[tokio::test(start_paused = true)]
async fn data_beyond_the_streams_window_resets_the_stream() {
    let mut server = tuned(|builder| {
        builder.initial_stream_window_size(1000);
    })
    .await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_data(1, vec![0; 1001]).await;
    let reset = server.peer.expect_reset(1).await;
    assert_eq!(reset, Reason::FLOW_CONTROL_ERROR);
    assert_eq!(reason(&next_error(&mut call).await), Some(reset));
    drop(call);
    server.assert_usable(3).await;
}

// Contract 6.1-5, 6.2-7: what a dropped body had not read is given back to the connection.
#[tokio::test(start_paused = true)]
async fn a_body_dropped_unread_does_not_keep_the_connections_window() {
    let mut server = tuned(|builder| {
        builder.initial_connection_window_size(65_535);
    })
    .await;
    let call = server.post(1, &[]).await;
    for _ in 0..3 {
        server.peer.send_data(1, vec![0; 16_384]).await;
    }
    run_until_idle().await;
    call.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    server.peer.settled_frames().await;
    assert_eq!(server.peer.credit(0), 3 * 16_384);
}

// Contract 6.1-4, 7.1-3: empty DATA is a frame like others, and neither an end nor an error.
#[tokio::test(start_paused = true)]
async fn empty_data_does_not_end_the_body() {
    let mut server = server().await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_data(1, "").await;
    server.peer.send_data(1, "data").await;
    server.peer.send_last_data(1, "").await;
    assert_eq!(call.read().await, "data");
}
