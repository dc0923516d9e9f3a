//! A timer under which all the time there is passes at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::time::Instant;

use crate::rt::{Sleep, Timer};

/// Cloned, it is the same timer.
#[derive(Clone)]
pub(crate) struct Alarm {
    /// For those that sleep since the last ring. It replaces them.
    asleep: Arc<Mutex<Vec<Arc<Mutex<Bell>>>>>,
}

struct Bell {
    has_rung: bool,
    waker: Option<Waker>,
}

struct Asleep(Arc<Mutex<Bell>>);

impl Alarm {
    pub(crate) fn new() -> Alarm {
        Alarm {
            asleep: Arc::new(Mutex::new(Vec::new())),
        }
    }

    /// Ends every sleep that there is, and none that begins later.
    pub(crate) fn ring(&self) {
        let asleep = std::mem::take(&mut *self.asleep.lock().unwrap());
        for bell in asleep {
            let mut bell = bell.lock().unwrap();
            bell.has_rung = true;
            if let Some(waker) = bell.waker.take() {
                waker.wake();
            }
        }
    }
}

impl Timer for Alarm {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let bell = Arc::new(Mutex::new(Bell {
            has_rung: false,
            waker: None,
        }));
        self.asleep.lock().unwrap().push(Arc::clone(&bell));
        Box::pin(Asleep(bell))
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(Duration::ZERO)
    }
}

impl Sleep for Asleep {}

impl Future for Asleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut bell = self.0.lock().unwrap();
        if bell.has_rung {
            return Poll::Ready(());
        }
        bell.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
