use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::Ledger;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn fixture() -> (Arc<Ledger>, Arc<Wakes>) {
    Default::default()
}

#[test]
fn bytes_are_held_until_their_receipt_goes() {
    let (ledger, _) = fixture();
    let receipt = ledger.charge(100);
    assert_eq!(ledger.held(), 100);
    drop(receipt);
    assert_eq!(ledger.held(), 0);
}

#[test]
fn a_split_receipt_stands_for_its_part() {
    let (ledger, _) = fixture();
    let mut rest = ledger.charge(100);
    let first = rest.split(30);
    let second = rest.split(30);
    assert_eq!(ledger.held(), 100);
    drop(second);
    assert_eq!(ledger.held(), 70);
    drop(rest);
    assert_eq!(ledger.held(), 30);
    drop(first);
    assert_eq!(ledger.held(), 0);
}

#[test]
fn an_empty_frame_counts_as_one() {
    let (ledger, _) = fixture();
    let _receipt = ledger.charge(0);
    assert_eq!(ledger.held(), 1);
}

#[test]
fn a_waiter_is_woken_by_the_discharge_it_waits_for_and_only_once() {
    let (ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let first = ledger.charge(10);
    let second = ledger.charge(10);

    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Pending);
    drop(first);
    assert_eq!(wakes.count(), 0, "half is still held");
    drop(second);
    assert_eq!(wakes.count(), 1);
    drop(ledger.charge(10));
    assert_eq!(wakes.count(), 1);
    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Ready(()));
}

#[test]
fn a_threshold_above_zero_is_reached_early() {
    let (ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let _first = ledger.charge(10);
    let second = ledger.charge(10);

    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Pending);
    drop(second);
    assert_eq!(wakes.count(), 1);
    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Ready(()));
}

#[test]
fn a_waiter_that_found_nothing_to_wait_for_is_not_woken_later() {
    let (ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let receipt = ledger.charge(10);

    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Pending);
    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Ready(()));
    drop(receipt);
    assert_eq!(wakes.count(), 0);
}

#[test]
fn many_buffers_weigh_more_than_their_bytes_and_few_do_not() {
    let (ledger, _) = fixture();
    let few: Vec<_> = (0..20).map(|_| ledger.charge(1)).collect();
    assert_eq!(ledger.held_and_weight(), (20, 20));
    let many: Vec<_> = (0..1_000).map(|_| ledger.charge(1)).collect();
    assert_eq!(ledger.held(), 1_020);
    assert!(ledger.held_and_weight().1 > 1_020 * 300);
    drop(many);
    assert_eq!(ledger.held_and_weight(), (20, 20));
    drop(few);
}

#[test]
fn a_split_receipt_is_no_buffer_of_its_own() {
    let (ledger, _) = fixture();
    let mut many: Vec<_> = (0..1_000).map(|_| ledger.charge(3)).collect();
    let weight = ledger.held_and_weight().1;
    let parts: Vec<_> = many.iter_mut().map(|receipt| receipt.split(1)).collect();
    assert_eq!(ledger.held_and_weight().1, weight);
    drop(parts);
    assert_eq!(ledger.held_and_weight().1, weight - 1_000);
    drop(many);
    assert_eq!(ledger.held_and_weight().1, 0);
}

#[test]
fn what_is_lost_is_not_held_and_wakes_nobody() {
    let (ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let written = ledger.charge(10);
    let lost = ledger.charge(10);
    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Pending);

    lost.lose();
    assert_eq!(ledger.held(), 10);
    assert!(ledger.has_lost());
    assert_eq!(ledger.held_and_weight().1, usize::MAX, "there is no room");
    assert_eq!(wakes.count(), 0);
    drop(written);
    assert_eq!(ledger.held(), 0);
}

#[test]
fn lost_buffers_are_held_no_longer() {
    let (ledger, _) = fixture();
    let receipts: Vec<_> = (0..1000).map(|_| ledger.charge(1)).collect();
    for receipt in receipts {
        receipt.lose();
    }
    assert_eq!(ledger.held(), 0);
}
