use std::hint::black_box;

use crate::support::heap;

#[test]
fn bytes_peak_and_allocations_since_the_mark_are_exact() {
    let mark = heap::mark();
    let kept = black_box(vec![1u8; 1000]);
    drop(black_box(vec![2u8; 5000]));
    assert_eq!(mark.grown(), 1000);
    assert_eq!(mark.peak(), 6000);
    assert_eq!(mark.allocations(), 2);
    assert_eq!(mark.allocated(), 6000);
    drop(kept);
    assert_eq!(mark.grown(), 0);
}

#[test]
fn another_threads_heap_is_not_seen() {
    let mark = heap::mark();
    let before = mark.grown();
    let other = std::thread::spawn(|| drop(black_box(vec![0u8; 1 << 20])));
    other.join().expect("the thread ends");
    assert!(mark.peak() < 1 << 16);
    assert!(mark.grown() - before < 1 << 16);
}
