use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{Ledger, Outlet};

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

fn fixture() -> (Arc<Outlet>, Arc<Ledger>, Arc<Wakes>) {
    let outlet = Arc::<Outlet>::default();
    (outlet.clone(), Ledger::new(outlet), Arc::<Wakes>::default())
}

#[test]
fn bytes_are_held_until_the_flush_after_h2_dropped_them() {
    let (outlet, ledger, _) = fixture();
    let receipt = ledger.charge(100);
    assert_eq!(ledger.held(), 100);
    outlet.flushed();
    assert_eq!(
        ledger.held(),
        100,
        "a flush frees nothing that h2 still has"
    );
    drop(receipt);
    assert_eq!(ledger.held(), 100, "the write buffer may have a copy");
    outlet.flushed();
    assert_eq!(ledger.held(), 0);
}

#[test]
fn an_empty_frame_counts_as_one() {
    let (_outlet, ledger, _) = fixture();
    let _receipt = ledger.charge(0);
    assert_eq!(ledger.held(), 1);
}

#[test]
fn unflushed_bytes_of_one_interval_add_up_and_of_an_earlier_one_do_not() {
    let (outlet, ledger, _) = fixture();
    drop(ledger.charge(10));
    drop(ledger.charge(20));
    assert_eq!(ledger.held(), 30);
    outlet.flushed();
    drop(ledger.charge(5));
    assert_eq!(ledger.held(), 5);
}

#[test]
fn a_waiter_is_woken_by_the_flush_and_only_once() {
    let (outlet, ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let first = ledger.charge(10);
    let second = ledger.charge(10);

    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Pending);
    drop(first);
    outlet.flushed();
    assert_eq!(wakes.count(), 0, "half is still with h2");
    drop(second);
    assert_eq!(wakes.count(), 0, "not before the flush");
    outlet.flushed();
    assert_eq!(wakes.count(), 1);
    outlet.flushed();
    assert_eq!(wakes.count(), 1);
    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Ready(()));
}

#[test]
fn a_waiter_that_needs_only_a_flush_is_listed_at_once_and_once() {
    let (outlet, ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    drop(ledger.charge(10));

    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Pending);
    assert_eq!(ledger.poll_weight_at_most(&cx, 0), Poll::Pending);
    assert_eq!(super::lock(&outlet.waiting).len(), 1);
    outlet.flushed();
    assert_eq!(wakes.count(), 1);
}

#[test]
fn a_threshold_above_zero_is_reached_early() {
    let (outlet, ledger, wakes) = fixture();
    let waker = Waker::from(wakes.clone());
    let cx = Context::from_waker(&waker);
    let _first = ledger.charge(10);
    let second = ledger.charge(10);

    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Pending);
    drop(second);
    outlet.flushed();
    assert_eq!(wakes.count(), 1);
    assert_eq!(ledger.poll_weight_at_most(&cx, 10), Poll::Ready(()));
}

#[test]
fn many_buffers_weigh_more_than_their_bytes_and_few_do_not() {
    let (_outlet, ledger, _) = fixture();
    let few: Vec<_> = (0..20).map(|_| ledger.charge(1)).collect();
    assert_eq!((ledger.held(), ledger.weight()), (20, 20));
    let _many: Vec<_> = (0..1_000).map(|_| ledger.charge(1)).collect();
    assert_eq!(ledger.held(), 1_020);
    assert!(ledger.weight() > 1_020 * 300);
    drop(few);
}

#[test]
fn a_buffer_that_was_not_written_is_lost() {
    use bytes::{Buf, Bytes};

    use crate::proto::h2::send_buf::SendBuf;

    let (_outlet, ledger, _) = fixture();
    let mut written = SendBuf::new(Bytes::from_static(b"ab"), ledger.charge(2));
    written.advance(1);
    written.advance(1);
    drop(written);
    drop(SendBuf::new(Bytes::new(), ledger.charge(0)));
    assert!(!ledger.has_lost());
    let mut partly = SendBuf::new(Bytes::from_static(b"ab"), ledger.charge(2));
    partly.advance(1);
    drop(partly);
    assert!(ledger.has_lost());
}
