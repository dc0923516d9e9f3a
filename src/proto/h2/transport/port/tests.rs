use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf as TokioReadBuf};

use super::{Port, ROUNDS};
use crate::proto::h2::transport::wire::Wire;
use crate::rt::clock::Clock;
use crate::rt::{Read, ReadBufCursor, Write};

/// Reads without end and takes what it is given, unless it is told to stop.
#[derive(Default)]
struct Transport {
    reads: usize,
    has_no_more: bool,
    is_vectored: bool,
    writes: Vec<Vec<u8>>,
    flushes: usize,
}

impl Read for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.has_no_more {
            return Poll::Pending;
        }
        self.reads += 1;
        let len = buf.remaining();
        buf.put_slice(&vec![7; len]);
        Poll::Ready(Ok(()))
    }
}

impl Write for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.push(buf.to_vec());
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        let len = bytes.len();
        self.writes.push(bytes);
        Poll::Ready(Ok(len))
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn port(transport: Transport) -> (Port<Transport>, Wire) {
    Port::new(transport, Clock::default())
}

fn read(wire: &mut Wire, cx: &mut Context<'_>) -> Poll<usize> {
    let mut bytes = [0; 1 << 10];
    let mut buf = TokioReadBuf::new(&mut bytes);
    Pin::new(wire)
        .poll_read(cx, &mut buf)
        .map(|read| read.map_or(0, |()| buf.filled().len()))
}

#[test]
fn a_transport_without_end_leaves_others_a_turn() {
    let (mut port, mut wire) = port(Transport::default());
    let wakes = Arc::<Wakes>::default();
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    for turn in 1..4 {
        let polled: Poll<()> = port.poll_around(&mut cx, |cx| {
            while read(&mut wire, cx).is_ready() {}
            Poll::Pending
        });
        assert!(polled.is_pending());
        assert_eq!(wakes.0.load(Ordering::SeqCst), turn, "it goes on at once");
        assert!(port.io.reads <= turn * (ROUNDS + 1));
    }
}

#[test]
fn a_transport_that_has_no_more_is_left_alone_until_it_wakes() {
    let transport = Transport {
        has_no_more: true,
        ..Transport::default()
    };
    let (mut port, mut wire) = port(transport);
    let wakes = Arc::<Wakes>::default();
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut works = 0;
    let polled: Poll<()> = port.poll_around(&mut cx, |cx| {
        works += 1;
        assert!(read(&mut wire, cx).is_pending());
        Poll::Pending
    });
    assert!(polled.is_pending());
    assert_eq!((works, wakes.0.load(Ordering::SeqCst)), (1, 0));
}

#[test]
fn what_is_said_in_one_poll_is_one_write_and_one_flush() {
    for is_vectored in [false, true] {
        let (mut port, mut wire) = port(Transport {
            has_no_more: true,
            is_vectored,
            ..Transport::default()
        });
        let mut cx = Context::from_waker(Waker::noop());
        let polled: Poll<()> = port.poll_around(&mut cx, |cx| {
            for frame in ["one ", "two ", "three"] {
                let wrote = Pin::new(&mut wire).poll_write(cx, frame.as_bytes());
                assert!(wrote.is_ready());
                assert!(Pin::new(&mut wire).poll_flush(cx).is_ready());
            }
            Poll::Pending
        });
        assert!(polled.is_pending());
        assert_eq!(port.io.writes, [b"one two three"]);
        assert_eq!(port.io.flushes, 1);
    }
}
