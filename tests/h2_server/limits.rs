//! Contract 6.1-1, 3.3-3, 3.3-4: what a peer may ask for, and what becomes of more.

use h2::Reason;

use crate::messages::{empty, head, text};
use crate::server::{server, tuned, Server};
use crate::support::scripted_h2::{setting, Frame};

async fn with_two_slots() -> Server {
    tuned(|builder| {
        builder.max_concurrent_streams(2);
    })
    .await
}

// Contract 3.3-4, 6.1-1.
#[tokio::test(start_paused = true)]
async fn a_stream_over_the_limit_is_refused() {
    let mut server = with_two_slots().await;
    let first = server.get(1).await;
    let second = server.get(3).await;
    server.peer.send_last_headers(5, &head("GET", &[])).await;
    assert_eq!(server.peer.expect_reset(5).await, Reason::REFUSED_STREAM);
    assert!(!server.hyper.has_calls());
    for (stream, call) in [(1, first), (3, second)] {
        call.respond(empty());
        assert_eq!(server.peer.expect_headers(stream).await.status(), 200);
    }
    server.assert_usable(7).await;
}

// Contract 6.1-1: a stream that ended makes room, whichever way it ended.
#[tokio::test(start_paused = true)]
async fn a_finished_stream_makes_room_for_another() {
    let mut server = with_two_slots().await;
    let _held = server.get(1).await;
    for stream in [3, 5] {
        server.assert_usable(stream).await;
    }
    server.get(7).await.answer.fail("boom");
    server.peer.expect_reset(7).await;
    let mut reset = server.get(9).await;
    server.peer.reset(9, Reason::CANCEL).await;
    reset.answer.abandoned().await;
    server.assert_usable(11).await;
}

// Contract 3.3-4.
#[tokio::test(start_paused = true)]
async fn two_hundred_streams_are_served_at_a_time_by_default() {
    let mut server = server().await;
    let mut calls = Vec::new();
    for n in 0..200 {
        calls.push(server.get(2 * n + 1).await);
    }
    server.peer.send_last_headers(401, &head("GET", &[])).await;
    assert_eq!(server.peer.expect_reset(401).await, Reason::REFUSED_STREAM);
    assert_eq!(server.hyper.executor.live(), 201);
    drop(calls);
}

// Contract 3.3-4.
#[tokio::test(start_paused = true)]
async fn without_a_limit_more_streams_are_served() {
    let mut server = tuned(|builder| {
        builder.max_concurrent_streams(None);
    })
    .await;
    let mut calls = Vec::new();
    for n in 0..500 {
        calls.push(server.get(2 * n + 1).await);
    }
    for (n, call) in calls.into_iter().enumerate() {
        call.respond(empty());
        let stream = 2 * n as u32 + 1;
        assert_eq!(server.peer.expect_headers(stream).await.status(), 200);
    }
}

/// Sends a request with a field of this many bytes.
async fn send_large(server: &mut Server, stream: u32, size: usize) {
    let value = "x".repeat(size);
    let fields = head("GET", &[("large", &value)]);
    server.peer.send_last_headers(stream, &fields).await;
}

// Contract 6.1-1, 3.3-3.
#[tokio::test(start_paused = true)]
async fn a_head_over_the_limit_is_answered_with_431_and_refused() {
    let mut server = tuned(|builder| {
        builder.max_header_list_size(1000);
    })
    .await;
    let value = "x".repeat(1000);
    let fields = head("POST", &[("large", &value)]);
    server.peer.send_headers(1, &fields).await;
    assert_eq!(server.peer.expect_headers(1).await.status(), 431);
    // Which of the two is h2's affair, and has changed between its versions.
    let reset = server.peer.expect_reset(1).await;
    assert!(matches!(
        reset,
        Reason::REFUSED_STREAM | Reason::PROTOCOL_ERROR
    ));
    assert!(!server.hyper.has_calls());
    server.assert_usable(3).await;
}

// Contract 3.3-3: each field counts 32 bytes more than its name and value (RFC 9113, section 6.5.2).
#[tokio::test(start_paused = true)]
async fn a_head_just_under_the_limit_is_served() {
    let mut server = tuned(|builder| {
        builder.max_header_list_size(1000);
    })
    .await;
    let others: usize = head("GET", &[("large", "")])
        .iter()
        .map(|(name, value)| name.len() + value.len() + 32)
        .sum();
    send_large(&mut server, 1, 1000 - others - 1).await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.headers()["large"].len(), 1000 - others - 1);
}

// Contract 3.3-3.
#[tokio::test(start_paused = true)]
async fn the_default_limit_of_a_head_is_sixteen_kibibytes() {
    let mut server = server().await;
    send_large(&mut server, 1, 15 << 10).await;
    server.hyper.next_call().await.respond(empty());
    assert_eq!(server.peer.expect_headers(1).await.status(), 200);
    let value = "x".repeat(8 << 10);
    let fields = head("GET", &[("one", &value), ("two", &value)]);
    let block = crate::support::scripted_h2::encode(&fields);
    let (front, rest) = (block.slice(..16_000), block.slice(16_000..));
    server
        .peer
        .send(Frame::Headers {
            stream: 3,
            block: front,
            end_stream: true,
            end_headers: false,
        })
        .await;
    server
        .peer
        .send(Frame::Continuation {
            stream: 3,
            block: rest,
            end_headers: true,
        })
        .await;
    // Ended on both sides by now, the stream needs no reset.
    assert_eq!(server.peer.expect_headers(3).await.status(), 431);
    assert!(!server.hyper.has_calls());
}

// Contract 3.3-3 (RFC 9113, section 4.2).
#[tokio::test(start_paused = true)]
async fn a_frame_over_the_announced_size_ends_the_connection() {
    let mut server = server().await;
    let _call = server.post(1, &[]).await;
    server.peer.send_data(1, vec![0; 16_385]).await;
    assert_eq!(
        server.peer.expect_goaway().await.1,
        Reason::FRAME_SIZE_ERROR
    );
    let ended = server.hyper.ended().await.expect_err("a broken peer");
    assert_eq!(
        crate::messages::reason(&ended),
        Some(Reason::FRAME_SIZE_ERROR)
    );
}

// Contract 3.3-3.
#[tokio::test(start_paused = true)]
async fn a_larger_frame_size_is_taken_up_to_the_byte() {
    let mut server = tuned(|builder| {
        builder.max_frame_size(20_000);
    })
    .await;
    let mut call = server.post(1, &[]).await;
    server.peer.send_last_data(1, vec![7; 20_000]).await;
    assert_eq!(call.read().await.len(), 20_000);
}

// Contract 3.3-5: what the peer's own settings say about header tables is followed.
#[tokio::test(start_paused = true)]
async fn a_peer_without_a_header_table_is_answered_without_one() {
    let mut server = server().await;
    server
        .peer
        .settings(&[(setting::HEADER_TABLE_SIZE, 0)])
        .await;
    server.peer.expect_settings_ack(2).await;
    for stream in [1, 3, 5] {
        let fields = server.answered(stream, text("same")).await;
        assert_eq!(fields.get("content-length"), Some("4"));
        assert_eq!(server.peer.read_to_end(stream).await, "same");
    }
}
