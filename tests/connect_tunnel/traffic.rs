//! What goes over a tunnel, written and taken apart.

use std::io;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::pattern::{bytes_at, MOST};
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{Frame, RawPeer};
use crate::support::virtual_timer::{expect_soon, settle};

/// The first `len` bytes of the [`pattern`](crate::pattern).
pub fn pattern(len: usize) -> Vec<u8> {
    let starts = (0..len).step_by(MOST);
    starts
        .flat_map(|at| bytes_at(at, MOST.min(len - at)))
        .copied()
        .collect()
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
