use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::{Sleep, Timer};

/// A sleep that must not move, so that a downcast has to keep the pin.
struct Pinned {
    deadline: Instant,
    _pin: PhantomPinned,
}

impl Pinned {
    fn at(deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Pinned {
            deadline,
            _pin: PhantomPinned,
        })
    }
}

impl Future for Pinned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Pinned {}

struct Elapsed(u32);

impl Future for Elapsed {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0 += 1;
        Poll::Ready(())
    }
}

impl Sleep for Elapsed {}

/// Implements what is required and nothing else.
struct Minimal;

impl Timer for Minimal {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Pinned::at(deadline)
    }
}

#[test]
fn a_sleep_knows_its_concrete_type() {
    let sleep = Pinned::at(Instant::now());
    assert!(sleep.is::<Pinned>());
    assert!(!sleep.is::<Elapsed>());
}

#[test]
fn a_pinned_sleep_downcasts_to_its_own_type_only() {
    let deadline = Instant::now();
    let mut sleep = Pinned::at(deadline);
    let object: *const dyn Sleep = &*sleep;
    assert!(sleep.as_mut().downcast_mut_pin::<Elapsed>().is_none());
    let pinned = sleep
        .as_mut()
        .downcast_mut_pin::<Pinned>()
        .expect("the type is right");
    assert_eq!(pinned.deadline, deadline);
    assert!(std::ptr::addr_eq(object, &*pinned));
}

#[test]
fn a_downcast_sleep_outlives_the_borrow_it_came_from() {
    fn poll_count<'a>(sleep: Pin<&'a mut (dyn Sleep + 'static)>) -> &'a mut u32 {
        let elapsed = <dyn Sleep>::downcast_mut_pin::<Elapsed>(sleep);
        &mut Pin::into_inner(elapsed.expect("the type is right")).0
    }
    let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Elapsed(0));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(sleep.as_mut().poll(&mut cx).is_ready());
    *poll_count(sleep.as_mut()) += 10;
    assert_eq!(*poll_count(sleep.as_mut()), 11);
}

#[test]
fn a_timer_may_reset_a_sleep_in_place() {
    struct InPlace;

    impl Timer for InPlace {
        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
            self.sleep_until(Instant::now() + duration)
        }

        fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
            Box::pin(Elapsed(7))
        }

        fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, _: Instant) {
            if let Some(mut elapsed) = sleep.as_mut().downcast_mut_pin::<Elapsed>() {
                elapsed.0 = 0;
            }
        }
    }

    let timer: Arc<dyn Timer + Send + Sync> = Arc::new(InPlace);
    let mut sleep = timer.sleep(Duration::ZERO);
    timer.reset(&mut sleep, Instant::now());
    let elapsed = sleep.as_mut().downcast_mut_pin::<Elapsed>();
    assert_eq!(elapsed.map(|elapsed| elapsed.0), Some(0));
}

#[test]
fn by_default_a_timer_uses_the_system_clock_and_resets_by_replacing() {
    let timer: Arc<dyn Timer + Send + Sync> = Arc::new(Minimal);
    let before = Instant::now();
    let now = timer.now();
    assert!((before..=Instant::now()).contains(&now));

    let later = before + Duration::from_secs(60);
    let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Elapsed(0));
    timer.reset(&mut sleep, later);
    let replaced = sleep.as_mut().downcast_mut_pin::<Pinned>();
    assert_eq!(replaced.map(|pinned| pinned.deadline), Some(later));
}

#[test]
fn a_boxed_sleep_can_travel() {
    fn travels<T: Send + Sync + Unpin>() {}
    travels::<Pin<Box<dyn Sleep>>>();
}
