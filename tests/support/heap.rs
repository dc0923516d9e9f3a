//! Heap use of one test, exact to the byte.
//!
//! `counting_heap!` makes [`Counting`] the allocator of a test target. It counts per thread: a test on a current-thread
//! runtime allocates on its own thread only, so tests can run side by side and each sees just its own bytes.
//!
//! ```ignore
//! support::counting_heap!();
//!
//! let mark = support::heap::mark();
//! // … the work to be measured …
//! assert!(mark.peak() < LIMIT);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// Installs [`heap::Counting`](Counting) as the allocator of the test target that calls it.
macro_rules! counting_heap {
    () => {
        #[global_allocator]
        static COUNTING_HEAP: $crate::support::heap::Counting = $crate::support::heap::Counting;
    };
}
pub(crate) use counting_heap;

/// The system's allocator, with a count per thread of what is allocated.
pub struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed unchanged to the system's allocator. The counters are plain cells, made at compile time and
// without a destructor, so that touching them never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        freed(layout.size());
        allocated(size);
        System.realloc(at, layout, size)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        freed(layout.size());
        System.dealloc(at, layout)
    }
}

fn allocated(bytes: usize) {
    let live = LIVE.get() + bytes as isize;
    LIVE.set(live);
    PEAK.set(PEAK.get().max(live));
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    ALLOCATED.set(ALLOCATED.get() + bytes);
}

fn freed(bytes: usize) {
    LIVE.set(LIVE.get() - bytes as isize);
}

/// The point a measurement starts from; see [`mark`].
#[derive(Debug)]
pub struct Mark {
    live: isize,
    allocations: usize,
    allocated: usize,
}

/// Starts a measurement of this thread's heap. The peak of an earlier mark ends here: one measurement at a time.
///
/// # Panics
///
/// If the target did not call `counting_heap!`, since every bound would then hold by default.
pub fn mark() -> Mark {
    let before = ALLOCATIONS.get();
    drop(black_box(Box::new(0u8)));
    assert!(
        ALLOCATIONS.get() > before,
        "this target measures its heap without `counting_heap!()`"
    );
    PEAK.set(LIVE.get());
    Mark {
        live: LIVE.get(),
        allocations: ALLOCATIONS.get(),
        allocated: ALLOCATED.get(),
    }
}

impl Mark {
    /// Bytes live now beyond those live at the mark; negative when more was freed than allocated.
    pub fn grown(&self) -> isize {
        LIVE.get() - self.live
    }

    /// Most bytes live at any moment since the mark, beyond those live at the mark.
    pub fn peak(&self) -> usize {
        PEAK.get().abs_diff(self.live)
    }

    /// Allocations and reallocations since the mark.
    pub fn allocations(&self) -> usize {
        ALLOCATIONS.get() - self.allocations
    }

    /// Bytes allocated since the mark, those freed again included; a reallocation counts in full. A measure of work.
    pub fn allocated(&self) -> usize {
        ALLOCATED.get() - self.allocated
    }
}
