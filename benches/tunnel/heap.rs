//! Counts the allocations of all threads that do what is measured, cheaply enough to leave the
//! counting on.
//!
//! A counter that all threads share would cost the busier allocator more, on two threads most of all. So every
//! thread counts in a slot of its own, and a reader adds them up.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[global_allocator]
static COUNTING: Counting = Counting;

/// More than the threads that a run ever has; those beyond share slots and may lose counts.
const SLOTS: usize = 1024;
/// More than any row ever holds, and within what glibc learns from: its threshold for mapping a block, and
/// half of the one for trimming, grow to the largest block freed, up to 32 MiB.
const LARGE_BLOCK: usize = 24 << 20;
/// The slot of threads that are left out.
const LEFT_OUT: usize = SLOTS;
/// In place of the slot of a thread that has none yet.
const NONE: usize = SLOTS + 1;

static USED: AtomicUsize = AtomicUsize::new(0);
static COUNTS: [Slot; SLOTS + 1] = [const { Slot::new() }; SLOTS + 1];

thread_local! {
    static MINE: Cell<usize> = const { Cell::new(NONE) };
}

/// A cache line pair of its own, so that threads do not take it from each other.
#[repr(align(128))]
struct Slot {
    allocations: AtomicU64,
    bytes: AtomicU64,
}

impl Slot {
    const fn new() -> Slot {
        Slot {
            allocations: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }
}

/// Allocations and reallocations so far, and the bytes that were asked for.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    pub allocations: u64,
    pub bytes: u64,
}

pub fn allocated() -> Allocated {
    let used = USED.load(Ordering::Acquire).min(SLOTS);
    let mut sum = Allocated {
        allocations: 0,
        bytes: 0,
    };
    for slot in &COUNTS[..used] {
        sum.allocations += slot.allocations.load(Ordering::Relaxed);
        sum.bytes += slot.bytes.load(Ordering::Relaxed);
    }
    sum
}

/// Leaves out what the calling thread allocates from now on: it only conducts the measurement.
pub fn leave_out_this_thread() {
    MINE.set(LEFT_OUT);
}

/// Has the system's allocator keep freed memory, as it does in a process that has run for a while.
///
/// glibc returns what is free at the top of its heap to the kernel, and faults it in again, until a
/// large block has been freed once. Before that, CPU time depends on what happens to lie on top.
pub fn settle() {
    drop(black_box(vec![1u8; LARGE_BLOCK]));
}

struct Counting;

// SAFETY: every call is handed unchanged to the system's allocator. Counting touches only statics and a
// thread-local that is made at compile time and has no destructor, so it never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        System.realloc(at, layout, size)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        System.dealloc(at, layout)
    }
}

fn count(bytes: usize) {
    let mut mine = MINE.get();
    if mine == NONE {
        mine = USED.fetch_add(1, Ordering::AcqRel) % SLOTS;
        MINE.set(mine);
    }
    // The slot is this thread's own: no read-modify-write is needed.
    let slot = &COUNTS[mine];
    let allocations = slot.allocations.load(Ordering::Relaxed);
    slot.allocations.store(allocations + 1, Ordering::Relaxed);
    let total = slot.bytes.load(Ordering::Relaxed);
    slot.bytes.store(total + bytes as u64, Ordering::Relaxed);
}
