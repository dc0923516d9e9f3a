//! Heap and resident memory of this process.

use std::alloc::System;

use stats_alloc::StatsAlloc;

/// The system's allocator with counters.
#[global_allocator]
static HEAP: StatsAlloc<System> = StatsAlloc::system();

/// Live bytes: asked for and not yet given back. The allocator's own overhead is not in it.
pub fn heap() -> u64 {
    let stats = HEAP.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated) as u64
}

/// Resident set size in bytes, `None` where there is no `/proc`.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * crate::units::KIB)
}
