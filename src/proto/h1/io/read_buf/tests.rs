use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{ReadBuffer, ReadSize, MIN_READ};
use crate::rt::{Read, ReadBufCursor};

/// A transport that never runs dry, and gives at most `pace` bytes a read.
struct Endless {
    pace: usize,
    asked: Vec<usize>,
}

impl Endless {
    fn new(pace: usize) -> Endless {
        Endless {
            pace,
            asked: Vec::new(),
        }
    }
}

impl Read for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        self.asked.push(room);
        buf.put_slice(&vec![b'x'; room.min(self.pace)]);
        Poll::Ready(Ok(()))
    }
}

fn fill(buffer: &mut ReadBuffer, io: &mut Endless) -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    match buffer.poll_fill(io, &mut cx) {
        Poll::Ready(Ok(count)) => count,
        other => panic!("an endless transport is always ready: {other:?}"),
    }
}

// Contract 4.1-9.
#[test]
fn reads_double_while_they_are_filled_up_to_the_limit() {
    let limit = 40_000;
    let mut buffer = ReadBuffer::new(ReadSize::UpTo(limit));
    let mut io = Endless::new(usize::MAX);
    for _ in 0..5 {
        fill(&mut buffer, &mut io);
        buffer.bytes().clear();
    }
    assert_eq!(
        io.asked,
        [MIN_READ, 2 * MIN_READ, 4 * MIN_READ, limit, limit]
    );
}

// Contract 4.1-9.
#[test]
fn reads_halve_after_two_small_ones_in_a_row_and_never_below_the_least() {
    let mut buffer = ReadBuffer::new(ReadSize::UpTo(1 << 20));
    let mut io = Endless::new(usize::MAX);
    for _ in 0..2 {
        fill(&mut buffer, &mut io);
        buffer.bytes().clear();
    }
    io.asked.clear();
    for pace in [1, 1, 1, 8 * 1024, 1, 1, 1, 1, 1, 1] {
        io.pace = pace;
        fill(&mut buffer, &mut io);
        buffer.bytes().clear();
    }
    let kib = io
        .asked
        .iter()
        .map(|asked| asked / 1024)
        .collect::<Vec<_>>();
    assert_eq!(kib, [32, 32, 16, 16, 16, 16, 8, 8, 8, 8]);
}

#[test]
fn never_more_than_the_limit_is_held() {
    let limit = MIN_READ + 100;
    let mut buffer = ReadBuffer::new(ReadSize::UpTo(limit));
    let mut io = Endless::new(usize::MAX);
    assert_eq!(fill(&mut buffer, &mut io), MIN_READ);
    assert_eq!(buffer.room(), 100);
    assert_eq!(fill(&mut buffer, &mut io), 100);
    assert_eq!(buffer.room(), 0);
    assert_eq!(buffer.bytes().len(), limit);
}

// Contract 3.2-3.
#[test]
fn an_exact_size_is_what_each_read_asks_for() {
    let mut buffer = ReadBuffer::new(ReadSize::Exactly(100));
    let mut io = Endless::new(70);
    assert_eq!(fill(&mut buffer, &mut io), 70);
    assert_eq!(fill(&mut buffer, &mut io), 30);
    assert_eq!(buffer.room(), 0);
    buffer.bytes().clear();
    fill(&mut buffer, &mut io);
    assert_eq!(io.asked, [100, 30, 100]);
}

#[test]
fn the_end_of_the_transport_is_a_read_of_nothing() {
    let mut buffer = ReadBuffer::new(ReadSize::UpTo(MIN_READ));
    let mut io = Endless::new(0);
    assert_eq!(fill(&mut buffer, &mut io), 0);
    assert!(buffer.is_empty());
    assert!(buffer.into_bytes().is_empty());
}
