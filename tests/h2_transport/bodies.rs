//! Bodies on their way to the transport: large ones are written from where they stand, small frames are not lost among them,
//! and trailers come last.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::Full;

use crate::exchange::pattern;
use crate::support::bodies::{channel, Frames};
use crate::support::outgoing_body::send_body;
use crate::support::scripted_h2::Frame;
use crate::support::shaped::Shape;
use crate::support::tunnels::{both_roles, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    a_large_body_is_written_from_where_it_stands,
    frames_of_all_sizes_keep_their_order,
    many_tiny_frames_keep_their_order_and_their_trailers,
    a_body_makes_far_fewer_writes_than_frames,
    a_lone_frame_leaves_in_one_write,
);

fn open() -> Options {
    Options::new()
        .stream_window(1 << 30)
        .connection_window(1 << 30)
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("trailer", http::HeaderValue::from_static("here"));
    trailers
}

async fn a_large_body_is_written_from_where_it_stands(role: Role) {
    const LEN: usize = 8 << 20;
    let shapes = [
        Shape::default(),
        Shape {
            writes: &[5, 20_000, 9, 16_384, 100_000],
            ..Shape::default()
        },
    ];
    for shape in shapes {
        let body = pattern(LEN);
        let mut outgoing = send_body(role, &open().shape(shape), Full::new(body.clone())).await;
        outgoing.transport.watch(&body);
        assert!(outgoing.peer.read_to_end(outgoing.stream).await == body);
        let watched = outgoing.transport.counts().written_from_watched;
        // What left before the watch began is little.
        assert!(
            watched >= LEN as u64 * 9 / 10,
            "{watched} bytes without a copy"
        );
    }
}

async fn frames_of_all_sizes_keep_their_order(role: Role) {
    let sizes = [
        255, 256, 257, 1, 16_384, 300, 0, 16_385, 70_000, 2, 16_383, 1000, 65_536, 3,
    ];
    let shapes = [
        Shape::default(),
        Shape {
            writes: &[9, 256, 1, 16_384, 300],
            hesitates: true,
            ..Shape::default()
        },
        Shape {
            is_vectored: false,
            ..Shape::default()
        },
    ];
    for shape in shapes {
        let all = pattern(sizes.iter().sum::<usize>() * 5);
        let mut rest = all.clone();
        let frames: Vec<_> = sizes
            .repeat(5)
            .into_iter()
            .map(|size| rest.split_to(size))
            .collect();
        let body = Frames::of(frames).with_trailers(trailers());
        let mut outgoing = send_body(role, &open().shape(shape), body).await;
        let mut got = BytesMut::new();
        while got.len() < all.len() {
            let (payload, is_end) = outgoing.peer.expect_data(outgoing.stream).await;
            got.extend_from_slice(&payload);
            assert!(!is_end);
        }
        assert!(got == all);
        let fields = outgoing.peer.expect_headers(outgoing.stream).await;
        assert_eq!(fields.get("trailer"), Some("here"));
    }
}

async fn many_tiny_frames_keep_their_order_and_their_trailers(role: Role) {
    const LEN: usize = 20_000;
    let all = pattern(LEN);
    let (sender, body) = channel();
    let mut outgoing = send_body(role, &open(), body).await;
    let feeder = tokio::spawn({
        let all = all.clone();
        async move {
            for (at, byte) in all.chunks(1).enumerate() {
                sender.send_data(Bytes::copy_from_slice(byte));
                if at % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            sender.send_trailers(trailers());
        }
    });
    let mut got = BytesMut::new();
    while got.len() < LEN {
        let (payload, _) = outgoing.peer.expect_data(outgoing.stream).await;
        got.extend_from_slice(&payload);
    }
    assert!(got == all);
    let fields = outgoing.peer.expect_headers(outgoing.stream).await;
    assert_eq!(fields.get("trailer"), Some("here"));
    expect_soon("the feeder", feeder).await.expect("no panic");
}

async fn a_body_makes_far_fewer_writes_than_frames(role: Role) {
    const LEN: usize = 8 << 20;
    let body = pattern(LEN);
    let options = open().socket_buffer(1 << 30);
    let mut outgoing = send_body(role, &options, Full::new(body)).await;
    let (mut frames, mut len) = (0, 0);
    while len < LEN {
        let (payload, _) = outgoing.peer.expect_data(outgoing.stream).await;
        assert!(payload.len() <= 16 << 10);
        len += payload.len();
        frames += 1;
    }
    let writes = outgoing.transport.counts().writes;
    assert!(writes * 5 <= frames, "{writes} writes for {frames} frames");
}

async fn a_lone_frame_leaves_in_one_write(role: Role) {
    for len in [1, 255, 256, 5000, 16_384] {
        let (sender, body) = channel();
        let mut outgoing = send_body(role, &open(), body).await;
        run_until_idle().await;
        let before = outgoing.transport.counts();
        sender.send_data(pattern(len));
        let frames = outgoing.peer.settled_frames().await;
        assert!(
            matches!(&frames[..], [Frame::Data { payload, .. }] if *payload == pattern(len)),
            "{} frames",
            frames.len()
        );
        let after = outgoing.transport.counts();
        assert_eq!(
            (after.writes - before.writes, after.flushes - before.flushes),
            (1, 1)
        );
    }
}
