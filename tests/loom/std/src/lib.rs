//! The standard library, with loom's locks and atomics in the place of its own.
//!
//! A crate that names this one `std` can include sources that say `use std::sync::Mutex`, and loom
//! interleaves them as they are. So the sources need no switch for it, and no lock of theirs can be
//! forgotten.
//!
//! `Arc`, `Weak` and `OnceLock` stay the standard library's: nobody waits for them.

#![forbid(unsafe_code)]

pub use ::std::*;

/// As `std::sync`.
pub mod sync {
    pub use ::std::sync::*;

    pub use loom::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

    /// As `std::sync::atomic`.
    pub mod atomic {
        pub use loom::sync::atomic::*;
    }
}
