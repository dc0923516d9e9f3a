//! The promise of an upgrade: [`Pending`] on the connection's side, [`OnUpgrade`] on the caller's.
//!
//! Invariants:
//! - There is one result for all clones of an [`OnUpgrade`]. An [`Upgraded`] goes to whichever asks
//!   first; a failure goes to all.
//! - Every clone that waits is woken when the result is there: one waker for each, replaced when
//!   that clone is polled again, and gone when it is dropped.
//! - No foreign code runs under the lock. Wakers and tunnels are called and dropped after it is
//!   released, as they may own a clone themselves.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::kind::{Kind, User};
use crate::error::{Error, Result};
use crate::upgrade::upgraded::Upgraded;

/// A promise and its two sides.
pub(crate) fn pending() -> (Pending, OnUpgrade) {
    let shared = Arc::new(Shared(Mutex::new(Channel {
        state: State::Waiting(Vec::new()),
        clones: 0,
    })));
    let on_upgrade = OnUpgrade {
        subscription: Some(Subscription::new(shared.clone())),
    };
    (Pending { shared }, on_upgrade)
}

/// A future that yields the [`Upgraded`] once the peer has agreed to the other protocol.
///
/// It comes from [`on`](crate::upgrade::on), and can also be taken from the extensions of a message
/// by its type. Clones share one result; the first to be polled gets it.
///
/// # Errors
///
/// - [`is_canceled`](Error::is_canceled) if the message does not lead to an upgrade: the response
///   refuses, or the connection ends first.
/// - [`is_user`](Error::is_user) if no upgrade was expected on the message, if another clone has
///   got the `Upgraded`, or if the connection is driven by hand and its transport is to be had from
///   there.
///
/// # Cancel safety
///
/// Dropping it while it is pending loses nothing that another clone could receive. When the last
/// clone is dropped, the upgrade is given up: a transport is closed, an HTTP/2 stream reset.
#[derive(Clone)]
pub struct OnUpgrade {
    /// `None` if no upgrade was ever expected.
    subscription: Option<Subscription>,
}

/// The connection's half. Dropping it unfulfilled fails the promise.
pub(crate) struct Pending {
    shared: Arc<Shared>,
}

struct Shared(Mutex<Channel>);

struct Channel {
    state: State,
    /// How many [`Subscription`]s were ever made; their ids count up to it.
    clones: u64,
}

enum State {
    /// By the id of their [`Subscription`], who is to be woken.
    Waiting(Vec<(u64, Waker)>),
    Fulfilled(Upgraded),
    Failed(Failure),
    Taken,
}

#[derive(Clone, Copy)]
enum Failure {
    /// The connection's half went without a word.
    Abandoned,
    /// The caller drives the connection by hand, and finds the transport there.
    Manual,
}

/// One clone's place among those that wait.
struct Subscription {
    shared: Arc<Shared>,
    id: u64,
}

impl Pending {
    /// Hands over the upgraded connection or stream. If nobody waits for it any more, it is dropped
    /// unclaimed.
    pub(crate) fn fulfill(self, upgraded: Upgraded) {
        self.shared.settle(State::Fulfilled(upgraded));
    }

    /// Fails the promise as the upgrade belongs to whoever drives the connection by hand.
    #[cfg_attr(
        not(all(feature = "http1", any(feature = "client", feature = "server"))),
        allow(
            dead_code,
            reason = "only HTTP/1 connections can be taken apart by hand"
        )
    )]
    pub(crate) fn leave_to_caller(self) {
        self.shared.settle(State::Failed(Failure::Manual));
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.shared.settle(State::Failed(Failure::Abandoned));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Channel> {
        // No step under the lock leaves the channel inconsistent, so a panic elsewhere in one is no
        // reason for another.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the result and wakes all who wait for it. Only the first result counts.
    fn settle(&self, result: State) {
        let mut channel = self.lock();
        let State::Waiting(waiting) = &mut channel.state else {
            return;
        };
        let waiting = mem::take(waiting);
        channel.state = result;
        drop(channel);
        for (_, waker) in waiting {
            waker.wake();
        }
    }
}

impl Subscription {
    fn new(shared: Arc<Shared>) -> Subscription {
        let mut channel = shared.lock();
        let id = channel.clones;
        channel.clones += 1;
        drop(channel);
        Subscription { shared, id }
    }

    /// Takes the result, or leaves a waker for it.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<Upgraded>> {
        let waker = cx.waker().clone();
        let mut channel = self.shared.lock();
        match &mut channel.state {
            State::Waiting(waiting) => {
                let entry = waiting.iter_mut().find(|(id, _)| *id == self.id);
                let replaced = match entry {
                    Some((_, old)) => Some(mem::replace(old, waker)),
                    None => {
                        waiting.push((self.id, waker));
                        None
                    }
                };
                drop(channel);
                drop(replaced);
                Poll::Pending
            }
            State::Failed(failure) => Poll::Ready(Err(failure.to_error())),
            State::Fulfilled(_) | State::Taken => {
                let state = mem::replace(&mut channel.state, State::Taken);
                drop(channel);
                match state {
                    State::Fulfilled(mut upgraded) => {
                        upgraded.claim();
                        Poll::Ready(Ok(upgraded))
                    }
                    _ => Poll::Ready(Err(no_upgrade())),
                }
            }
        }
    }
}

impl Clone for Subscription {
    fn clone(&self) -> Self {
        Subscription::new(self.shared.clone())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channel = self.shared.lock();
        let State::Waiting(waiting) = &mut channel.state else {
            return;
        };
        let own = waiting.iter().position(|(id, _)| *id == self.id);
        let removed = own.map(|index| waiting.swap_remove(index));
        drop(channel);
        drop(removed);
    }
}

impl Failure {
    fn to_error(self) -> Error {
        match self {
            Failure::Abandoned => Error::new(Kind::Canceled).with(UpgradeExpected),
            Failure::Manual => Error::new(Kind::User(User::ManualUpgrade)),
        }
    }
}

/// Why a wait for an upgrade is over without one.
#[derive(Debug)]
struct UpgradeExpected;

impl fmt::Display for UpgradeExpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("upgrade expected but not completed")
    }
}

impl std::error::Error for UpgradeExpected {}

fn no_upgrade() -> Error {
    Error::new(Kind::User(User::NoUpgrade))
}

impl OnUpgrade {
    /// What [`on`](crate::upgrade::on) gives for a message that leads to no upgrade.
    pub(super) fn none() -> OnUpgrade {
        OnUpgrade { subscription: None }
    }
}

/// Woken once, when the upgrade has happened or has become impossible. It may be polled again after
/// that: a failure is repeated, and after a success there is no upgrade left to be had.
impl Future for OnUpgrade {
    type Output = Result<Upgraded>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.subscription {
            Some(subscription) => subscription.poll(cx),
            None => Poll::Ready(Err(no_upgrade())),
        }
    }
}

impl fmt::Debug for OnUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnUpgrade")
    }
}
