//! A reader's buffer is filled from as many DATA frames as have arrived; what ends the stream behind them is told by the next
//! call, and credit is returned for what was read, to the byte.

use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use h2::Reason;
use hyper::rt::{Read, ReadBuf};
use hyper::upgrade::Upgraded;
use tokio::io::AsyncReadExt;

use super::pattern::{bytes_at, Arrived};
use crate::support::scripted_h2::Frame;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{both_roles, Link, Options, Role};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

both_roles!(
    one_read_takes_what_many_frames_brought,
    a_read_takes_no_more_than_it_has_room_for,
    a_read_without_room_takes_nothing,
    nothing_stays_behind_a_read_of_the_socket_that_just_fills_a_buffer,
    a_read_waits_for_nothing_once_it_has_something,
    the_end_is_told_after_the_bytes_before_it,
    a_reset_is_told_after_the_bytes_before_it,
    trailers_are_told_after_the_bytes_before_them,
    credit_is_returned_for_what_was_read_and_no_more,
    credit_comes_back_for_reads_of_a_byte,
);

const WINDOW: u32 = 65_535;

fn options() -> Options {
    Options::new().tune(
        |server| {
            server.initial_stream_window_size(WINDOW);
            server.initial_connection_window_size(WINDOW);
        },
        |client| {
            client.initial_stream_window_size(WINDOW);
            client.initial_connection_window_size(WINDOW);
        },
    )
}

/// One poll of a read into `buf`, from wherever it stands; how many bytes came.
fn poll_read(io: &mut TokioIo<Upgraded>, buf: &mut [u8]) -> Poll<std::io::Result<usize>> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut buf = ReadBuf::new(buf);
    Pin::new(io.get_mut())
        .poll_read(&mut cx, buf.unfilled())
        .map_ok(|()| buf.filled().len())
}

#[track_caller]
fn expect_read(io: &mut TokioIo<Upgraded>, most: usize, expected: &[u8]) {
    let mut buf = vec![0; most];
    match poll_read(io, &mut buf) {
        Poll::Ready(Ok(read)) => assert!(buf[..read] == *expected, "{read} bytes were read"),
        other => panic!("{other:?} where {} bytes were due", expected.len()),
    }
}

async fn one_read_takes_what_many_frames_brought(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    let mut sent = 0;
    for len in [1, 300, 5, 16_384, 0, 20, 7_000] {
        let piece = bytes_at(sent, len);
        link.peer.send_data(tunnel.stream, piece).await;
        sent += len;
    }
    run_until_idle().await;
    expect_read(&mut tunnel.upgraded, 64 << 10, bytes_at(0, sent));
    assert!(poll_read(&mut tunnel.upgraded, &mut [0]).is_pending());
}

async fn a_read_takes_no_more_than_it_has_room_for(role: Role) {
    for room in [1, 2, 7, 99, 100, 101, 250, 1000] {
        let mut link = Link::raw(role, &options()).await;
        let mut tunnel = link.tunnel().await;
        for at in 0..20 {
            let piece = bytes_at(at * 100, 100);
            link.peer.send_data(tunnel.stream, piece).await;
        }
        run_until_idle().await;
        let mut read = 0;
        while read < 2000 {
            let now = room.min(2000 - read);
            expect_read(&mut tunnel.upgraded, room, bytes_at(read, now));
            read += now;
        }
        assert!(poll_read(&mut tunnel.upgraded, &mut [0]).is_pending());
    }
}

async fn a_read_without_room_takes_nothing(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_last_data(tunnel.stream, "here").await;
    run_until_idle().await;
    for _ in 0..2 {
        expect_read(&mut tunnel.upgraded, 0, b"");
    }
    expect_read(&mut tunnel.upgraded, 2, b"he");
    expect_read(&mut tunnel.upgraded, 0, b"");
    expect_read(&mut tunnel.upgraded, 9, b"re");
    expect_read(&mut tunnel.upgraded, 9, b"");
}

/// Buffers for reading are powers of two, and grow.
async fn nothing_stays_behind_a_read_of_the_socket_that_just_fills_a_buffer(role: Role) {
    for more in [0, 1, 9, 10] {
        let mut link = Link::raw(role, &options()).await;
        let mut tunnel = link.tunnel().await;
        let mut at = 0;
        for buffer in [4 << 10, 4 << 10, 8 << 10, 16 << 10] {
            // Frames of 1024 bytes on the wire, and the last may be longer.
            for left in (0..buffer / 1024).rev() {
                let len = 1024 - 9 + if left == 0 { more } else { 0 };
                let piece = bytes_at(at, len);
                link.peer.send_data(tunnel.stream, piece).await;
                at += len;
            }
            run_until_idle().await;
            let mut buf = vec![0; 64 << 10];
            let Poll::Ready(Ok(read)) = poll_read(&mut tunnel.upgraded, &mut buf) else {
                panic!("nothing to read")
            };
            assert!(buf[..read] == *bytes_at(at - read, read));
            assert!(poll_read(&mut tunnel.upgraded, &mut buf).is_pending());
        }
        link.peer.send_last_data(tunnel.stream, "").await;
        run_until_idle().await;
        expect_read(&mut tunnel.upgraded, 1, b"");
    }
}

