//! Futures, each on a thread that sleeps until it is woken.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// More polls than any model needs, and few enough to call it a busy loop.
const MAX_POLLS: usize = 16;

/// What a waker of this model sets, and a thread waits for.
///
/// Never comes by itself: a spurious wake-up might make up for a lost one.
pub(crate) struct Signal {
    is_set: Mutex<bool>,
    condvar: Condvar,
}

impl Signal {
    pub(crate) fn new() -> Arc<Signal> {
        Arc::new(Signal {
            is_set: Mutex::new(false),
            condvar: Condvar::new(),
        })
    }

    /// Sleeps until the signal was set, and clears it. loom fails a model in which all threads sleep.
    pub(crate) fn wait(&self) {
        let mut is_set = self.is_set.lock().unwrap();
        while !*is_set {
            is_set = self.condvar.wait(is_set).unwrap();
        }
        *is_set = false;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Signal>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Signal>) {
        let mut is_set = self.is_set.lock().unwrap();
        if !*is_set {
            *is_set = true;
            self.condvar.notify_one();
        }
    }
}

/// Polls `future` whenever it was woken, until it is ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let signal = Signal::new();
    let waker = Waker::from(Arc::clone(&signal));
    let mut cx = Context::from_waker(&waker);
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        signal.wait();
    }
    panic!("woken {MAX_POLLS} times, and still not ready");
}

/// Polls `future` once, for a waker that nobody listens to, and gives it up.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let deaf = Waker::from(Signal::new());
    pin!(future).poll(&mut Context::from_waker(&deaf))
}
