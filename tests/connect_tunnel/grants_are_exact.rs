//! A grant of n bytes puts exactly n bytes on the wire, in order; no DATA goes beyond it.

use super::pattern::Arrived;
use super::pressure::{PatternWriter, FRAME};
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role};

both_roles!(
    a_grant_of_n_bytes_brings_exactly_n_bytes,
    a_grant_that_comes_first_is_spent_exactly,
    grants_in_any_order_with_writes_are_never_overdrawn,
);

/// Case 8.
async fn a_grant_of_n_bytes_brings_exactly_n_bytes(role: Role) {
    let options = Options::new().stream_window(0).connection_window(1 << 26);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let writing = tokio::spawn(async move {
        let mut writer = PatternWriter::default();
        // More than will ever be granted.
        let written = writer.write_to(&mut tunnel.upgraded, 1 << 26, 8 << 10);
        written.await.map(|()| tunnel)
    });
    let mut arrived = Arrived::default();
    for n in [
        1,
        2,
        3,
        100,
        255,
        256,
        257,
        1000,
        FRAME - 1,
        FRAME,
        FRAME + 1,
        2 * FRAME,
        65_535,
        65_536,
        100_001,
        1 << 20,
    ] {
        link.peer.grant(stream, n as u32).await;
        arrived.push(&link.peer.expect_bytes(stream, n).await);
        assert_eq!(link.peer.settled_frames().await, [], "a grant of {n}");
    }
    writing.abort();
}

/// Case 8, on a tunnel that has nothing to say when the grant comes.
async fn a_grant_that_comes_first_is_spent_exactly(role: Role) {
    for n in [1, 5, 1000, FRAME, FRAME + 1, 65_535] {
        let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
        let mut tunnel = link.tunnel().await;
        link.peer.grant(tunnel.stream, n as u32).await;
        assert_eq!(link.peer.settled_frames().await, []);
        let mut arrived = Arrived::default();
        let mut writer = PatternWriter::default();
        while arrived.len() < n {
            let most = n + 4 * FRAME;
            writer.fill(&mut tunnel.upgraded, &[10_000], most).await;
            arrived.push(&link.peer.expect_data(tunnel.stream).await.0);
        }
        assert_eq!(arrived.len(), n);
        assert_eq!(link.peer.settled_frames().await, []);
    }
}

/// Promise 1, by a walk through orders nobody thought of. The steps are the same on every run.
async fn grants_in_any_order_with_writes_are_never_overdrawn(role: Role) {
    for seed in 1..=20 {
        let mut dice = Dice(seed);
        let options = Options::new().stream_window(dice.below(3) * 1000);
        let mut link = Link::raw(role, &options).await;
        let mut tunnel = link.tunnel().await;
        let mut window = options.peer.stream_window as usize;
        let mut connection = options.peer.connection_window as usize;
        let mut writer = PatternWriter::default();
        let mut arrived = Arrived::default();
        for _ in 0..150 {
            match dice.below(6) {
                0 | 1 => {
                    let size = dice.size();
                    writer.offer(&mut tunnel.upgraded, size).await;
                }
                2 => {
                    let n = dice.size();
                    window += n;
                    link.peer.grant(tunnel.stream, n as u32).await;
                }
                3 => {
                    let n = dice.size();
                    connection += n;
                    link.peer.grant(0, n as u32).await;
                }
                4 => link.to_peer.set_buffer(dice.size()),
                _ => {
                    for frame in link.peer.settled_frames().await {
                        arrived.push(&data_of(frame));
                    }
                    let granted = window.min(connection);
                    assert!(arrived.len() <= granted, "seed {seed}");
                }
            }
        }
        link.to_peer.set_buffer(64 << 10);
        for frame in link.peer.settled_frames().await {
            arrived.push(&data_of(frame));
        }
        let due = writer.accepted().min(window).min(connection);
        assert_eq!(arrived.len(), due, "seed {seed}");
    }
}

fn data_of(frame: Frame) -> bytes::Bytes {
    match frame {
        Frame::Data {
            payload,
            end_stream: false,
            ..
        } => {
            assert!(!payload.is_empty(), "an empty DATA frame");
            payload
        }
        other => panic!("{other:?} on an open tunnel"),
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u32);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % limit
    }

    /// From one byte to some tens of thousands, each order of magnitude as likely as the next.
    fn size(&mut self) -> usize {
        let bits = self.below(15);
        1 + self.below(1 << (bits + 1)) as usize
    }
}