/// And the frame that comes next wakes the one after.
async fn a_read_waits_for_nothing_once_it_has_something(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "some").await;
    run_until_idle().await;
    let mut buf = [0; 100];
    let read = expect_soon("some", tunnel.upgraded.read(&mut buf)).await;
    assert_eq!(read.ok(), Some(4));
    let reader = tokio::spawn(async move { tunnel.upgraded.read(&mut buf).await });
    run_until_idle().await;
    link.peer.send_data(tunnel.stream, "more").await;
    let read = expect_soon("more", reader).await.expect("no panic");
    assert_eq!(read.ok(), Some(4));
}

// Cases 24 and 31.
async fn the_end_is_told_after_the_bytes_before_it(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "first ").await;
    link.peer.send_last_data(tunnel.stream, "last").await;
    run_until_idle().await;
    expect_read(&mut tunnel.upgraded, 100, b"first last");
    for _ in 0..3 {
        expect_read(&mut tunnel.upgraded, 100, b"");
    }
}

// Case 24.
async fn a_reset_is_told_after_the_bytes_before_it(role: Role) {
    for code in [Reason::CANCEL, Reason::NO_ERROR, Reason::REFUSED_STREAM] {
        let mut link = Link::raw(role, &options()).await;
        let mut tunnel = link.tunnel().await;
        link.peer.send_data(tunnel.stream, "first ").await;
        link.peer.send_data(tunnel.stream, "last").await;
        link.peer.reset(tunnel.stream, code).await;
        run_until_idle().await;
        expect_read(&mut tunnel.upgraded, 7, b"first l");
        expect_read(&mut tunnel.upgraded, 100, b"ast");
        for _ in 0..3 {
            match poll_read(&mut tunnel.upgraded, &mut [0]) {
                Poll::Ready(Ok(0)) if code != Reason::REFUSED_STREAM => {}
                Poll::Ready(Err(err)) if code == Reason::REFUSED_STREAM => {
                    assert_eq!(err.kind(), ErrorKind::Other);
                }
                other => panic!("{other:?} after {code:?}"),
            }
        }
    }
}

// Case 41.
async fn trailers_are_told_after_the_bytes_before_them(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    link.peer.send_data(tunnel.stream, "first ").await;
    link.peer.send_data(tunnel.stream, "last").await;
    let trailers = [("trailer", "here")];
    link.peer.send_last_headers(tunnel.stream, &trailers).await;
    run_until_idle().await;
    expect_read(&mut tunnel.upgraded, 100, b"first last");
    for _ in 0..3 {
        match poll_read(&mut tunnel.upgraded, &mut [0]) {
            Poll::Ready(Err(err)) => assert_eq!(err.kind(), ErrorKind::Other),
            other => panic!("{other:?} after trailers"),
        }
    }
}

/// Case 40, where a read ends within a frame.
async fn credit_is_returned_for_what_was_read_and_no_more(role: Role) {
    let mut link = Link::raw(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let (mut sent, mut read) = (0_u64, 0_u64);
    let mut arrived = Arrived::default();
    for room in [1, 16_384, 40_000, 100, 30_001, 65_000, 3].repeat(20) {
        // Whatever the windows allow is on its way.
        let credit = link.peer.credit(stream).min(link.peer.credit(0));
        let window = u64::from(WINDOW) + credit - sent;
        for at in (0..window).step_by(10_000) {
            let len = 10_000.min(window - at);
            let piece = bytes_at(sent as usize, len as usize);
            link.peer.send_data(stream, piece).await;
            sent += len;
        }
        run_until_idle().await;
        let mut buf = vec![0; room];
        let Poll::Ready(now) = poll_read(&mut tunnel.upgraded, &mut buf) else {
            panic!("nothing to read of {sent} bytes, {read} read")
        };
        let now = now.expect("the tunnel is open");
        assert_eq!(now as u64, (sent - read).min(room as u64));
        arrived.push(&buf[..now]);
        read += now as u64;
        assert_eq!(link.peer.settled_frames().await, [] as [Frame; 0]);
        for credit in [link.peer.credit(stream), link.peer.credit(0)] {
            assert!(credit <= read, "{credit} bytes for {read}");
            // h2 lets half a window come together.
            assert!(
                read - credit <= u64::from(WINDOW) / 2 + 1,
                "{credit} bytes for {read}"
            );
        }
    }
    assert!(read > 500_000);
}

/// Case 40.
async fn credit_comes_back_for_reads_of_a_byte(role: Role) {
    const LEN: usize = 100_000;
    let mut link = Link::h2(role, &options()).await;
    let mut tunnel = link.tunnel().await;
    let sender = tokio::spawn(async move {
        let bytes = crate::traffic::pattern(LEN);
        let sent = tunnel.stream.send_all(bytes).await;
        // Without a handle h2 would take back what waits.
        sent.and_then(|()| tunnel.stream.finish())
            .map(|()| tunnel.stream)
    });
    let mut arrived = Arrived::default();
    loop {
        let mut byte = [0];
        let read = expect_soon("a byte", tunnel.upgraded.read(&mut byte)).await;
        match read.expect("the tunnel is open") {
            0 => break,
            read => arrived.push(&byte[..read]),
        }
    }
    assert_eq!(arrived.len(), LEN);
    let sent = expect_soon("the sender", sender).await.expect("no panic");
    let _stream = sent.expect("the stream is open");
}
