//! The search.

// Outside of a model, loom's own would panic.
use ::core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

/// More than any model has: opening a connection takes some, too.
const MAX_BRANCHES: usize = 10_000;

/// Runs `model` for every order in which its threads can take turns, with at most `preemptions`
/// turns that are taken from a thread which could have gone on.
///
/// Prints how many there were. Fails where all threads of one wait, or one of them panics.
pub fn every_interleaving(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut search = loom::model::Builder::new();
    search.max_branches = MAX_BRANCHES;
    search.preemption_bound.get_or_insert(preemptions);

    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let start = Instant::now();
    search.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let count = count.load(Ordering::Relaxed);
    eprintln!("{count} interleavings in {:.1?}", start.elapsed());
}
