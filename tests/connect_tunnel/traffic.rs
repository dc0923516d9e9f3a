//! What goes over a tunnel, written and taken apart.

use std::io;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::pattern::{bytes_at, Arrived, MOST};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{send_all, Frame, RawPeer};
use crate::support::virtual_timer::{expect_soon, settle};

/// The first `len` bytes of the [`pattern`](crate::pattern).
pub fn pattern(len: usize) -> Vec<u8> {
    let starts = (0..len).step_by(MOST);
    starts
        .flat_map(|at| bytes_at(at, MOST.min(len - at)))
        .copied()
        .collect()
}

/// Writes the first `len` bytes of the pattern.
pub async fn write_pattern<W: AsyncWrite + Unpin>(io: &mut W, len: usize) -> io::Result<()> {
    for at in (0..len).step_by(MOST) {
        io.write_all(bytes_at(at, MOST.min(len - at))).await?;
    }
    Ok(())
}

/// Reads the pattern up to the end, and returns how much that was.
pub async fn read_pattern<R: AsyncRead + Unpin>(io: &mut R) -> io::Result<usize> {
    let mut arrived = Arrived::default();
    let mut buffer = vec![0; MOST];
    loop {
        match io.read(&mut buffer).await? {
            0 => return Ok(arrived.len()),
            n => arrived.push(&buffer[..n]),
        }
    }
}

/// As an `h2` peer: sends the pattern up to `end`, then END_STREAM.
pub async fn send_pattern(send: &mut h2::SendStream<Bytes>, end: usize) {
    for at in (0..end).step_by(MOST) {
        let piece = bytes_at(at, MOST.min(end - at));
        send_all(send, piece).await.expect("the stream is open");
    }
    let ended = send.send_data(Bytes::new(), true);
    ended.expect("the stream is open");
}

/// As an `h2` peer: receives the pattern up to END_STREAM, and returns how much that was.
pub async fn receive_pattern(recv: &mut h2::RecvStream) -> usize {
    let mut arrived = Arrived::default();
    while let Some(data) = recv.data().await {
        let data = data.expect("no error");
        arrived.push(&data);
        let released = recv.flow_control().release_capacity(data.len());
        released.expect("the window takes back what it gave");
    }
    arrived.len()
}

/// Writes until that fails, and returns the error.
pub async fn write_until_error<W: AsyncWrite + Unpin>(io: &mut W) -> io::Error {
    loop {
        match io.write(&[7; 8 << 10]).await {
            Ok(0) => panic!("a write of something accepted nothing"),
            Ok(_) => {}
            Err(err) => return err,
        }
    }
}

/// Writes from `bytes` until the tunnel takes no more, and returns how many it took.
pub async fn write_until_pending<W: AsyncWrite + Unpin>(io: &mut W, bytes: &[u8]) -> usize {
    let mut accepted = 0;
    while accepted < bytes.len() {
        let mut write = Box::pin(io.write(&bytes[accepted..]));
        match settle(&mut write).await {
            Poll::Ready(written) => accepted += written.expect("the tunnel is open"),
            Poll::Pending => return accepted,
        }
    }
    panic!("all of {accepted} bytes were accepted");
}

/// The frames that come up to the first that is no DATA or carries END_STREAM, this one included. Opens no window.
pub async fn frames_to_the_end(peer: &mut RawPeer<WireEnd>) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let next = expect_soon("the end of the stream", peer.next()).await;
        let next = next.expect("the stream ends before the connection");
        let goes_on = matches!(
            next,
            Frame::Data {
                end_stream: false,
                ..
            }
        );
        frames.push(next);
        if !goes_on {
            return frames;
        }
    }
}

/// What the DATA frames among `frames` carry, those of `stream` only.
pub fn payload_on(stream: u32, frames: &[Frame]) -> Bytes {
    let mut bytes = BytesMut::new();
    for frame in frames.iter().filter(|frame| frame.stream() == stream) {
        if let Frame::Data { payload, .. } = frame {
            bytes.extend_from_slice(payload);
        }
    }
    bytes.freeze()
}

/// Whether `frame` is the bare END_STREAM: DATA without a byte.
pub fn is_bare_end(frame: &Frame) -> bool {
    matches!(frame, Frame::Data { payload, end_stream: true, .. } if payload.is_empty())
}

/// Asserts that `frames` are DATA carrying exactly `expected`, the last with END_STREAM, and nothing else.
#[track_caller]
pub fn assert_whole(frames: &[Frame], expected: &[u8]) {
    let (last, rest) = frames.split_last().expect("something was sent");
    for frame in rest {
        let is_plain =
            matches!(frame, Frame::Data { payload, end_stream: false, .. } if !payload.is_empty());
        assert!(is_plain, "not a plain DATA frame: {}", brief(frame));
    }
    let is_end = matches!(
        last,
        Frame::Data {
            end_stream: true,
            ..
        }
    );
    assert!(is_end, "the last frame is {}", brief(last));
    assert!(
        payload_on(last.stream(), frames) == expected,
        "the bytes differ"
    );
}

/// A frame without its payload, which may be long.
pub fn brief(frame: &Frame) -> String {
    match frame {
        Frame::Data {
            stream,
            payload,
            end_stream,
            ..
        } => format!(
            "DATA of {} bytes on {stream}, END_STREAM: {end_stream}",
            payload.len()
        ),
        other => format!("{other:?}"),
    }
}
