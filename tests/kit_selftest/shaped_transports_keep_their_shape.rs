use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::pin::Pin;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::support::gate::{wire, WireEnd};
use crate::support::shaped::{Failure, Handle, Operation, Shape, Shaped};
use crate::support::virtual_timer::{run_until_idle, settle};

fn shaped(shape: Shape) -> (Shaped<WireEnd>, Handle, WireEnd) {
    let (near, far) = wire();
    let (near, handle) = Shaped::new(near, shape);
    (near, handle, far)
}

#[tokio::test(start_paused = true)]
async fn writes_take_what_the_shape_lists_across_slices() {
    let (mut io, handle, mut far) = shaped(Shape {
        writes: &[5, 1, 100],
        ..Shape::default()
    });
    let mut all: &[u8] = b"head and payload";
    for expected in [5, 1, 10] {
        let (head, payload) = all.split_at(all.len().min(4));
        let bufs = [IoSlice::new(head), IoSlice::new(payload)];
        let written = poll_fn(|cx| Pin::new(&mut io).poll_write_vectored(cx, &bufs)).await;
        assert_eq!(written.expect("room"), expected);
        all = &all[expected..];
    }
    let counts = handle.counts();
    assert_eq!(
        (counts.writes, counts.written, counts.largest_write),
        (3, 16, 10)
    );
    let mut read = [0; 16];
    far.read_exact(&mut read).await.expect("all is there");
    assert_eq!(&read, b"head and payload");
}

#[tokio::test(start_paused = true)]
async fn reads_bring_no_more_than_the_shape_allows() {
    let (mut io, handle, mut far) = shaped(Shape {
        most_read: 3,
        ..Shape::default()
    });
    far.write_all(b"1234567").await.expect("room");
    let mut read = [0; 10];
    for expected in [3, 3, 1] {
        assert_eq!(io.read(&mut read).await.expect("bytes"), expected);
    }
    assert_eq!(handle.counts().reads, 3);
}

#[tokio::test(start_paused = true)]
async fn a_hesitant_one_pends_before_every_call_and_wakes() {
    let (mut io, _, mut far) = shaped(Shape {
        hesitates: true,
        ..Shape::default()
    });
    let mut pended = 0;
    let written = poll_fn(|cx| {
        let polled = Pin::new(&mut io).poll_write(cx, b"bytes");
        pended += usize::from(polled.is_pending());
        polled
    });
    assert_eq!(written.await.expect("room"), 5);
    assert_eq!(pended, 1);
    io.shutdown().await.expect("the reader lives");
    let mut read = Vec::new();
    far.read_to_end(&mut read).await.expect("bytes");
    assert_eq!(read, b"bytes");
}

#[tokio::test(start_paused = true)]
async fn one_that_buffers_sends_with_the_flush_and_not_while_that_is_held() {
    let (mut io, handle, far) = shaped(Shape {
        buffers: true,
        ..Shape::default()
    });
    let sent = far.incoming();
    handle.hold_flush();
    io.write_all(&[7; 100_000]).await.expect("it takes all");
    assert_eq!((handle.counts().written, sent.taken()), (100_000, 0));
    {
        let mut flush = Box::pin(io.flush());
        assert!(settle(&mut flush).await.is_pending());
        handle.flush_once();
        // More than the socket takes.
        assert!(settle(&mut flush).await.is_pending());
        sent.set_buffer(1 << 20);
        handle.flush_once();
        flush.await.expect("the reader lives");
    }
    assert_eq!(sent.taken(), 100_000);
    let mut flush = Box::pin(io.flush());
    assert!(settle(&mut flush).await.is_pending());
    handle.release_flush();
    flush.await.expect("the reader lives");
}

#[tokio::test(start_paused = true)]
async fn a_failure_comes_with_the_call_that_was_named_and_once() {
    let (mut io, handle, _far) = shaped(Shape::default());
    io.write_all(b"before").await.expect("room");
    let failure = Failure::Error(ErrorKind::AddrInUse);
    handle.fail(Operation::Write, 1, failure);
    io.write_all(b"first").await.expect("room");
    assert!(!handle.has_failed());
    let failed = io.write(b"second").await.expect_err("planned");
    assert_eq!(failed.kind(), ErrorKind::AddrInUse);
    assert!(handle.has_failed());
    io.write_all(b"third").await.expect("room");
    handle.fail(Operation::Write, 0, Failure::Nothing);
    assert_eq!(io.write(b"fourth").await.expect("planned"), 0);
    handle.fail(Operation::Read, 0, Failure::Nothing);
    assert_eq!(io.read(&mut [0]).await.expect("planned"), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_out_of_order_are_told() {
    let (mut io, handle, _far) = shaped(Shape::default());
    io.write_all(b"bytes").await.expect("room");
    io.flush().await.expect("room");
    io.shutdown().await.expect("room");
    assert_eq!(handle.trespasses(), [""; 0]);
    io.flush().await.expect("nothing to do");
    assert_eq!(handle.trespasses().len(), 1);

    let (mut io, handle, _far) = shaped(Shape::default());
    io.write_all(b"bytes").await.expect("room");
    io.shutdown().await.expect("room");
    assert_eq!(handle.trespasses().len(), 1);
    assert!(!handle.is_alone());
    drop(io);
    assert!(handle.is_alone());
}

#[tokio::test(start_paused = true)]
async fn bytes_from_watched_memory_are_counted() {
    let (mut io, handle, _far) = shaped(Shape::default());
    let (own, other) = (vec![1; 100], vec![1; 100]);
    handle.watch(&own);
    io.write_all(&own[10..60]).await.expect("room");
    io.write_all(&other).await.expect("room");
    let counts = handle.counts();
    assert_eq!((counts.written, counts.written_from_watched), (150, 50));
    run_until_idle().await;
}
