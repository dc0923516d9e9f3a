//! A stream of bytes that is counted and watched.
//!
//! Invariants:
//! - Carrying bytes touches a few atomics and no timer: deadlines are looked after by one timer a tunnel, which is set again
//!   when it fires.
//! - A write is pending from when the peer did not take a byte, flush or end until it does; whatever was taken begins anew.
//! - What failed first is kept, so that of two sides it can be told which one it was.
//! - A reader is not told of an end where the peer gave the whole stream up, but of the failure.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{ready, Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{sleep_until, Instant};

#[cfg(test)]
mod tests;

/// What is known of one stream; times are milliseconds since it began to be metered.
pub struct Meter {
    began: Instant,
    written: AtomicU64,
    moved: AtomicU64,
    /// One more than the time since when a write has been pending; 0 while none is.
    pending: AtomicU64,
    failure: OnceLock<io::ErrorKind>,
}

impl Meter {
    pub fn new() -> Arc<Meter> {
        Arc::new(Meter {
            began: Instant::now(),
            written: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            failure: OnceLock::new(),
        })
    }

    /// Bytes that the stream took.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// When a byte was last read or written; at first, when metering began.
    pub fn moved(&self) -> Instant {
        self.began + Duration::from_millis(self.moved.load(Ordering::Relaxed))
    }

    /// Since when the peer has taken nothing of what it is offered.
    pub fn pending_since(&self) -> Option<Instant> {
        let since = self.pending.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.began + Duration::from_millis(since))
    }

    pub fn failure(&self) -> Option<io::ErrorKind> {
        self.failure.get().copied()
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn note_moved(&self) {
        self.moved.store(self.now(), Ordering::Relaxed);
    }

    /// Notes what a write was answered.
    fn note_write(&self, attempt: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes @ 1..)) = attempt {
            self.written.fetch_add(bytes as u64, Ordering::Relaxed);
            self.note_moved();
        }
        self.note(attempt)
    }

    /// Notes how an attempt to write, flush or shut down went.
    fn note<T>(&self, attempt: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let is_pending = self.pending.load(Ordering::Relaxed) > 0;
        match &attempt {
            Poll::Pending if !is_pending => self.pending.store(self.now() + 1, Ordering::Relaxed),
            Poll::Ready(_) if is_pending => self.pending.store(0, Ordering::Relaxed),
            _ => {}
        }
        if let Poll::Ready(Err(error)) = &attempt {
            self.failure.get_or_init(|| error.kind());
        }
        attempt
    }
}

pub struct Metered<T> {
    io: T,
    meter: Arc<Meter>,
}

impl<T> Metered<T> {
    pub fn new(io: T, meter: Arc<Meter>) -> Metered<T> {
        Metered { io, meter }
    }

    pub fn into_inner(self) -> T {
        self.io
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let mut read = ready!(Pin::new(&mut this.io).poll_read(cx, buf));
        if buf.filled().len() > before {
            this.meter.note_moved();
        } else if buf.remaining() > 0 && read.is_ok() {
            // A stream of HTTP/2 that was cancelled (RFC 9113 section 7) ends for its reader; writing tells the difference.
            if let Poll::Ready(Err(error)) = Pin::new(&mut this.io).poll_flush(cx) {
                read = Err(error);
            }
        }
        if let Err(error) = &read {
            this.meter.failure.get_or_init(|| error.kind());
        }
        Poll::Ready(read)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let attempt = Pin::new(&mut this.io).poll_write(cx, bytes);
        this.meter.note_write(attempt)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.meter.note(Pin::new(&mut this.io).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.meter.note(Pin::new(&mut this.io).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let attempt = Pin::new(&mut this.io).poll_write_vectored(cx, slices);
        this.meter.note_write(attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// How long streams may carry nothing.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// With no byte moved, either way.
    pub idle: Duration,
    /// With a write pending, and no byte of it moved.
    pub stalled: Duration,
}

/// Which patience ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    Idle,
    Stalled,
}

/// A stream that is watched.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    pub meter: &'a Meter,
    /// How many bytes the stream has taken and not sent. While those become less, a pending write moves.
    pub held: &'a (dyn Fn() -> usize + Sync),
}

impl<'a> Watched<'a> {
    /// A stream whose writes tell everything.
    pub fn alone(meter: &'a Meter) -> Watched<'a> {
        Watched { meter, held: &|| 0 }
    }
}

/// Looks that are taken in a patience with a pending write. What a stream holds is known only while it is looked at.
const LOOKS: u32 = 4;

/// Ready when the patience with streams that carry bytes to each other has run out.
///
/// Wakes for the looks at what streams hold, and when the nearest deadline, as last looked at, has come; bytes that moved
/// meanwhile have put it off by then.
pub async fn overdue<const N: usize>(patience: Patience, streams: [Watched<'_>; N]) -> Overdue {
    let mut now = Instant::now();
    let mut looks = streams.map(|stream| Look::first(&stream, now));
    loop {
        let pending = looks.iter().filter_map(|look| look.pending);
        let stalled = pending.min().map(|since| since + patience.stalled);
        if stalled.is_some_and(|due| due <= now) {
            return Overdue::Stalled;
        }
        let moved = looks.iter().map(|look| look.moved).max();
        let idle = moved.unwrap_or(now) + patience.idle;
        if idle <= now {
            return Overdue::Idle;
        }
        let next = (now + patience.stalled / LOOKS).min(idle);
        sleep_until(stalled.map_or(next, |due| due.min(next))).await;
        now = Instant::now();
        for (look, stream) in looks.iter_mut().zip(&streams) {
            look.again(stream, now);
        }
    }
}

/// What was seen of a stream.
struct Look {
    /// When a byte last came, was taken, or left after it had been taken.
    moved: Instant,
    /// Since when nothing of a pending write has moved.
    pending: Option<Instant>,
    held: usize,
}

impl Look {
    fn first(stream: &Watched<'_>, now: Instant) -> Look {
        let mut look = Look {
            moved: stream.meter.moved(),
            pending: None,
            held: 0,
        };
        look.again(stream, now);
        look
    }

    fn again(&mut self, stream: &Watched<'_>, now: Instant) {
        let held = (stream.held)();
        // While a write is pending nothing is taken, so what is held can only become less. Otherwise this misses a
        // movement at most, where the meter has seen another.
        let has_left = held < self.held;
        self.moved = match has_left {
            true => now,
            false => self.moved.max(stream.meter.moved()),
        };
        self.pending = stream.meter.pending_since().map(|since| match has_left {
            true => now,
            false => self.pending.map_or(since, |before| before.max(since)),
        });
        self.held = held;
    }
}
