//! What a transfer needed in memory is given back when it is over: soon where there is a timer, and where there is none a
//! connection keeps next to nothing.
//!
//! Measured is what is freed when hyper's end of the connection goes, against that of a connection that was never busy.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::pressure::{PatternWriter, FRAME};
use crate::pattern::bytes_at;
use crate::support::gate::WireEnd;
use crate::support::heap;
use crate::support::scripted_h2::RawPeer;
use crate::support::tunnels::{both_roles, Link, Options, Role, Timer, Tunnel};
use crate::support::virtual_timer::run_until_idle;

const OPEN: u32 = 1 << 30;
const LEN: usize = 4 << 20;
/// As long as it may take, on a connection with a timer.
const SOON: Duration = Duration::from_secs(3);

both_roles!(
    after_an_upload_and_a_pause_nothing_is_kept,
    after_a_download_and_a_pause_nothing_is_kept,
    after_small_frames_and_a_pause_nothing_is_kept,
    after_a_dripped_window_and_a_pause_nothing_is_kept,
    without_a_timer_one_frame_is_kept_at_most,
    an_idle_connection_sets_no_timer,
);

/// What a connection may keep for having been busy, in bytes: h2's tables have grown.
const KEPT: isize = 24 << 10;

type RawLink = Link<RawPeer<WireEnd>>;

/// With a limit that keeps h2's table of frames small.
fn open() -> Options {
    Options::new()
        .stream_window(OPEN)
        .connection_window(OPEN)
        .max_send_buf_size(200_000)
}

/// What hyper's end of the connection occupies, with its tunnels. Ends the connection.
async fn footprint(mut link: RawLink, tunnels: Vec<Tunnel<u32>>) -> isize {
    link.to_peer.set_buffer(1 << 20);
    run_until_idle().await;
    let mark = heap::mark();
    drop(tunnels);
    link.executor.cut_first_off_after(1);
    link.peer.ping(*b"the end!").await;
    link.hyper.close();
    run_until_idle().await;
    assert!(link.transport.is_alone());
    -mark.grown()
}

async fn opened(role: Role, options: &Options, count: usize) -> (RawLink, Vec<Tunnel<u32>>) {
    let mut link = Link::raw(role, options).await;
    let mut tunnels = Vec::new();
    for _ in 0..count {
        tunnels.push(link.tunnel().await);
    }
    (link, tunnels)
}

/// What such a connection occupies with nothing done on its tunnels.
async fn idle_footprint(role: Role, options: &Options, count: usize) -> isize {
    let (link, tunnels) = opened(role, options, count).await;
    footprint(link, tunnels).await
}

/// Sends the pattern to the peer, which reads it.
async fn upload(link: &mut RawLink, tunnel: &mut Tunnel<u32>, len: usize, size: usize) {
    let mut writer = PatternWriter::default();
    let mut arrived = 0;
    while arrived < len {
        for _ in 0..64 {
            writer.offer(&mut tunnel.upgraded, size).await;
        }
        while arrived < writer.accepted() {
            arrived += link.peer.expect_data(tunnel.stream).await.0.len();
        }
    }
}

/// Reads the pattern from the peer.
async fn download(link: &mut RawLink, tunnel: &mut Tunnel<u32>, len: usize, size: usize) {
    let mut buffer = vec![0; 256 << 10];
    let mut read = 0;
    let mut sent = 0;
    while read < len {
        // Less than any window.
        for _ in 0..(30_000 / size).max(1) {
            let piece = bytes_at(sent, size);
            link.peer.send_data(tunnel.stream, piece).await;
            sent += size;
        }
        while read < sent {
            let now = tunnel.upgraded.read(&mut buffer).await;
            read += now.expect("the tunnel is open");
        }
    }
}

#[track_caller]
fn assert_about(footprint: isize, idle: isize, more: isize, what: &str) {
    let kept = footprint - idle;
    assert!(kept <= more, "{kept} bytes are kept {what}");
}

