use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready};

use super::*;
use crate::rt::Timer;

/// Every sleep it makes ends when the test says that the time has come.
#[derive(Clone)]
struct TestTimer(Arc<Mutex<Hands>>);

struct Hands {
    now: Instant,
    deadlines: Vec<Instant>,
}

struct TestSleep {
    hands: Arc<Mutex<Hands>>,
    deadline: Instant,
}

impl TestTimer {
    fn new() -> TestTimer {
        TestTimer(Arc::new(Mutex::new(Hands {
            now: Instant::now(),
            deadlines: Vec::new(),
        })))
    }

    fn advance(&self, by: Duration) {
        self.0.lock().expect("not poisoned").now += by;
    }

    fn sleeps(&self) -> usize {
        self.0.lock().expect("not poisoned").deadlines.len()
    }
}

impl Timer for TestTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        unreachable!("contract 7.2-4: each head has a sleep until its own deadline")
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.0
            .lock()
            .expect("not poisoned")
            .deadlines
            .push(deadline);
        Box::pin(TestSleep {
            hands: self.0.clone(),
            deadline,
        })
    }

    fn now(&self) -> Instant {
        self.0.lock().expect("not poisoned").now
    }
}

impl Sleep for TestSleep {}

impl Future for TestSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let now = self.hands.lock().expect("not poisoned").now;
        if now >= self.deadline {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

const LIMIT: Duration = Duration::from_secs(30);

fn timeout(timer: &TestTimer, limit: impl Into<Option<Duration>>) -> Spawn<ReadTimeout> {
    let clock = Clock::new(timer.clone());
    task::spawn(ReadTimeout::new(clock, limit.into()))
}

macro_rules! poll {
    ($timeout:expr) => {
        $timeout.enter(|cx, mut timeout| timeout.poll(cx))
    };
}

// Contract 4.8-7.
#[test]
fn starting_again_does_not_extend_the_time() {
    let timer = TestTimer::new();
    let mut timeout = timeout(&timer, LIMIT);
    assert_pending!(poll!(timeout));
    timeout.start();
    timer.advance(LIMIT / 2);
    timeout.start();
    assert_pending!(poll!(timeout));
    timer.advance(LIMIT / 2);
    assert_ready!(poll!(timeout));
    assert_eq!(timer.sleeps(), 1);
}

// Contract 4.8-7.
#[test]
fn each_head_has_its_whole_time() {
    let timer = TestTimer::new();
    let mut timeout = timeout(&timer, LIMIT);
    timeout.start();
    timer.advance(LIMIT / 2);
    timeout.stop();
    timer.advance(LIMIT);
    assert_pending!(poll!(timeout));
    timeout.start();
    timer.advance(LIMIT / 2);
    assert_pending!(poll!(timeout));
    timer.advance(LIMIT / 2);
    assert_ready!(poll!(timeout));
}

// Contract 8, item 26.
#[test]
fn a_time_that_no_clock_can_show_never_comes() {
    let timer = TestTimer::new();
    let mut timeout = timeout(&timer, Duration::MAX);
    timeout.start();
    timer.advance(Duration::from_secs(1 << 30));
    assert_pending!(poll!(timeout));
    assert_eq!(timer.sleeps(), 0);
}

// Contract 3.1-7.
#[test]
fn nothing_happens_without_a_limit_or_without_a_timer() {
    let timer = TestTimer::new();
    let mut unlimited = timeout(&timer, None);
    unlimited.start();
    assert_pending!(poll!(unlimited));
    let mut inert = task::spawn(ReadTimeout::new(Clock::default(), Some(LIMIT)));
    inert.start();
    assert_pending!(poll!(inert));
}
