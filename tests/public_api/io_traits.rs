//! Contract 7.2-1: the transports' traits, their defaults and what passes them through.

use std::io::{self, IoSlice};
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

/// Reads "read"; keeps what is written. All of it without the vectored methods.
#[derive(Default)]
struct Plain {
    written: Vec<Vec<u8>>,
    flushed: bool,
    ended: bool,
}

impl Read for Plain {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        buf.put_slice(b"read");
        Poll::Ready(Ok(()))
    }
}

impl Write for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.push(bytes.to_vec());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ended = true;
        Poll::Ready(Ok(()))
    }
}

/// A [`Plain`] that takes several slices at once.
#[derive(Default)]
struct Vectored(Plain);

impl Read for Vectored {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Vectored {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let len = all.len();
        self.0.written.push(all);
        Poll::Ready(Ok(len))
    }
}

fn ready<T>(poll: Poll<io::Result<T>>) -> T {
    match poll {
        Poll::Ready(result) => result.expect("no error"),
        Poll::Pending => panic!("pending"),
    }
}

/// Writes "", "ab", "c" in one call; returns how much was taken.
fn write_slices<W: Write + ?Sized>(io: Pin<&mut W>) -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    let slices = [b"" as &[u8], b"ab", b"c"].map(IoSlice::new);
    ready(io.poll_write_vectored(&mut cx, &slices))
}

// Contract 7.2-1.
#[test]
fn slices_are_written_one_at_a_time_by_default() {
    let mut io = Plain::default();
    assert!(!io.is_write_vectored());
    assert_eq!(write_slices(Pin::new(&mut io)), 2);
    assert_eq!(io.written, [b"ab"]);
}

// Contract 7.2-1: nothing to write is still a write.
#[test]
fn slices_without_bytes_are_written_as_nothing() {
    let mut io = Plain::default();
    let mut cx = Context::from_waker(Waker::noop());
    let slices = [IoSlice::new(b""), IoSlice::new(b"")];
    assert_eq!(
        ready(Pin::new(&mut io).poll_write_vectored(&mut cx, &slices)),
        0
    );
    assert_eq!(
        ready(Pin::new(&mut io).poll_write_vectored(&mut cx, &[])),
        0
    );
}

/// Uses every method through `io`.
fn exercise<T: Read + Write>(io: T, vectored: bool) {
    let mut io = pin!(io);
    let mut cx = Context::from_waker(Waker::noop());
    let mut bytes = [0; 10];
    let mut buf = ReadBuf::new(&mut bytes);
    ready(io.as_mut().poll_read(&mut cx, buf.unfilled()));
    assert_eq!(buf.filled(), b"read");
    assert_eq!(ready(io.as_mut().poll_write(&mut cx, b"xyz")), 3);
    assert_eq!(io.is_write_vectored(), vectored);
    assert_eq!(write_slices(io.as_mut()), if vectored { 3 } else { 2 });
    ready(io.as_mut().poll_flush(&mut cx));
    ready(io.as_mut().poll_shutdown(&mut cx));
}

fn assert_exercised(io: &Plain, vectored: bool) {
    let slices: &[u8] = if vectored { b"abc" } else { b"ab" };
    assert_eq!(io.written, [b"xyz" as &[u8], slices]);
    assert!(io.flushed && io.ended);
}

// Contract 7.2-1.
#[test]
fn a_reference_passes_everything_through() {
    let mut io = Plain::default();
    exercise(&mut io, false);
    assert_exercised(&io, false);
    let mut io = Vectored::default();
    exercise(&mut &mut io, true);
    assert_exercised(&io.0, true);
}

trait Transport: Read + Write + Unpin {
    fn plain(&self) -> &Plain;
}

impl Transport for Vectored {
    fn plain(&self) -> &Plain {
        &self.0
    }
}

// Contract 7.2-1.
#[test]
fn a_box_passes_everything_through() {
    exercise(Box::new(Plain::default()), false);
    exercise(Box::new(Vectored::default()), true);
    let mut boxed: Box<dyn Transport> = Box::new(Vectored::default());
    exercise(&mut boxed, true);
    assert_exercised(boxed.plain(), true);
}

// Contract 7.2-1.
#[test]
fn a_pin_passes_everything_through() {
    let mut io = Vectored::default();
    exercise(Pin::new(&mut io), true);
    assert_exercised(&io.0, true);
    exercise(Box::pin(Plain::default()), false);
    // Not even `Unpin` is asked of what is pinned.
    let mut io = pin!(NeverMoved(Plain::default(), std::marker::PhantomPinned));
    let mut bytes = [0; 10];
    let mut buf = ReadBuf::new(&mut bytes);
    let mut cx = Context::from_waker(Waker::noop());
    let read = Pin::new(&mut io).poll_read(&mut cx, buf.unfilled());
    ready(read);
    assert_eq!(buf.filled(), b"moveless");
}

struct NeverMoved(#[allow(dead_code)] Plain, std::marker::PhantomPinned);

impl Read for NeverMoved {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        buf.put_slice(b"moveless");
        Poll::Ready(Ok(()))
    }
}

/// A transport whose reads bring nothing: the end (contract 7.2-1).
struct AtEnd(Vectored);

impl Read for AtEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Write for AtEnd {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

// Contract 7.2-1.
#[tokio::test(start_paused = true)]
async fn a_read_that_brings_nothing_is_the_end() {
    use crate::support::tokio_rt::TokioExecutor;
    use crate::support::tunnels::TestBody;
    use crate::support::virtual_timer::expect_soon;
    let io = AtEnd(Vectored::default());
    let handshake = hyper::client::conn::http2::handshake::<_, _, TestBody>(TokioExecutor, io);
    let (requests, connection) = handshake.await.expect("the transport takes the preface");
    let _either = expect_soon("the end of the connection", connection).await;
    assert!(requests.is_closed());
}