async fn after_an_upload_and_a_pause_nothing_is_kept(role: Role) {
    let options = open().socket_buffer(1 << 20);
    let idle = idle_footprint(role, &options, 1).await;
    for size in [16_000, 60_000] {
        let (mut link, mut tunnels) = opened(role, &options, 1).await;
        upload(&mut link, &mut tunnels[0], LEN, size).await;
        tokio::time::sleep(SOON).await;
        let kept = footprint(link, tunnels).await;
        assert_about(kept, idle, KEPT, "of an upload");
    }
}

async fn after_a_download_and_a_pause_nothing_is_kept(role: Role) {
    let options = open();
    let idle = idle_footprint(role, &options, 1).await;
    let (mut link, mut tunnels) = opened(role, &options, 1).await;
    download(&mut link, &mut tunnels[0], LEN, FRAME).await;
    tokio::time::sleep(SOON).await;
    let kept = footprint(link, tunnels).await;
    assert_about(kept, idle, KEPT, "of a download");
}

async fn after_small_frames_and_a_pause_nothing_is_kept(role: Role) {
    const TUNNELS: usize = 50;
    let options = open().socket_buffer(1 << 20);
    let idle = idle_footprint(role, &options, TUNNELS).await;
    let (mut link, mut tunnels) = opened(role, &options, TUNNELS).await;
    for _ in 0..20 {
        for tunnel in &mut tunnels {
            PatternWriter::default()
                .write_to(&mut tunnel.upgraded, 250, 250)
                .await
                .expect("open");
        }
        link.peer.settled_frames().await;
    }
    tokio::time::sleep(SOON).await;
    let kept = footprint(link, tunnels).await;
    assert_about(kept, idle, KEPT, "of small frames");
}

/// Buffers that no longer fill a frame come back without being written from.
async fn after_a_dripped_window_and_a_pause_nothing_is_kept(role: Role) {
    const TUNNELS: usize = 20;
    let options = open().stream_window(0);
    let idle = idle_footprint(role, &options, TUNNELS).await;
    let (mut link, mut tunnels) = opened(role, &options, TUNNELS).await;
    for tunnel in &mut tunnels {
        let mut writer = PatternWriter::default();
        for _ in 0..FRAME / 128 {
            writer.offer(&mut tunnel.upgraded, 128).await;
        }
        assert_eq!(writer.accepted(), FRAME);
    }
    for tunnel in &tunnels {
        let mut arrived = 0;
        while arrived < FRAME {
            link.peer.grant(tunnel.stream, 200).await;
            arrived += link.peer.expect_data(tunnel.stream).await.0.len();
        }
    }
    tokio::time::sleep(SOON).await;
    let kept = footprint(link, tunnels).await;
    assert_about(kept, idle, KEPT, "of a dripped window");
}

async fn without_a_timer_one_frame_is_kept_at_most(role: Role) {
    let options = open().socket_buffer(1 << 20).without_timer();
    assert_eq!(options.timer, Timer::Absent);
    let idle = idle_footprint(role, &options, 1).await;
    for size in [16_000, 60_000] {
        let (mut link, mut tunnels) = opened(role, &options, 1).await;
        upload(&mut link, &mut tunnels[0], LEN, size).await;
        let kept = footprint(link, tunnels).await;
        assert_about(kept, idle, KEPT + FRAME as isize, "of an upload");
    }
    let (mut link, mut tunnels) = opened(role, &options, 1).await;
    download(&mut link, &mut tunnels[0], LEN, FRAME).await;
    let kept = footprint(link, tunnels).await;
    assert_about(kept, idle, KEPT + FRAME as isize, "of a download");
}

/// Promise 9.
async fn an_idle_connection_sets_no_timer(role: Role) {
    let (mut link, mut tunnels) = opened(role, &open(), 1).await;
    upload(&mut link, &mut tunnels[0], LEN, 16_000).await;
    download(&mut link, &mut tunnels[0], LEN, FRAME).await;
    tokio::time::sleep(SOON).await;
    let polls = link.executor.polls();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(link.executor.polls(), polls);
}
