//! Cases 39 and 40: what arrives in odd frames is read like any other.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::heap;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, ClientBuilder, Link, Options, Role, ServerBuilder};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::{assert_whole, pattern};

const WINDOW: u32 = 65_535;

both_roles!(
    ten_thousand_frames_of_a_byte_wait_for_their_reader,
    padding_returns_its_credit,
    empty_data_is_no_end,
    no_empty_data_is_sent,
);

// Case 39.
async fn ten_thousand_frames_of_a_byte_wait_for_their_reader(role: Role) {
    const MOST_HEAP: usize = 8 << 20;
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let bytes = pattern(10_000);
    let mark = heap::mark();
    for byte in bytes.chunks(1) {
        link.peer.send_data(tunnel.stream, byte.to_vec()).await;
    }
    run_until_idle().await;
    assert!(mark.peak() < MOST_HEAP, "{} bytes of heap", mark.peak());
    link.peer.send_last_data(tunnel.stream, "").await;

    let mut read = Vec::new();
    let reading = tunnel.upgraded.read_to_end(&mut read);
    let ended = expect_soon("the end", reading).await;
    ended.expect("a clean end");
    assert!(read == bytes);
    assert!(!link.hyper.has_ended());
}

fn tight() -> Options {
    fn server(builder: &mut ServerBuilder) {
        builder.initial_stream_window_size(WINDOW);
        builder.initial_connection_window_size(WINDOW);
    }
    fn client(builder: &mut ClientBuilder) {
        builder.initial_stream_window_size(WINDOW);
        builder.initial_connection_window_size(WINDOW);
    }
    Options::new().tune(server, client)
}

// Case 40: padding is taken from the windows, too (RFC 9113, section 6.1), and nobody reads it.
async fn padding_returns_its_credit(role: Role) {
    let mut link = Link::raw(role, &tight()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let reader = tokio::spawn(async move {
        let mut read = Vec::new();
        tunnel.upgraded.read_to_end(&mut read).await.map(|_| read)
    });
    let bytes = pattern(10_000);
    let mut used = 0;
    for piece in bytes.chunks(10) {
        let frame = Frame::Data {
            stream,
            payload: Bytes::copy_from_slice(piece),
            padding: Some(u8::MAX),
            end_stream: false,
        };
        used += u64::from(frame.flow_controlled_len());
        link.peer.send(frame).await;
        link.peer.settled_frames().await;
        for credit in [link.peer.credit(stream), link.peer.credit(0)] {
            assert!(credit <= used);
            assert!(
                used - credit < u64::from(WINDOW) - 300,
                "{used} used, {credit} returned"
            );
        }
    }
    link.peer.send_last_data(stream, "").await;
    let read = expect_soon("the end", reader).await.expect("no panic");
    assert!(read.expect("a clean end") == bytes);
}

// Case 40: DATA of nothing, or of nothing but padding, says nothing.
async fn empty_data_is_no_end(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let reader = tokio::spawn(async move {
        let mut read = Vec::new();
        tunnel.upgraded.read_to_end(&mut read).await.map(|_| read)
    });
    for piece in ["one ", "", "", "two ", "", "three"] {
        link.peer.send_data(stream, piece).await;
        let only_padding = Frame::Data {
            stream,
            payload: Bytes::new(),
            padding: Some(7),
            end_stream: false,
        };
        link.peer.send(only_padding).await;
        run_until_idle().await;
        assert!(!reader.is_finished());
    }
    link.peer.send_last_data(stream, "").await;
    let read = expect_soon("the end", reader).await.expect("no panic");
    assert_eq!(read.expect("a clean end"), b"one two three");
}

// Case 40: neither from empty writes, nor from flushes, nor from a window that closes at just the right byte.
async fn no_empty_data_is_sent(role: Role) {
    let mut link = Link::raw(role, &Options::new().stream_window(5)).await;
    let mut tunnel = link.tunnel().await;
    let io = &mut tunnel.upgraded;
    let mut frames = Vec::new();
    for piece in ["", "12345", "", "67890", ""] {
        io.write_all(piece.as_bytes()).await.expect("open");
        assert_eq!(io.write(b"").await.expect("open"), 0);
        frames.extend(link.peer.settled_frames().await);
    }
    link.peer.grant(tunnel.stream, 5).await;
    frames.extend(link.peer.settled_frames().await);
    io.flush().await.expect("nothing waits");
    io.shutdown().await.expect("open");
    frames.extend(link.peer.settled_frames().await);
    assert_whole(&frames, b"1234567890");
}
