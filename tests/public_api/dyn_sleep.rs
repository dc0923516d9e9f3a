//! Contract 1.2-2: what hyper-util's timers need of `dyn Sleep`.

use std::future::Future;
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};

use hyper::rt::Sleep;

/// A sleep that is over when told so.
struct Manual(bool);

impl Future for Manual {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0 {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Sleep for Manual {}

struct Other;

impl Future for Other {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl Sleep for Other {}

// Contract 1.2-2.
#[test]
fn a_sleep_knows_its_type() {
    let sleep: &dyn Sleep = &Manual(false);
    assert!(sleep.is::<Manual>());
    assert!(!sleep.is::<Other>());
    let sleep: Pin<Box<dyn Sleep>> = Box::pin(Other);
    assert!(sleep.is::<Other>());
    assert!(!sleep.is::<Manual>());
}

// Contract 1.2-2.
#[test]
fn a_sleep_is_changed_in_its_place() {
    let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Manual(false));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(sleep.as_mut().poll(&mut cx).is_pending());
    assert!(sleep.as_mut().downcast_mut_pin::<Other>().is_none());
    let manual = sleep.as_mut().downcast_mut_pin::<Manual>();
    manual.expect("the type it was made with").get_mut().0 = true;
    assert!(sleep.as_mut().poll(&mut cx).is_ready());
}

// Contract 1.2-2.
#[test]
fn the_reference_lives_as_long_as_the_one_it_came_from() {
    fn inner<'a>(sleep: Pin<&'a mut (dyn Sleep + 'static)>) -> Option<Pin<&'a mut Manual>> {
        sleep.downcast_mut_pin()
    }
    let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Manual(false));
    let manual = inner(sleep.as_mut()).expect("the type it was made with");
    assert!(!manual.0);

    // A sleep that must stay where it is, on the stack.
    let sleep: Pin<&mut dyn Sleep> = pin!(Manual(true));
    assert!(sleep.downcast_mut_pin::<Manual>().is_some_and(|m| m.0));
}
