//! Transports that are odd, or fail, but keep to their contract.
//!
//! [`Shaped`] stands around a transport and passes everything on, in the [`Shape`] it was given: a few bytes at a time, after
//! a wait, not before a flush. A test holds on to its [`Handle`], which changes the shape, plans a failure, and knows what
//! was asked of the transport.
//!
//! Invariants: bytes keep their order; a call that pends is followed by a wake-up as soon as it may be repeated; what a
//! flush or a shutdown calls done is with the transport underneath. Wakers are called with no lock held.

use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{ready, Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most bytes that a read brings which is not to bring all it could.
const MOST_CUT: usize = 4 * 1024;

/// What a transport is like. The default is like any socket: it takes and gives what it can at once.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Most bytes that a read brings.
    pub most_read: usize,
    /// Most bytes that one write takes, the next, and so on, over and over.
    pub writes: &'static [usize],
    /// Whether it takes several slices at a time. If not, a vectored write fails the test.
    pub is_vectored: bool,
    /// Whether each call pends first, and is woken by another task.
    pub hesitates: bool,
    /// Whether it takes whatever is written at once, and moves it on when flushed.
    pub buffers: bool,
    /// Whether each call that succeeds wakes its task for no reason.
    pub is_restless: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            most_read: usize::MAX,
            writes: &[usize::MAX],
            is_vectored: true,
            hesitates: false,
            buffers: false,
            is_restless: false,
        }
    }
}

/// What can be asked of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
}

/// How a transport fails. It does so once, and works as before afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Error(ErrorKind),
    /// `Ok(0)`: the end where it reads, and where it writes that it takes nothing any more.
    Nothing,
}

/// What was done so far. Calls that pended or failed do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub reads: usize,
    pub writes: usize,
    pub flushes: usize,
    pub shutdowns: usize,
    /// Bytes that writes took.
    pub written: u64,
    /// Those of them that stood in the memory [watched](Handle::watch).
    pub written_from_watched: u64,
    /// Most bytes that one write took.
    pub largest_write: usize,
}

/// A transport of some shape.
#[derive(Debug)]
pub struct Shaped<T> {
    io: T,
    handle: Handle,
    unflushed: BytesMut,
}

/// The tester's hold on a [`Shaped`] transport.
#[derive(Clone, Debug, Default)]
pub struct Handle(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    shape: Shape,
    counts: Counts,
    watched: Range<usize>,
    /// Whether the next call of each operation is the one after its wait.
    has_waited: [bool; 4],
    /// Calls of each operation that did not pend for their shape.
    calls: [usize; 4],
    plan: Option<(Operation, usize, Failure)>,
    has_failed: bool,
    is_dirty: bool,
    trespasses: Vec<&'static str>,
    flush_is_held: bool,
    may_flush_once: bool,
    held: Option<Waker>,
}

impl<T> Shaped<T> {
    pub fn new(io: T, shape: Shape) -> (Self, Handle) {
        let handle = Handle::default();
        handle.reshape(shape);
        let shaped = Shaped {
            io,
            handle: handle.clone(),
            unflushed: BytesMut::new(),
        };
        (shaped, handle)
    }
}

impl Handle {
    /// Changes the shape, from the next call on.
    pub fn reshape(&self, shape: Shape) {
        self.lock().shape = shape;
    }

    /// Fails the call of `operation` with this number, counted from 0 and from now on.
    pub fn fail(&self, operation: Operation, number: usize, failure: Failure) {
        let mut state = self.lock();
        let number = state.calls[operation as usize] + number;
        state.plan = Some((operation, number, failure));
    }

    /// Whether the failure that was planned has happened.
    pub fn has_failed(&self) -> bool {
        self.lock().has_failed
    }

    /// Flushes pend until [`release_flush`](Self::release_flush), and a shutdown, which flushes first.
    pub fn hold_flush(&self) {
        self.lock().flush_is_held = true;
    }

    /// Lets flushes through again.
    pub fn release_flush(&self) {
        self.allow(|state| state.flush_is_held = false);
    }

    /// Lets one flush through.
    pub fn flush_once(&self) {
        self.allow(|state| state.may_flush_once = true);
    }

    fn allow(&self, change: impl FnOnce(&mut State)) {
        let held = {
            let mut state = self.lock();
            change(&mut state);
            state.held.take()
        };
        held.into_iter().for_each(Waker::wake);
    }

