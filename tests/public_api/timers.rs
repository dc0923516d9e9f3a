//! Contract 7.2-4, 9-5: timers, and how hyper uses them.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time::timeout;

use crate::support::tokio_rt::{TokioExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::TestBody;

/// A timer of the required methods only.
struct Plain;

impl Timer for Plain {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        TokioTimer.sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        TokioTimer.sleep_until(deadline)
    }
}

// Contract 7.2-4.
#[test]
fn now_is_the_systems_time_by_default() {
    let before = Instant::now();
    let now = Plain.now();
    assert!(before <= now && now <= Instant::now());
}

// Contract 7.2-4.
#[tokio::test(start_paused = true)]
async fn reset_makes_a_new_sleep_by_default() {
    let start = tokio::time::Instant::now();
    let mut sleep = Plain.sleep(Duration::from_secs(1000));
    let deadline = start + Duration::from_secs(5);
    Plain.reset(&mut sleep, deadline.into_std());
    sleep.await;
    let late = start.elapsed() - Duration::from_secs(5);
    assert!(late < Duration::from_millis(10));
}

/// Counts what it is asked for.
#[derive(Clone, Default)]
struct Counting(Arc<Counts>);

#[derive(Default)]
struct Counts {
    sleeps: AtomicUsize,
    resets: AtomicUsize,
}

impl Timer for Counting {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.0.sleeps.fetch_add(1, Ordering::SeqCst);
        TokioTimer.sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.0.sleeps.fetch_add(1, Ordering::SeqCst);
        TokioTimer.sleep_until(deadline)
    }

    fn now(&self) -> Instant {
        TokioTimer.now()
    }

    /// Fails the test if it is not handed back a sleep it made: `TokioTimer` insists on its own type.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
        self.0.resets.fetch_add(1, Ordering::SeqCst);
        TokioTimer.reset(sleep, deadline);
    }
}

// Contract 7.2-4, 9-5.
#[tokio::test(start_paused = true)]
async fn keep_alive_sets_one_sleep_again_and_again() {
    use crate::support::scripted_h2::{PeerSettings, RawPeer};
    let (near, far) = crate::support::gate::wire();
    let timer = Counting::default();
    let handshake = hyper::client::conn::http2::Builder::new(TokioExecutor)
        .timer(timer.clone())
        .keep_alive_interval(Duration::from_secs(10))
        .keep_alive_while_idle(true)
        .handshake::<_, TestBody>(TokioIo::new(near));
    let (_requests, connection) = handshake.await.expect("the transport takes the preface");
    tokio::spawn(connection);
    let mut peer = RawPeer::server(far, &PeerSettings::default()).await;
    let _ = timeout(Duration::from_secs(1005), peer.next()).await;
    assert_eq!(peer.pings(), 100);
    let sleeps = timer.0.sleeps.load(Ordering::SeqCst);
    assert!(sleeps <= 2, "{sleeps}");
    assert!(timer.0.resets.load(Ordering::SeqCst) >= 100);
}
