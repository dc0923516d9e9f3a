//! Frames leave together where there are many, and at once where there is one; what is staged for the socket is little enough
//! to be overtaken.

use bytes::Bytes;
use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::pressure::{fill, PatternWriter, FRAME};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{Frame, RawPeer};
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

const OPEN: u32 = 1 << 30;
/// The most that is written in one go, in bytes.
const BATCH: usize = 128 << 10;

both_roles!(
    a_transfer_makes_far_fewer_writes_than_frames,
    frames_of_many_tunnels_make_few_writes,
    a_lone_byte_leaves_in_the_next_poll,
    an_answer_passes_in_one_write,
    a_ping_is_answered_within_a_batch,
    settings_are_acknowledged_within_a_batch,
    credit_is_returned_within_a_batch,
    behind_a_slow_socket_a_ping_is_answered_within_frames,
    a_reset_cuts_off_all_but_a_few_frames,
);

type RawLink = Link<RawPeer<WireEnd>>;

fn open() -> Options {
    Options::new().stream_window(OPEN).connection_window(OPEN)
}

fn fast() -> Options {
    open().socket_buffer(1 << 30)
}

async fn a_transfer_makes_far_fewer_writes_than_frames(role: Role) {
    const LEN: usize = 8 << 20;
    let mut link = Link::raw(role, &fast()).await;
    let mut tunnel = link.tunnel().await;
    let before = link.transport.counts().writes;
    let stream = tunnel.stream;
    let writer = tokio::spawn(async move {
        let mut writer = PatternWriter::default();
        let written = writer.write_to(&mut tunnel.upgraded, LEN, 60_000).await;
        written.map(|()| tunnel)
    });
    let (mut frames, mut len) = (0, 0);
    while len < LEN {
        len += link.peer.expect_data(stream).await.0.len();
        frames += 1;
    }
    let written = expect_soon("the writer", writer).await.expect("no panic");
    written.expect("the tunnel is open");
    let counts = link.transport.counts();
    let writes = counts.writes - before;
    assert!(
        writes * 5 <= frames,
        "{writes} writes for {frames} frames, the largest of {} bytes",
        counts.largest_write
    );
    assert!(
        counts.largest_write <= BATCH + FRAME + 200,
        "a write of {} bytes",
        counts.largest_write
    );
}

async fn frames_of_many_tunnels_make_few_writes(role: Role) {
    const TUNNELS: usize = 100;
    let mut link = Link::raw(role, &fast()).await;
    let mut tunnels = Vec::new();
    for _ in 0..TUNNELS {
        tunnels.push(link.tunnel().await);
    }
    run_until_idle().await;
    let before = link.transport.counts().writes;
    for tunnel in &mut tunnels {
        tunnel.upgraded.write_all(b"small").await.expect("open");
    }
    let frames = link.peer.settled_frames().await;
    assert_eq!(frames.len(), TUNNELS);
    assert_eq!(link.transport.counts().writes - before, 1);

    // These are not copied together: their number of slices limits a write.
    let before = link.transport.counts().writes;
    for tunnel in &mut tunnels {
        tunnel.upgraded.write_all(&[7; 300]).await.expect("open");
    }
    let frames = link.peer.settled_frames().await;
    assert_eq!(frames.len(), TUNNELS);
    let writes = link.transport.counts().writes - before;
    assert!(writes <= TUNNELS / 10, "{writes} writes");
}

/// Case 38, to the poll.
async fn a_lone_byte_leaves_in_the_next_poll(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut tunnel = link.tunnel().await;
    for byte in 0..10 {
        run_until_idle().await;
        let polls = link.executor.first_polls();
        let taken = link.to_peer.taken();
        let counts = link.transport.counts();
        tunnel.upgraded.write_all(&[byte]).await.expect("open");
        run_until_idle().await;
        assert_eq!(link.executor.first_polls() - polls, 1);
        assert_eq!(link.to_peer.taken() - taken, 9 + 1);
        let now = link.transport.counts();
        assert_eq!(
            (now.writes - counts.writes, now.flushes - counts.flushes),
            (1, 1)
        );
        assert_eq!(
            link.peer.expect_bytes(tunnel.stream, 1).await,
            [byte].to_vec()
        );
    }
}

