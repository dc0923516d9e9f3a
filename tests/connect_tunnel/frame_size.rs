//! Frames are as large as the peer allows, and no larger.

use super::pattern::Arrived;
use super::pressure::{PatternWriter, FRAME};
use crate::support::scripted_h2::setting::MAX_FRAME_SIZE;
use crate::support::tunnels::{both_roles, Link, Options, Role};

both_roles!(
    no_frame_is_larger_than_the_peer_allows,
    a_frame_size_raised_later_is_kept_too,
    a_limit_of_frames_and_a_bit_sends_no_crumbs,
);

/// Case 15.
async fn no_frame_is_larger_than_the_peer_allows(role: Role) {
    const LEN: usize = 4 << 20;
    for allowed in [FRAME, 20_000, 1 << 20] {
        for size in [1000, 8 << 10, 64 << 10] {
            let options = Options::new()
                .max_frame_size(allowed as u32)
                .stream_window(1 << 30)
                .connection_window(1 << 30);
            let mut link = Link::raw(role, &options).await;
            let mut tunnel = link.tunnel().await;
            let stream = tunnel.stream;
            let writing = tokio::spawn(async move {
                let mut writer = PatternWriter::default();
                let written = writer.write_to(&mut tunnel.upgraded, LEN, size).await;
                written.map(|()| tunnel)
            });
            let mut arrived = Arrived::default();
            let mut frames = 0;
            while arrived.len() < LEN {
                let (payload, _) = link.peer.expect_data(stream).await;
                assert!((1..=allowed).contains(&payload.len()));
                arrived.push(&payload);
                frames += 1;
            }
            // Small ones may come, but not as a habit.
            assert!(frames <= LEN / 500, "{frames} frames");
            writing.await.expect("no panic").expect("all is accepted");
        }
    }
}

/// Case 15: the limit is the peer's latest.
async fn a_frame_size_raised_later_is_kept_too(role: Role) {
    let options = Options::new().stream_window(0).connection_window(1 << 24);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let mut writer = PatternWriter::default();
    let mut arrived = Arrived::default();
    for (acks, allowed) in [(2, 40_000), (3, FRAME), (4, 100_000)] {
        link.peer
            .settings(&[(MAX_FRAME_SIZE, allowed as u32)])
            .await;
        link.peer.expect_settings_ack(acks).await;
        let end = arrived.len() + 300_000;
        link.peer.grant(tunnel.stream, 300_000).await;
        while arrived.len() < end {
            writer
                .fill(&mut tunnel.upgraded, &[64 << 10], end + (256 << 10))
                .await;
            let (payload, _) = link.peer.expect_data(tunnel.stream).await;
            assert!((1..=allowed).contains(&payload.len()));
            arrived.push(&payload);
        }
        assert_eq!(arrived.len(), end);
    }
}

/// Case 15, from below: room for a byte is no reason to send one while a frame waits.
async fn a_limit_of_frames_and_a_bit_sends_no_crumbs(role: Role) {
    const FRAMES: usize = 100;
    for limit in [2 * FRAME + 1, 3 * FRAME + 100, 5 * FRAME + 8000] {
        let options = Options::new()
            .stream_window(1 << 30)
            .connection_window(1 << 30)
            .max_send_buf_size(limit)
            .socket_buffer(5000);
        let mut link = Link::raw(role, &options).await;
        let mut tunnel = link.tunnel().await;
        let stream = tunnel.stream;
        let writing = tokio::spawn(async move {
            let mut writer = PatternWriter::default();
            let written = writer.write_to(&mut tunnel.upgraded, FRAMES * FRAME, FRAME);
            written.await.map(|()| tunnel)
        });
        let mut arrived = Arrived::default();
        let mut frames = 0;
        while arrived.len() < FRAMES * FRAME {
            arrived.push(&link.peer.expect_data(stream).await.0);
            frames += 1;
        }
        assert!(frames <= FRAMES + 4, "limit {limit}: {frames} frames");
        writing.await.expect("no panic").expect("all is accepted");
    }
}
