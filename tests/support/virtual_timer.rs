//! Time that passes only when nothing else can happen, and the proofs this makes possible.
//!
//! Under a paused clock tokio moves time forward only when no task of the runtime is ready to run. So a timer that fires
//! proves that everything else had come to rest: every wake-up given was answered by a poll, and none is outstanding.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};

/// Runs the current-thread runtime until no task can make progress without time passing.
///
/// Afterwards "nothing happened" is a fact, not a guess: no task is ready, whatever the number of hops between them. Costs
/// one millisecond of virtual time, the resolution of tokio's clock, and no wall-clock time.
///
/// # Panics
///
/// If the clock is not paused, since waiting would then prove nothing.
pub async fn run_until_idle() {
    tokio::time::advance(Duration::ZERO).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Polls `future` until it is done or, with it still pending, the whole runtime is idle.
///
/// `assert!(settle(&mut write).await.is_pending())` says that nothing but an outside event can complete the write.
pub async fn settle<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut idle = pin!(run_until_idle());
    poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Poll::Ready(output)),
        Poll::Pending => idle.as_mut().poll(cx).map(|()| Poll::Pending),
    })
    .await
}

/// Awaits `future`, but fails at once where a plain `await` would hang for ever.
///
/// Hanging means that an hour of virtual time passed, which takes no longer than running the timers that are set.
///
/// # Panics
///
/// If `future` is not done by then; `what` names the thing that did not happen.
pub async fn expect_soon<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(3600), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: did not happen, and nothing is left to run"),
    }
}

/// A waker that counts its wake-ups, for polling a future by hand.
#[derive(Debug, Default)]
pub struct CountingWaker(AtomicUsize);

impl CountingWaker {
    /// A fresh counter and the waker that feeds it.
    pub fn new() -> (Arc<Self>, Waker) {
        let counter = Arc::new(Self::default());
        (counter.clone(), counter.into())
    }

    pub fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future or body together with the number of times it was polled.
#[derive(Debug)]
pub struct CountPolls<T> {
    inner: Pin<Box<T>>,
    polls: PollCount,
}

/// How often the [`CountPolls`] it was made with has been polled.
#[derive(Clone, Debug, Default)]
pub struct PollCount(Arc<AtomicUsize>);

impl PollCount {
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl<T> CountPolls<T> {
    pub fn new(inner: T) -> (Self, PollCount) {
        let polls = PollCount::default();
        let inner = Box::pin(inner);
        (
            CountPolls {
                inner,
                polls: polls.clone(),
            },
            polls,
        )
    }

    fn counted(&mut self) -> Pin<&mut T> {
        self.polls.0.fetch_add(1, Ordering::SeqCst);
        self.inner.as_mut()
    }
}

impl<F: Future> Future for CountPolls<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.counted().poll(cx)
    }
}

impl<B: Body> Body for CountPolls<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.counted().poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
