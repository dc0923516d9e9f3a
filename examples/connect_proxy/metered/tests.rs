use std::sync::atomic::AtomicUsize;

use tokio::io::{duplex, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{advance, timeout};

use super::*;

const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(600),
    stalled: Duration::from_secs(60),
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A stream that takes ten bytes ahead of its reader, its meter, and its other end.
fn stream() -> (Metered<DuplexStream>, Arc<Meter>, DuplexStream) {
    let (near, far) = duplex(10);
    let meter = Meter::new();
    (Metered::new(near, Arc::clone(&meter)), meter, far)
}

/// Polls a write of 20 bytes, half of which fits, and then the rest, which waits.
async fn write_too_much(stream: &mut Metered<DuplexStream>) {
    let written = timeout(Duration::ZERO, stream.write_all(&[0; 20])).await;
    written.expect_err("there is no room for all of it");
}

/// How long it takes until the patience with two streams has run out.
async fn time_to_overdue(a: Watched<'_>, b: &Meter) -> (Overdue, Duration) {
    let began = Instant::now();
    let overdue = overdue(PATIENCE, [a, Watched::alone(b)]).await;
    (overdue, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn written_bytes_are_counted_as_they_are_taken() {
    let (mut stream, meter, mut far) = stream();
    write_too_much(&mut stream).await;
    assert_eq!(meter.written(), 10);
    far.read_exact(&mut [0; 10])
        .await
        .expect("ten bytes are there");
    stream.write_all(&[0; 5]).await.expect("there is room");
    assert_eq!(meter.written(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_pending_from_when_nothing_is_taken_until_something_is() {
    let (mut stream, meter, mut far) = stream();
    assert_eq!(meter.pending_since(), None);
    advance(seconds(5)).await;
    let since = Instant::now();
    write_too_much(&mut stream).await;
    advance(seconds(5)).await;
    write_too_much(&mut stream).await;
    assert_eq!(meter.pending_since(), Some(since));
    far.read_exact(&mut [0; 10])
        .await
        .expect("ten bytes are there");
    stream.write_all(&[0; 3]).await.expect("there is room");
    assert_eq!(meter.pending_since(), None);
}

#[tokio::test(start_paused = true)]
async fn bytes_either_way_are_a_movement() {
    let (mut stream, meter, mut far) = stream();
    for _ in 0..2 {
        advance(seconds(3)).await;
        far.write_all(b"x").await.expect("there is room");
        stream.read_exact(&mut [0]).await.expect("a byte is there");
        assert_eq!(meter.moved(), Instant::now());
        advance(seconds(3)).await;
        stream.write_all(b"x").await.expect("there is room");
        assert_eq!(meter.moved(), Instant::now());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_kept_and_an_end_is_none() {
    let (mut stream, meter, far) = stream();
    drop(far);
    assert_eq!(stream.read(&mut [0; 4]).await.expect("that is an end"), 0);
    assert_eq!(meter.failure(), None);
    stream.write_all(b"x").await.expect_err("nobody reads");
    assert_eq!(meter.failure(), Some(io::ErrorKind::BrokenPipe));
}

/// A stream that ends for its reader although it failed, as one of HTTP/2 does that was cancelled.
struct Cancelled;

impl AsyncRead for Cancelled {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Cancelled {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_given_up_does_not_end() {
    let meter = Meter::new();
    let mut stream = Metered::new(Cancelled, Arc::clone(&meter));
    let error = stream.read(&mut [0; 4]).await.expect_err("that is no end");
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(meter.failure(), Some(io::ErrorKind::BrokenPipe));
}

#[tokio::test(start_paused = true)]
async fn streams_that_carry_nothing_are_idle() {
    let (a, b) = (Meter::new(), Meter::new());
    let due = time_to_overdue(Watched::alone(&a), &b).await;
    assert_eq!(due, (Overdue::Idle, seconds(600)));
}

#[tokio::test(start_paused = true)]
async fn a_byte_puts_idleness_off_whichever_stream_carries_it() {
    let (mut stream, meter, _far) = stream();
    let other = Meter::new();
    let watching = time_to_overdue(Watched::alone(&other), &meter);
    let writing = async {
        sleep_until(Instant::now() + seconds(400)).await;
        stream.write_all(b"x").await.expect("there is room");
    };
    let (due, ()) = tokio::join!(watching, writing);
    assert_eq!(due, (Overdue::Idle, seconds(1000)));
}

#[tokio::test(start_paused = true)]
async fn a_pending_write_is_stalled_after_its_patience_exactly() {
    let (mut stream, meter, _far) = stream();
    let other = Meter::new();
    let watching = time_to_overdue(Watched::alone(&meter), &other);
    let writing = async {
        sleep_until(Instant::now() + seconds(100)).await;
        write_too_much(&mut stream).await;
    };
    let (due, ()) = tokio::join!(watching, writing);
    assert_eq!(due, (Overdue::Stalled, seconds(160)));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_moves_now_and_then_is_not_stalled() {
    let (mut stream, meter, mut far) = stream();
    let other = Meter::new();
    let watching = time_to_overdue(Watched::alone(&meter), &other);
    let carrying = async {
        let writing = stream.write_all(&[0; 30]);
        let reading = async {
            for _ in 0..20 {
                sleep_until(Instant::now() + seconds(50)).await;
                far.read_exact(&mut [0]).await.expect("bytes are there");
            }
        };
        tokio::join!(writing, reading)
            .0
            .expect("all is taken in the end");
    };
    let (due, ()) = tokio::join!(watching, carrying);
    assert_eq!(due, (Overdue::Idle, seconds(1000 + 600)));
}

#[tokio::test(start_paused = true)]
async fn a_pending_write_moves_while_held_bytes_become_less() {
    let (mut stream, meter, _far) = stream();
    let other = Meter::new();
    let held = AtomicUsize::new(100);
    let held_now = || held.load(Ordering::Relaxed);
    let watched = Watched {
        meter: &meter,
        held: &held_now,
    };
    write_too_much(&mut stream).await;
    let watching = time_to_overdue(watched, &other);
    let leaving = async {
        for _ in 0..10 {
            sleep_until(Instant::now() + seconds(40)).await;
            held.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let (due, ()) = tokio::join!(watching, leaving);
    // Seen at the look after it has moved, within a quarter of the patience.
    assert_eq!(due.0, Overdue::Stalled);
    assert!((seconds(460)..=seconds(475)).contains(&due.1), "{due:?}");
}
