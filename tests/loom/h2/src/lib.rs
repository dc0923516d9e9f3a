//! The `h2` crate itself, with its lock where loom can see it.
//!
//! h2 keeps all the streams of a connection behind one lock, takes it once in each call of a handle,
//! and in [`Connection::poll`] never across a call of the transport. loom cannot switch threads
//! while somebody waits for a lock that it does not know; so here a lock of loom's is taken
//! around each of those calls, and let go where h2 lets go of its own. What a stream promises to
//! whom, and whom it wakes when, is thus h2's own word.
//!
//! Invariant: h2's lock is only ever taken by whoever holds [`LOCK`].
//!
//! Besides, every DATA frame is held against what h2 had granted for it.

#![forbid(unsafe_code)]

mod connection;
mod streams;

pub use h2::{Error, Reason};

pub use self::connection::Connection;
pub use self::streams::{FlowControl, RecvStream, SendStream};

use loom::sync::{Mutex, MutexGuard};

loom::lazy_static! {
    /// One for all connections: a model has one.
    static ref LOCK: Mutex<()> = Mutex::new(());
}

type Guard = MutexGuard<'static, ()>;

fn lock() -> Guard {
    LOCK.lock().expect("locks of loom are never poisoned")
}
