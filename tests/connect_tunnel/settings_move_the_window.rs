//! SETTINGS_INITIAL_WINDOW_SIZE moves the window of open tunnels, below zero as well (RFC 9113, section 6.9.2).

use super::pattern::Arrived;
use super::pressure::{fill, offer, write, PatternWriter, FRAME};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{setting::INITIAL_WINDOW_SIZE, Frame, RawPeer};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::expect_soon;

both_roles!(
    a_window_below_zero_sends_nothing_until_it_is_positive,
    bytes_with_h2_do_not_overdraw_a_window_that_shrinks,
    settings_wake_every_waiting_writer,
    a_window_that_moves_up_and_down_loses_nothing,
);

/// Case 11.
async fn a_window_below_zero_sends_nothing_until_it_is_positive(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(1000)).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let mut writer = PatternWriter::default();
    let mut arrived = Arrived::default();
    writer
        .fill(&mut tunnel.upgraded, &[700], 1000 + 4 * FRAME)
        .await;
    arrived.push(&link.peer.expect_bytes(stream, 1000).await);

    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    assert_eq!(link.peer.settled_frames().await, []);
    for grant in [1, 500, 499] {
        link.peer.grant(stream, grant).await;
        assert_eq!(link.peer.settled_frames().await, []);
        assert_eq!(offer(&mut tunnel.upgraded, &[0]).await, None);
    }
    link.peer.grant(stream, 3).await;
    arrived.push(&link.peer.expect_bytes(stream, 3).await);
    assert_eq!(link.peer.settled_frames().await, []);
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 7)]).await;
    arrived.push(&link.peer.expect_bytes(stream, 7).await);
    assert_eq!(link.peer.settled_frames().await, []);
}

/// Case 11: capacity that was granted, but not yet spent on the wire, is taken back.
async fn bytes_with_h2_do_not_overdraw_a_window_that_shrinks(role: Role) {
    let options = Options::new().connection_window(1 << 20);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.set_buffer(0);
    let mut writer = PatternWriter::default();
    writer
        .fill(&mut tunnel.upgraded, &[5000], 65_535 + 4 * FRAME)
        .await;
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    link.to_peer.set_buffer(1000);

    // What was under way when the SETTINGS came may still come, up to their acknowledgement.
    let mut arrived = Arrived::default();
    data_until_ack(&mut link.peer, &mut arrived).await;
    // A whole frame must fit, or `settled_frames` would miss its first half.
    link.to_peer.set_buffer(64 << 10);
    let early = arrived.len();
    assert!(early <= 65_535);
    assert_eq!(link.peer.settled_frames().await, []);

    // Now the window stands at minus what was sent.
    link.peer.grant(tunnel.stream, early as u32).await;
    assert_eq!(link.peer.settled_frames().await, []);
    link.peer.grant(tunnel.stream, 10_000).await;
    arrived.push(&link.peer.expect_bytes(tunnel.stream, 10_000).await);
    assert_eq!(link.peer.settled_frames().await, []);
    link.peer.grant(tunnel.stream, 1 << 20).await;
    while arrived.len() < writer.accepted() {
        arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
    }
}

async fn data_until_ack(peer: &mut RawPeer<WireEnd>, arrived: &mut Arrived) {
    loop {
        let frame = expect_soon("SETTINGS acknowledgement", peer.next_raw()).await;
        match frame.expect("the connection lives") {
            Frame::Data { payload, .. } => arrived.push(&payload),
            Frame::Settings { ack: true, .. } => return,
            other => panic!("{other:?} where DATA or the acknowledgement was due"),
        }
    }
}

/// Case 12.
async fn settings_wake_every_waiting_writer(role: Role) {
    const TUNNELS: usize = 50;
    let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
    let mut writers = Vec::new();
    for _ in 0..TUNNELS {
        let mut tunnel = link.tunnel().await;
        fill(&mut tunnel.upgraded, &[1; 1000], 4 * FRAME).await;
        let stream = tunnel.stream;
        let writing = async move {
            let accepted = write(&mut tunnel.upgraded, &[2; 1000]).await;
            accepted.map(|_| tunnel)
        };
        writers.push((stream, tokio::spawn(writing)));
    }
    assert_eq!(link.peer.settled_frames().await, []);
    link.peer.settings(&[(INITIAL_WINDOW_SIZE, 1200)]).await;
    let mut open = Vec::new();
    for (stream, writer) in &mut writers {
        link.peer.expect_bytes(*stream, 1200).await;
        let written = expect_soon("the wake-up", writer).await;
        let written = written.expect("no panic").expect("the tunnel is open");
        // A drop would send END_STREAM among the rest.
        open.push(written);
    }
}

/// Cases 11 and 12, again and again while a writer writes.
async fn a_window_that_moves_up_and_down_loses_nothing(role: Role) {
    let options = Options::new().connection_window(1 << 26);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let mut writer = PatternWriter::default();
    let mut arrived = Arrived::default();
    let (mut initial, mut granted) = (65_535_isize, 0);
    for round in 0..200_isize {
        initial = [0, 1, 20_000, 300, 65_535, 16_384][round as usize % 6];
        link.peer
            .settings(&[(INITIAL_WINDOW_SIZE, initial as u32)])
            .await;
        if round % 3 == 0 {
            granted += 777;
            link.peer.grant(stream, 777).await;
        }
        let open = (initial + granted).max(arrived.len() as isize) as usize;
        // What had left before the window shrank counts as well.
        let most = open.max(65_535 + granted as usize) + 4 * FRAME;
        writer.fill(&mut tunnel.upgraded, &[900], most).await;
        for frame in link.peer.settled_frames().await {
            match frame {
                Frame::Data { payload, .. } => arrived.push(&payload),
                other => panic!("{other:?} on an open tunnel"),
            }
        }
        let most = (65_535 + granted) as usize;
        assert!(arrived.len() <= most);
        if arrived.len() < writer.accepted() {
            assert!(arrived.len() as isize >= initial + granted);
        }
    }
    let due = arrived.len() as isize - initial - granted;
    link.peer
        .grant(stream, (due.max(0) + (1 << 20)) as u32)
        .await;
    while arrived.len() < writer.accepted() {
        arrived.push(&link.peer.expect_data(stream).await.0);
    }
}