/// DATA, END_STREAM and the answer to a PING that came with the bytes they answer.
async fn an_answer_passes_in_one_write(role: Role) {
    let mut link = Link::raw(role, &open()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    run_until_idle().await;
    let before = link.transport.counts().writes;
    tunnel.upgraded.write_all(b"one").await.expect("open");
    tunnel.upgraded.shutdown().await.expect("open");
    link.peer.ping(*b"anything").await;
    run_until_idle().await;
    assert_eq!(link.transport.counts().writes - before, 1);
    assert_eq!(link.peer.read_to_end(stream).await, "one");
}

/// A tunnel that is written to without end, while `ask` asks for something else; how many bytes of DATA come before `answer`.
async fn overtaken(
    mut link: RawLink,
    ask: impl AsyncFnOnce(&mut RawPeer<WireEnd>, u32),
    answer: impl Fn(&Frame) -> bool,
) -> usize {
    let mut bulk = link.tunnel().await;
    let mut asked = link.tunnel().await;
    let stream = asked.stream;
    let reader = tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while asked
            .upgraded
            .read(&mut buffer)
            .await
            .is_ok_and(|read| read > 0)
        {}
    });
    let writer = tokio::spawn(async move {
        while bulk.upgraded.write_all(&[7; 60_000]).await.is_ok() {
            // A task that always has room would never let the others run.
            tokio::task::yield_now().await;
        }
    });
    let mut len = 0;
    let mut asked_at = None;
    let mut ask = Some(ask);
    let overtaken = loop {
        let frame = expect_soon("a frame", link.peer.next_raw()).await;
        let frame = frame.expect("the connection lives");
        if answer(&frame) {
            if let Some(at) = asked_at {
                break len - at;
            }
        }
        if let Frame::Data { payload, .. } = frame {
            len += payload.len();
        }
        if len > 4 << 20 {
            if let Some(ask) = ask.take() {
                ask(&mut link.peer, stream).await;
                asked_at = Some(len);
            }
        }
        assert!(len < 64 << 20, "no answer among {len} bytes");
    };
    writer.abort();
    reader.abort();
    overtaken
}

const SOCKET: usize = 64 << 10;

/// What may stand before an answer: what the socket and the peer's buffer hold, what is staged, and h2's frame in the making.
#[track_caller]
fn assert_overtaken(len: usize, socket: usize, staged: usize) {
    assert!(
        len <= 2 * socket + staged + 2 * FRAME,
        "{len} bytes come first"
    );
}

fn is_pong(frame: &Frame) -> bool {
    matches!(frame, Frame::Ping { ack: true, .. })
}

async fn a_ping_is_answered_within_a_batch(role: Role) {
    let link = Link::raw(role, &open().socket_buffer(SOCKET)).await;
    let len = overtaken(link, async |peer, _| peer.ping(*b"answer!!").await, is_pong).await;
    assert_overtaken(len, SOCKET, BATCH);
}

async fn settings_are_acknowledged_within_a_batch(role: Role) {
    let link = Link::raw(role, &open().socket_buffer(SOCKET)).await;
    let ask = async |peer: &mut RawPeer<WireEnd>, _| peer.settings(&[]).await;
    let is_ack = |frame: &Frame| matches!(frame, Frame::Settings { ack: true, .. });
    let len = overtaken(link, ask, is_ack).await;
    assert_overtaken(len, SOCKET, BATCH);
}

async fn credit_is_returned_within_a_batch(role: Role) {
    let options = open().socket_buffer(SOCKET).tune(
        |server| {
            server.initial_stream_window_size(20_000);
        },
        |client| {
            client.initial_stream_window_size(20_000);
        },
    );
    let link = Link::raw(role, &options).await;
    let ask = async |peer: &mut RawPeer<WireEnd>, stream| {
        peer.send_data(stream, Bytes::from_static(&[7; 15_000]))
            .await;
    };
    let is_credit =
        |frame: &Frame| matches!(frame, Frame::WindowUpdate { stream, .. } if *stream != 0);
    let len = overtaken(link, ask, is_credit).await;
    assert_overtaken(len, SOCKET, BATCH);
}

async fn behind_a_slow_socket_a_ping_is_answered_within_frames(role: Role) {
    const SOCKET: usize = 1000;
    let link = Link::raw(role, &open().socket_buffer(SOCKET)).await;
    let len = overtaken(link, async |peer, _| peer.ping(*b"answer!!").await, is_pong).await;
    assert_overtaken(len, SOCKET, FRAME);
}

/// Case 30: what the connection has staged cannot be taken back, and is little.
async fn a_reset_cuts_off_all_but_a_few_frames(role: Role) {
    const SOCKET: usize = 1000;
    let options = open().max_send_buf_size(1 << 20).socket_buffer(SOCKET);
    let mut link = Link::raw(role, &options).await;
    let mut tunnel = link.tunnel().await;
    link.to_peer.stop_reading();
    let held = fill(&mut tunnel.upgraded, &[7; 8 << 10], 2 << 20).await;
    assert!(held > 500_000);
    link.peer.reset(tunnel.stream, Reason::CANCEL).await;
    run_until_idle().await;
    link.to_peer.resume();
    let mut len = 0;
    for frame in link.peer.settled_frames().await {
        match frame {
            Frame::Data { payload, .. } => len += payload.len(),
            other => panic!("{other:?} on a tunnel that is reset"),
        }
    }
    assert!(
        len <= SOCKET + 3 * FRAME,
        "{len} of {held} bytes come after the reset"
    );
}
