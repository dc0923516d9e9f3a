//! Which bytes of a stream h2 and the connection still hold.
//!
//! h2 buffers what `send_data` gives it, then copies small frames into the connection's write
//! buffer, and tells nobody when the socket took them. Here it is counted:
//!
//! - A [`Ledger`] (one a stream) is charged for each buffer that goes into h2 and discharged when h2
//!   drops it.
//! - A discharged buffer may still sit in the connection's write buffer. It counts as held
//!   until the [`Outlet`] (one a connection) sees a flush, which h2 only asks for once that buffer is empty.
//!
//! So `held` never under-counts what the socket has not taken, and it is exact to one DATA frame.
//!
//! Waking: a waiting sender is woken by the flush that follows the discharge it waits for, never in
//! between. Resets and the end of the connection reach a sender through h2, not from here.
//!
//! Locks are taken downwards only: h2's, then a ledger's, then the outlet's.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// What h2 spends on a buffer in its queue, in bytes: an entry of some 300 in a table that grows by
/// doubling.
const ENTRY_COST: usize = 640;

/// What of that is not counted: small limits stay exact.
const FREE_ENTRIES_COST: usize = 16 << 10;

/// Counts the flushes of one connection and wakes those that wait for one.
///
/// Keeps the transport's error, too: to its streams h2 calls every failed write a broken pipe.
#[derive(Default)]
pub(crate) struct Outlet {
    flushes: AtomicU64,
    waiting: Mutex<Vec<Weak<Ledger>>>,
    error: OnceLock<(io::ErrorKind, String)>,
}

/// The bytes of one stream that its connection holds.
pub(crate) struct Ledger {
    outlet: Arc<Outlet>,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    /// Charged, and still with h2.
    queued: usize,
    /// In how many buffers that is.
    buffers: usize,
    has_lost: bool,
    /// Discharged by h2 since flush number `as_of`.
    unflushed: usize,
    as_of: u64,
    waiter: Option<Waiter>,
    /// Whether the outlet has this ledger among those to wake.
    listed: bool,
}

struct Waiter {
    waker: Waker,
    /// Woken once no more than this is held.
    at_most: usize,
}

/// Proof that some bytes were charged; its drop discharges them.
pub(crate) struct Receipt {
    ledger: Arc<Ledger>,
    charge: usize,
}

impl Outlet {
    /// The connection's write buffer went out.
    pub(crate) fn flushed(&self) {
        self.flushes.fetch_add(1, Ordering::SeqCst);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        for ledger in waiting {
            if let Some(ledger) = ledger.upgrade() {
                ledger.wake();
            }
        }
    }

    /// Looks at what the transport said, and remembers its first error.
    pub(crate) fn note<T>(&self, said: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(err)) = &said {
            let _ = self.error.set((err.kind(), err.to_string()));
        }
        said
    }

    /// How the transport failed, if it did.
    pub(crate) fn error(&self) -> Option<(io::ErrorKind, &str)> {
        let (kind, message) = self.error.get()?;
        Some((*kind, message))
    }

    fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::SeqCst)
    }
}

impl Ledger {
    pub(crate) fn new(outlet: Arc<Outlet>) -> Arc<Ledger> {
        Arc::new(Ledger {
            outlet,
            account: Mutex::default(),
        })
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// Bytes that went into h2 and that the socket has not taken.
    pub(crate) fn held(&self) -> usize {
        lock(&self.account).held(self.outlet.flushes())
    }

    /// [`held`](Ledger::held), and what h2 spends on keeping so many buffers, as far as that is
    /// worth mentioning.
    pub(crate) fn weight(&self) -> usize {
        lock(&self.account).weight(self.outlet.flushes())
    }

    /// Whether h2 threw a buffer away that was not written.
    pub(crate) fn has_lost(&self) -> bool {
        lock(&self.account).has_lost
    }

    /// Charges `len` bytes, or one for an empty frame, so that an END_STREAM is seen to leave, too.
    pub(crate) fn charge(self: &Arc<Ledger>, len: usize) -> Receipt {
        let charge = len.max(1);
        let mut account = lock(&self.account);
        account.queued += charge;
        account.buffers += 1;
        Receipt {
            ledger: Arc::clone(self),
            charge,
        }
    }

    /// Ready once the [`weight`](Ledger::weight) is at most `at_most`.
    ///
    /// Wakes on the connection's flush. There is one waiter: the latest.
    pub(crate) fn poll_weight_at_most(
        self: &Arc<Ledger>,
        cx: &Context<'_>,
        at_most: usize,
    ) -> Poll<()> {
        let mut account = lock(&self.account);
        if account.weight(self.outlet.flushes()) <= at_most {
            account.waiter = None;
            return Poll::Ready(());
        }
        account.waiter = Some(Waiter {
            waker: cx.waker().clone(),
            at_most,
        });
        self.list_if_due(&mut account);
        // A flush between the look above and the listing has passed this ledger by.
        if account.weight(self.outlet.flushes()) <= at_most {
            account.waiter = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn discharge(self: &Arc<Ledger>, charge: usize) {
        let mut account = lock(&self.account);
        let flushes = self.outlet.flushes();
        account.queued -= charge;
        account.buffers -= 1;
        if account.as_of != flushes {
            account.as_of = flushes;
            account.unflushed = 0;
        }
        account.unflushed += charge;
        self.list_if_due(&mut account);
    }

    /// Asks for the next flush where that is all a waiter still needs.
    fn list_if_due(self: &Arc<Ledger>, account: &mut Account) {
        let due = account
            .waiter
            .as_ref()
            .is_some_and(|waiter| account.queued <= waiter.at_most);
        if due && !account.listed {
            account.listed = true;
            lock(&self.outlet.waiting).push(Arc::downgrade(self));
        }
    }

    fn wake(&self) {
        let waiter = {
            let mut account = lock(&self.account);
            account.listed = false;
            account.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.waker.wake();
        }
    }
}

impl Account {
    fn held(&self, flushes: u64) -> usize {
        if self.as_of == flushes {
            self.queued + self.unflushed
        } else {
            self.queued
        }
    }

    fn weight(&self, flushes: u64) -> usize {
        let entries = (self.buffers * ENTRY_COST).saturating_sub(FREE_ENTRIES_COST);
        self.held(flushes) + entries
    }
}

impl Receipt {
    /// The buffer goes unwritten.
    pub(crate) fn lose(&self) {
        lock(&self.ledger.account).has_lost = true;
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.ledger.discharge(self.charge);
    }
}

/// No code of a caller runs under these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
