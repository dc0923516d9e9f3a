//! Which bytes of a stream are neither waiting nor with the socket.
//!
//! h2 buffers what `send_data` gives it and tells nobody when the socket took it. Here it is
//! counted: a [`Ledger`] (one a stream) is charged for each buffer that goes into h2, and
//! discharged as its [`Receipt`]s go, which is when the transport has taken the bytes, or when h2
//! has thrown them away.
//!
//! Waking: a waiting sender is woken by the discharge it waits for. What was thrown away wakes
//! nobody: resets and the end of the connection reach a sender through h2, not from here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What h2 spends on a buffer in its queue, in bytes: an entry of some 300 in a table that grows by
/// doubling.
const ENTRY_COST: usize = 640;

/// What of that is not counted: small limits stay exact.
const FREE_ENTRIES_COST: usize = 16 << 10;

/// The bytes of one stream that its connection holds.
#[derive(Default)]
pub(crate) struct Ledger {
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    /// Charged, and not discharged.
    held: usize,
    /// In how many buffers that is.
    buffers: usize,
    has_lost: bool,
    waiter: Option<Waiter>,
}

struct Waiter {
    waker: Waker,
    /// Woken once no more than this weighs on the stream.
    at_most: usize,
}

/// Proof that some bytes were charged; its drop discharges them.
pub(crate) struct Receipt {
    ledger: Arc<Ledger>,
    charge: usize,
    /// Whether this one stands for the buffer, too, which may have several.
    is_for_buffer: bool,
}

impl Ledger {
    /// Bytes that went into h2 and that the transport has not taken.
    pub(crate) fn held(&self) -> usize {
        self.lock().held
    }

    /// [`held`](Ledger::held), and the same with what h2 spends on keeping so many buffers, as far
    /// as that is worth mentioning. More than fits anywhere where something is lost.
    pub(crate) fn held_and_weight(&self) -> (usize, usize) {
        let account = self.lock();
        (account.held, account.weight())
    }

    /// Whether bytes were thrown away unwritten.
    pub(crate) fn has_lost(&self) -> bool {
        self.lock().has_lost
    }

    /// Charges `len` bytes, or one for an empty frame, so that an END_STREAM is seen to leave, too.
    pub(crate) fn charge(self: &Arc<Ledger>, len: usize) -> Receipt {
        let charge = len.max(1);
        let mut account = self.lock();
        account.held += charge;
        account.buffers += 1;
        Receipt {
            ledger: Arc::clone(self),
            charge,
            is_for_buffer: true,
        }
    }

    /// Ready once the [weight](Ledger::held_and_weight) is at most `at_most`.
    ///
    /// Wakes on the discharge that makes it so. There is one waiter: the latest.
    pub(crate) fn poll_weight_at_most(&self, cx: &Context<'_>, at_most: usize) -> Poll<()> {
        let mut account = self.lock();
        if account.weight() <= at_most {
            account.waiter = None;
            return Poll::Ready(());
        }
        account.waiter = Some(Waiter {
            waker: cx.waker().clone(),
            at_most,
        });
        Poll::Pending
    }

    /// No code of a caller runs under this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Without a limit once something is lost: whatever is written then has nowhere to go.
    fn weight(&self) -> usize {
        if self.has_lost {
            return usize::MAX;
        }
        let entries = (self.buffers * ENTRY_COST).saturating_sub(FREE_ENTRIES_COST);
        self.held + entries
    }

    /// Takes the waiter, if it has waited for this.
    fn satisfied(&mut self) -> Option<Waiter> {
        let weight = self.weight();
        self.waiter.take_if(|waiter| weight <= waiter.at_most)
    }
}

impl Receipt {
    /// A receipt of its own for the first `count` of the bytes.
    pub(crate) fn split(&mut self, count: usize) -> Receipt {
        debug_assert!(count < self.charge, "a receipt stands for some bytes");
        self.charge -= count;
        Receipt {
            ledger: Arc::clone(&self.ledger),
            charge: count,
            is_for_buffer: false,
        }
    }

    /// The bytes go unwritten.
    pub(crate) fn lose(mut self) {
        let mut account = self.ledger.lock();
        account.has_lost = true;
        account.held -= self.charge;
        account.buffers -= usize::from(self.is_for_buffer);
        drop(account);
        self.charge = 0;
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if self.charge == 0 {
            return;
        }
        let mut account = self.ledger.lock();
        account.held -= self.charge;
        account.buffers -= usize::from(self.is_for_buffer);
        let satisfied = account.satisfied();
        drop(account);
        if let Some(waiter) = satisfied {
            waiter.waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
