use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{WriteBuffer, WriteStrategy, MAX_SLICES};
use crate::rt::Write;

/// Notes every write as the slices it was given, and accepts at most `pace` bytes of each.
struct Sink {
    pace: usize,
    writes: Vec<Vec<String>>,
    accepted: String,
}

impl Sink {
    fn new(pace: usize) -> Sink {
        Sink {
            pace,
            writes: Vec::new(),
            accepted: String::new(),
        }
    }

    fn accept(&mut self, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        let text = |slice: &&[u8]| String::from_utf8_lossy(slice).into_owned();
        self.writes.push(slices.iter().map(text).collect());
        let mut all = slices.concat();
        all.truncate(self.pace);
        self.accepted.push_str(&String::from_utf8_lossy(&all));
        Poll::Ready(Ok(all.len()))
    }
}

impl Write for Sink {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.accept(&[buf])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices: Vec<&[u8]> = bufs.iter().map(|buf| &**buf).collect();
        self.accept(&slices)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn write(buffer: &mut WriteBuffer, sink: &mut Sink) -> io::Result<()> {
    let mut cx = Context::from_waker(Waker::noop());
    match buffer.poll_write_to(sink, &mut cx) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a sink is always ready"),
    }
}

fn with_a_chunk(strategy: WriteStrategy) -> WriteBuffer {
    let mut buffer = WriteBuffer::new(strategy, 8 * 1024);
    buffer.text().extend_from_slice(b"head|");
    buffer.push(Bytes::from_static(b"data"));
    buffer.text().extend_from_slice(b"|tail");
    buffer
}

// Contract 4.7-15.
#[test]
fn flattened_data_leaves_in_one_plain_write() {
    let mut buffer = with_a_chunk(WriteStrategy::Flatten);
    let mut sink = Sink::new(usize::MAX);
    write(&mut buffer, &mut sink).expect("a sink takes all");
    assert_eq!(sink.writes, [["head|data|tail"]]);
}

// Contract 4.7-15.
#[test]
fn queued_data_leaves_in_one_vectored_write_and_is_not_copied() {
    let data = Bytes::from(vec![b'd'; 4]);
    let mut buffer = with_a_chunk(WriteStrategy::Queue);
    buffer.push(data.clone());
    assert!(!data.is_unique(), "the buffer holds the very data");
    let mut sink = Sink::new(usize::MAX);
    write(&mut buffer, &mut sink).expect("a sink takes all");
    assert_eq!(sink.writes, [["head|", "data", "|tail", "dddd"]]);
    assert!(data.is_unique());
}

#[test]
fn order_is_kept_however_little_each_write_takes() {
    for strategy in [WriteStrategy::Flatten, WriteStrategy::Queue] {
        for pace in 1..16 {
            let mut buffer = with_a_chunk(strategy);
            let mut sink = Sink::new(pace);
            write(&mut buffer, &mut sink).expect("a sink takes all");
            assert_eq!(
                sink.accepted, "head|data|tail",
                "{strategy:?}, {pace} at a time"
            );
            assert_eq!(buffer.remaining(), 0);
        }
    }
}

#[test]
fn data_that_does_not_fit_is_not_copied_even_where_data_is_flattened() {
    let mut buffer = WriteBuffer::new(WriteStrategy::Flatten, 10);
    buffer.text().extend_from_slice(b"head|");
    let data = Bytes::from(vec![b'd'; 6]);
    buffer.push(data.clone());
    assert!(!data.is_unique(), "the buffer holds the very data");
    buffer.text().extend_from_slice(b"|tail");
    let mut sink = Sink::new(usize::MAX);
    write(&mut buffer, &mut sink).expect("a sink takes all");
    assert_eq!(sink.writes, [["head|", "dddddd", "|tail"]]);
}

// Contract 4.7-15.
#[test]
fn nothing_is_taken_on_at_the_limit_or_with_too_many_buffers() {
    let mut buffer = WriteBuffer::new(WriteStrategy::Queue, 100);
    buffer.push(Bytes::from(vec![b'd'; 99]));
    assert!(buffer.has_room());
    buffer.push(Bytes::from_static(b"d"));
    assert!(!buffer.has_room());

    let mut buffer = WriteBuffer::new(WriteStrategy::Queue, usize::MAX);
    let mut count = 0;
    while buffer.has_room() {
        buffer.text().extend_from_slice(b"|");
        buffer.push(Bytes::from_static(b"d"));
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn a_write_has_a_bounded_number_of_slices() {
    let mut buffer = WriteBuffer::new(WriteStrategy::Queue, usize::MAX);
    for _ in 0..MAX_SLICES + 6 {
        buffer.push(Bytes::from_static(b"d"));
    }
    buffer.text().extend_from_slice(b"t");
    let mut sink = Sink::new(usize::MAX);
    write(&mut buffer, &mut sink).expect("a sink takes all");
    let counts: Vec<_> = sink.writes.iter().map(Vec::len).collect();
    assert_eq!(counts, [MAX_SLICES, 7]);
}

// Contract 2.4-7.
#[test]
fn a_transport_that_accepts_nothing_any_more_is_an_error() {
    let mut buffer = with_a_chunk(WriteStrategy::Flatten);
    let err = write(&mut buffer, &mut Sink::new(0)).expect_err("nothing was accepted");
    assert_eq!(err.kind(), io::ErrorKind::WriteZero);
}

#[test]
fn a_burst_is_not_kept_allocated_by_an_idle_connection() {
    let mut buffer = WriteBuffer::new(WriteStrategy::Flatten, 1 << 20);
    buffer.push(Bytes::from(vec![b'd'; 100_000]));
    buffer.rest();
    assert_eq!(buffer.remaining(), 100_000, "what waits is not touched");
    write(&mut buffer, &mut Sink::new(usize::MAX)).expect("a sink takes all");
    buffer.text().reserve(50_000);
    assert!(
        buffer.text.capacity() >= 100_000,
        "the same memory is used again until then"
    );
    buffer.rest();
    assert_eq!(buffer.text.capacity(), 0);
}

#[test]
fn text_between_data_stays_in_one_small_buffer() {
    let mut buffer = WriteBuffer::new(WriteStrategy::Queue, 1 << 20);
    let mut sink = Sink::new(7);
    for _ in 0..1_000 {
        for _ in 0..3 {
            buffer.text().extend_from_slice(b"4\r\n");
            buffer.push(Bytes::from_static(b"data"));
            buffer.text().extend_from_slice(b"\r\n");
        }
        write(&mut buffer, &mut sink).expect("a sink takes all");
    }
    assert_eq!(sink.accepted, "4\r\ndata\r\n".repeat(3_000));
    assert!(buffer.text.capacity() <= 64, "{}", buffer.text.capacity());
}