    /// Counts the bytes that are written straight from `memory`.
    pub fn watch(&self, memory: &[u8]) {
        let start = memory.as_ptr() as usize;
        self.lock().watched = start..start + memory.len();
    }

    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// What was asked of the transport out of order: anything but a flush between the last write and a shutdown, anything
    /// at all after a shutdown, but reading.
    pub fn trespasses(&self) -> Vec<&'static str> {
        self.lock().trespasses.clone()
    }

    /// Whether the transport is gone; only handles are left.
    pub fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no code panics while it holds the lock")
    }

    /// What a call has to come through before it is passed on; the shape it is to have is returned.
    fn poll_enter(
        &self,
        operation: Operation,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Shape, Failure>> {
        let mut state = self.lock();
        let at = operation as usize;
        if state.shape.hesitates && !state.has_waited[at] {
            state.has_waited[at] = true;
            drop(state);
            wake_later(cx);
            return Poll::Pending;
        }
        state.has_waited[at] = false;
        if operation != Operation::Read && state.counts.shutdowns > 0 {
            state.trespasses.push("a call after the shutdown");
        }
        let is_flushing = matches!(operation, Operation::Flush | Operation::Shutdown);
        if is_flushing && state.flush_is_held && !std::mem::take(&mut state.may_flush_once) {
            state.held = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if operation == Operation::Shutdown && state.is_dirty {
            state.trespasses.push("a shutdown without a flush");
        }
        let number = state.calls[at];
        state.calls[at] += 1;
        match state.plan {
            Some((planned, when, failure)) if planned == operation && when == number => {
                state.plan = None;
                state.has_failed = true;
                Poll::Ready(Err(failure))
            }
            _ => Poll::Ready(Ok(state.shape)),
        }
    }

    /// Notes a success, and what it brings with it.
    fn note(&self, cx: &Context<'_>, note: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        note(&mut state);
        let is_restless = state.shape.is_restless;
        drop(state);
        if is_restless {
            wake_later(cx);
        }
    }
}

/// Wakes `cx` from a task of its own.
fn wake_later(cx: &Context<'_>) {
    let waker = cx.waker().clone();
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        waker.wake();
    });
}

impl<T: AsyncRead + Unpin> AsyncRead for Shaped<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let handle = self.handle.clone();
        let shape = match ready!(handle.poll_enter(Operation::Read, cx)) {
            Ok(shape) => shape,
            Err(failure) => return Poll::Ready(failure.into_result()),
        };
        if shape.most_read >= buf.remaining() {
            ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        } else {
            let mut chunk = [MaybeUninit::uninit(); MOST_CUT];
            let most = shape.most_read.min(MOST_CUT);
            let mut part = ReadBuf::uninit(&mut chunk[..most]);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut part))?;
            buf.put_slice(part.filled());
        }
        handle.note(cx, |state| state.counts.reads += 1);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> Shaped<T> {
    fn poll_write_slices(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let handle = self.handle.clone();
        let shape = match ready!(handle.poll_enter(Operation::Write, cx)) {
            Ok(shape) => shape,
            Err(failure) => return Poll::Ready(failure.into_result().map(|()| 0)),
        };
        let written = if shape.buffers {
            bufs.iter()
                .for_each(|buf| self.unflushed.extend_from_slice(buf));
            bufs.iter().map(|buf| buf.len()).sum()
        } else {
            let number = handle.counts().writes;
            let most = shape.writes[number % shape.writes.len()];
            let io = Pin::new(&mut self.io);
            ready!(poll_write_most(io, cx, bufs, most))?
        };
        handle.note(cx, |state| state.count_write(bufs, written));
        Poll::Ready(Ok(written))
    }

    fn poll_move_on(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unflushed.has_remaining() {
            let moved = ready!(Pin::new(&mut self.io).poll_write(cx, &self.unflushed))?;
            self.unflushed.advance(moved);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }
}

/// Offers `io` no more than the first `most` bytes.
fn poll_write_most<T: AsyncWrite>(
    io: Pin<&mut T>,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
    mut most: usize,
) -> Poll<io::Result<usize>> {
    if most == usize::MAX {
        return io.poll_write_vectored(cx, bufs);
    }
    let cut = bufs.iter().map(|buf| {
        let len = buf.len().min(most);
        most -= len;
        IoSlice::new(&buf[..len])
    });
    io.poll_write_vectored(cx, &cut.collect::<Vec<_>>())
}

impl State {
    fn count_write(&mut self, bufs: &[IoSlice<'_>], written: usize) {
        self.is_dirty = true;
        self.counts.writes += 1;
        self.counts.written += written as u64;
        self.counts.largest_write = self.counts.largest_write.max(written);
        let mut rest = written;
        for buf in bufs {
            let len = buf.len().min(rest);
            rest -= len;
            if self.watched.contains(&(buf.as_ptr() as usize)) {
                self.counts.written_from_watched += len as u64;
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Shaped<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slices(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let handle = self.handle.clone();
        if let Err(failure) = ready!(handle.poll_enter(Operation::Flush, cx)) {
            return Poll::Ready(failure.into_result());
        }
        ready!(self.poll_move_on(cx))?;
        handle.note(cx, |state| {
            state.is_dirty = false;
            state.counts.flushes += 1;
        });
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let handle = self.handle.clone();
        if let Err(failure) = ready!(handle.poll_enter(Operation::Shutdown, cx)) {
            return Poll::Ready(failure.into_result());
        }
        ready!(self.poll_move_on(cx))?;
        ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        handle.note(cx, |state| state.counts.shutdowns += 1);
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.handle.lock().shape.is_vectored
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        assert!(
            self.is_write_vectored(),
            "several slices for a transport that takes one"
        );
        self.poll_write_slices(cx, bufs)
    }
}

impl Failure {
    fn into_result(self) -> io::Result<()> {
        match self {
            Failure::Error(kind) => Err(kind.into()),
            Failure::Nothing => Ok(()),
        }
    }
}
