use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Request, Response};

use super::{context, log, Script};
use crate::error::kind::{Kind, User};
use crate::upgrade::pending::pending;
use crate::upgrade::{on, OnUpgrade, Upgraded};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll(on_upgrade: &mut OnUpgrade, wakes: &Arc<Wakes>) -> Poll<crate::Result<Upgraded>> {
    let waker = Waker::from(wakes.clone());
    Pin::new(on_upgrade).poll(&mut Context::from_waker(&waker))
}

fn poll_idly(on_upgrade: &mut OnUpgrade) -> Poll<crate::Result<Upgraded>> {
    Pin::new(on_upgrade).poll(&mut context())
}

fn success(poll: Poll<crate::Result<Upgraded>>) -> Upgraded {
    match poll {
        Poll::Ready(Ok(upgraded)) => upgraded,
        other => panic!("there should be an upgrade, not {other:?}"),
    }
}

fn failure(poll: Poll<crate::Result<Upgraded>>) -> (Kind, Option<String>) {
    match poll {
        Poll::Ready(Err(err)) => (err.kind(), err.source().map(ToString::to_string)),
        other => panic!("there should be no upgrade, not {other:?}"),
    }
}

fn abandoned() -> (Kind, Option<String>) {
    let text = "upgrade expected but not completed";
    (Kind::Canceled, Some(text.into()))
}

fn tunnel() -> (Upgraded, Arc<Mutex<Vec<String>>>) {
    let script = Script::new(b"");
    let calls = script.log.clone();
    (Upgraded::new(script, Bytes::new()), calls)
}

#[test]
fn the_caller_is_woken_and_claims_the_tunnel() {
    let (pending, mut on_upgrade) = pending();
    let wakes = Arc::new(Wakes::default());
    assert!(poll(&mut on_upgrade, &wakes).is_pending());
    let (upgraded, calls) = tunnel();
    pending.fulfill(upgraded);
    assert_eq!(wakes.count(), 1);
    assert!(log(&calls).is_empty());
    let upgraded = success(poll(&mut on_upgrade, &wakes));
    assert_eq!(log(&calls), ["claimed"]);
    drop(upgraded);
    assert_eq!(log(&calls), ["dropped"]);
}

#[test]
fn a_result_that_is_there_already_needs_no_wake() {
    let (pending, mut on_upgrade) = pending();
    let (upgraded, calls) = tunnel();
    pending.fulfill(upgraded);
    success(poll_idly(&mut on_upgrade));
    assert_eq!(log(&calls), ["claimed", "dropped"]);
}

#[test]
fn a_tunnel_nobody_waits_for_is_dropped_unclaimed() {
    let (pending, on_upgrade) = pending();
    drop(on_upgrade);
    let (upgraded, calls) = tunnel();
    pending.fulfill(upgraded);
    assert_eq!(log(&calls), ["dropped"]);
}

#[test]
fn a_tunnel_never_fetched_is_dropped_unclaimed_with_the_last_clone() {
    let (pending, on_upgrade) = pending();
    let twin = on_upgrade.clone();
    let (upgraded, calls) = tunnel();
    pending.fulfill(upgraded);
    drop(on_upgrade);
    assert!(log(&calls).is_empty());
    drop(twin);
    assert_eq!(log(&calls), ["dropped"]);
}

#[test]
fn a_dropped_promise_fails_every_clone_again_and_again() {
    let (pending, mut on_upgrade) = pending();
    let mut twin = on_upgrade.clone();
    let wakes = Arc::new(Wakes::default());
    assert!(poll(&mut on_upgrade, &wakes).is_pending());
    assert!(poll(&mut twin, &wakes).is_pending());
    drop(pending);
    assert_eq!(wakes.count(), 2);
    assert_eq!(failure(poll_idly(&mut on_upgrade)), abandoned());
    assert_eq!(failure(poll_idly(&mut on_upgrade)), abandoned());
    assert_eq!(failure(poll_idly(&mut twin)), abandoned());
    assert_eq!(failure(poll_idly(&mut twin.clone())), abandoned());
}

#[test]
fn an_upgrade_done_by_hand_is_named_so() {
    let (pending, mut on_upgrade) = pending();
    let wakes = Arc::new(Wakes::default());
    assert!(poll(&mut on_upgrade, &wakes).is_pending());
    pending.leave_to_caller();
    assert_eq!(wakes.count(), 1);
    let manual = (Kind::User(User::ManualUpgrade), None);
    assert_eq!(failure(poll_idly(&mut on_upgrade)), manual);
}

