//! Tokio as the runtime of the crate under test: I/O, executors, timer.

use std::future::{poll_fn, Future};
use std::io;
use std::mem::MaybeUninit;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{self, ReadBufCursor};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

/// Most bytes one read moves through [`TokioIo`] towards hyper.
const READ_CHUNK: usize = 16 * 1024;

/// Translates between tokio's and hyper's I/O traits, in both directions.
///
/// Around a tokio stream it is what hyper's connections take; around an `Upgraded` it is what `tokio::io::split`,
/// `copy_bidirectional` and the `AsyncReadExt`/`AsyncWriteExt` methods take.
#[derive(Debug)]
pub struct TokioIo<T>(T);

impl<T> TokioIo<T> {
    pub fn new(io: T) -> Self {
        TokioIo(io)
    }

    pub fn get_ref(&self) -> &T {
        &self.0
    }

    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsyncRead + Unpin> rt::Read for TokioIo<T> {
    /// Reads through a stack buffer: the copy costs little here, and keeps the kit free of `unsafe`.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut chunk = [MaybeUninit::uninit(); READ_CHUNK];
        let room = cursor.remaining().min(READ_CHUNK);
        let mut buf = tokio::io::ReadBuf::uninit(&mut chunk[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
        cursor.put_slice(buf.filled());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> rt::Write for TokioIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}

impl<T: rt::Read + Unpin> AsyncRead for TokioIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        target: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut buf = rt::ReadBuf::new(target.initialize_unfilled());
        ready!(Pin::new(&mut self.0).poll_read(cx, buf.unfilled()))?;
        let filled = buf.filled().len();
        target.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl<T: rt::Write + Unpin> AsyncWrite for TokioIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}

/// Spawns on the current tokio runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioExecutor;

impl<F> rt::Executor<F> for TokioExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

/// Spawns on the current `tokio::task::LocalSet`; takes futures that are not `Send`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalExecutor;

impl<F> rt::Executor<F> for LocalExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// A [`TokioExecutor`] that tells how many of its tasks live and how often they were polled.
///
/// Clones share one count. Leaks show in [`live`](Self::live), busy loops in [`polls`](Self::polls).
#[derive(Clone, Debug, Default)]
pub struct CountingExecutor(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    live: AtomicUsize,
    spawned: AtomicUsize,
    polls: AtomicUsize,
    first: First,
}

/// The first task, which may be cut off.
#[derive(Debug, Default)]
struct First {
    polls: AtomicUsize,
    /// Polls after which it is dropped; 0 for never.
    last_poll: AtomicUsize,
    handle: OnceLock<AbortHandle>,
}

impl CountingExecutor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Tasks spawned and neither finished nor dropped.
    pub fn live(&self) -> usize {
        self.0.live.load(Ordering::SeqCst)
    }

    /// Tasks spawned so far.
    pub fn spawned(&self) -> usize {
        self.0.spawned.load(Ordering::SeqCst)
    }

    /// Polls of all tasks so far.
    pub fn polls(&self) -> usize {
        self.0.polls.load(Ordering::SeqCst)
    }

    /// Polls of the first task so far. Where hyper is one end of a [`Link`](super::tunnels::Link), that is the one that owns
    /// the transport.
    pub fn first_polls(&self) -> usize {
        self.0.first.polls.load(Ordering::SeqCst)
    }

    /// Drops the first task where it stands after `polls` more polls of it, one at least.
    pub fn cut_first_off_after(&self, polls: usize) {
        let last_poll = self.first_polls() + polls;
        self.0.first.last_poll.store(last_poll, Ordering::SeqCst);
    }

    /// Spawns a future of the test's own (hyper's connection, say) under the same counts.
    pub fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let is_first = self.spawned() == 0;
        let task = LiveTask::new(self.0.clone());
        let spawned = tokio::spawn(async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                task.0.polls.fetch_add(1, Ordering::SeqCst);
                let polled = future.as_mut().poll(cx);
                if is_first {
                    task.0.first.polled();
                }
                polled
            })
            .await
        });
        if is_first {
            // Set once: there is one first.
            let _ = self.0.first.handle.set(spawned.abort_handle());
        }
        spawned
    }
}

impl First {
    fn polled(&self) {
        let polls = self.polls.fetch_add(1, Ordering::SeqCst) + 1;
        if polls == self.last_poll.load(Ordering::SeqCst) {
            self.handle.get().into_iter().for_each(AbortHandle::abort);
        }
    }
}

impl<F> rt::Executor<F> for CountingExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.spawn(future);
    }
}

struct LiveTask(Arc<Counts>);

impl LiveTask {
    fn new(counts: Arc<Counts>) -> Self {
        counts.live.fetch_add(1, Ordering::SeqCst);
        counts.spawned.fetch_add(1, Ordering::SeqCst);
        LiveTask(counts)
    }
}

impl Drop for LiveTask {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

/// hyper's timer on tokio's clock, hence virtual while that clock is paused.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTimer;

#[allow(
    unexpected_cfgs,
    reason = "set by the package that runs the suites against hyper 1.7.0"
)]
impl rt::Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(TokioSleep(Box::pin(tokio::time::sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(TokioSleep(Box::pin(tokio::time::sleep_until(
            deadline.into(),
        ))))
    }

    #[cfg(not(feature = "timer_without_now"))]
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        let sleep = sleep
            .as_mut()
            .downcast_mut_pin::<TokioSleep>()
            .expect("a timer is only handed back the sleeps it made");
        sleep.get_mut().0.as_mut().reset(deadline.into());
    }
}

struct TokioSleep(Pin<Box<tokio::time::Sleep>>);

impl Future for TokioSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl rt::Sleep for TokioSleep {}
