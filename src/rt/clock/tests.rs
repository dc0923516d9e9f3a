use std::future::{ready, Future, Ready};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::Clock;
use crate::rt::timer::{Sleep, Timer};

struct Done(Ready<()>);

impl Future for Done {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Sleep for Done {}

/// Stands still at one instant and counts the calls.
struct Still {
    at: Instant,
    sleeps: Arc<AtomicUsize>,
    resets: Arc<AtomicUsize>,
}

impl Timer for Still {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.at + duration)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        Box::pin(Done(ready(())))
    }

    fn now(&self) -> Instant {
        self.at
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, _: Instant) {
        self.resets.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_set_clock_passes_every_call_to_its_timer() {
    let (sleeps, resets) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let at = Instant::now() + Duration::from_secs(3600);
    let clock = Clock::new(Still {
        at,
        sleeps: sleeps.clone(),
        resets: resets.clone(),
    });
    assert!(clock.is_set());
    assert_eq!(format!("{clock:?}"), "Clock(set)");
    let shared = clock.clone();
    assert_eq!(shared.now(), at);
    let mut sleep = shared.sleep(Duration::from_secs(1));
    drop(shared.sleep_until(at));
    shared.reset(&mut sleep, at);
    assert_eq!(sleeps.load(Ordering::Relaxed), 2);
    assert_eq!(resets.load(Ordering::Relaxed), 1);
}

#[test]
fn an_unset_clock_tells_the_time_but_cannot_wait() {
    let clock = Clock::default();
    assert!(!clock.is_set());
    assert_eq!(format!("{clock:?}"), "Clock(unset)");
    let before = Instant::now();
    assert!(clock.now() >= before);
    let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Done(ready(())));
    let calls: [&mut dyn FnMut(); 3] = [
        &mut || drop(clock.sleep(Duration::ZERO)),
        &mut || drop(clock.sleep_until(before)),
        &mut || clock.reset(&mut sleep, before),
    ];
    for call in calls {
        let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("no timer to wait with");
        assert_eq!(
            panic.downcast_ref::<&str>(),
            Some(&"You must supply a timer.")
        );
    }
}