#[test]
fn all_clones_are_woken_and_one_gets_the_upgrade() {
    let (pending, mut first) = pending();
    let mut second = first.clone();
    let (first_wakes, second_wakes) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    assert!(poll(&mut first, &first_wakes).is_pending());
    assert!(poll(&mut second, &second_wakes).is_pending());
    let (upgraded, calls) = tunnel();
    pending.fulfill(upgraded);
    assert_eq!((first_wakes.count(), second_wakes.count()), (1, 1));
    let _upgraded = success(poll_idly(&mut second));
    let none = (Kind::User(User::NoUpgrade), None);
    assert_eq!(failure(poll_idly(&mut first)), none);
    assert_eq!(failure(poll_idly(&mut second)), none);
    assert_eq!(log(&calls), ["claimed"]);
}

#[test]
fn only_the_task_that_polled_last_is_woken() {
    let (pending, mut on_upgrade) = pending();
    let (earlier, later) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    assert!(poll(&mut on_upgrade, &earlier).is_pending());
    assert!(poll(&mut on_upgrade, &later).is_pending());
    assert_eq!(Arc::strong_count(&earlier), 1, "its waker is let go");
    drop(pending);
    assert_eq!((earlier.count(), later.count()), (0, 1));
}

#[test]
fn a_dropped_clone_leaves_no_waker_and_does_not_disturb_the_others() {
    let (pending, mut kept) = pending();
    let mut dropped = kept.clone();
    let (kept_wakes, dropped_wakes) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    assert!(poll(&mut dropped, &dropped_wakes).is_pending());
    assert!(poll(&mut kept, &kept_wakes).is_pending());
    drop(dropped);
    assert_eq!(Arc::strong_count(&dropped_wakes), 1);
    drop(pending);
    assert_eq!((kept_wakes.count(), dropped_wakes.count()), (1, 0));
}

/// A waker of a task that owns a clone: when the one goes, so does the other.
struct Owner(#[allow(dead_code, reason = "held to be dropped")] OnUpgrade);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_waker_may_own_a_clone() {
    let register = |on_upgrade: &mut OnUpgrade| {
        let owner = Waker::from(Arc::new(Owner(on_upgrade.clone())));
        Pin::new(on_upgrade).poll(&mut Context::from_waker(&owner))
    };

    let (woken, mut on_upgrade) = pending();
    assert!(register(&mut on_upgrade).is_pending());
    drop(woken);
    assert_eq!(failure(poll_idly(&mut on_upgrade)), abandoned());

    let (replaced, mut on_upgrade) = pending();
    assert!(register(&mut on_upgrade).is_pending());
    assert!(poll_idly(&mut on_upgrade).is_pending());
    drop(replaced);
    assert_eq!(failure(poll_idly(&mut on_upgrade)), abandoned());

    let (removed, mut on_upgrade) = pending();
    let mut twin = on_upgrade.clone();
    assert!(register(&mut on_upgrade).is_pending());
    drop(on_upgrade);
    drop(removed);
    assert_eq!(failure(poll_idly(&mut twin)), abandoned());
}

#[test]
fn a_message_gives_its_upgrade_once() {
    let (_pending, promise) = pending();
    let none = (Kind::User(User::NoUpgrade), None);

    let mut request = Request::new(());
    request.extensions_mut().insert(promise.clone());
    assert!(poll_idly(&mut on(&mut request)).is_pending());
    assert!(request.extensions().get::<OnUpgrade>().is_none());
    let mut missing = on(&mut request);
    assert_eq!(failure(poll_idly(&mut missing)), none);
    assert_eq!(failure(poll_idly(&mut missing.clone())), none);
    request.extensions_mut().insert(promise.clone());
    assert!(poll_idly(&mut on(request)).is_pending());

    let mut response = Response::new(());
    response.extensions_mut().insert(promise.clone());
    assert!(poll_idly(&mut on(&mut response)).is_pending());
    assert!(response.extensions().get::<OnUpgrade>().is_none());
    assert_eq!(failure(poll_idly(&mut on(&mut response))), none);
    response.extensions_mut().insert(promise);
    assert!(poll_idly(&mut on(response)).is_pending());
}
