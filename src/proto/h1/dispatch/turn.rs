//! Whose turn it is: a client's handle may send while its connection is idle.
//!
//! HTTP/1 answers one request after the other, so a handle that sent whenever it liked would queue requests behind
//! others that may take for ever, while another connection is free.
//!
//! Invariants:
//! - A turn is offered by an idle connection, and taken once.
//! - The first request needs no offer: a handle may send before its connection has been polled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

pub(crate) fn turns() -> (TurnOffer, Turns) {
    let shared = Arc::new(Shared(Mutex::new(State {
        turn: Turn::First,
        waiting: None,
    })));
    let offer = TurnOffer {
        shared: shared.clone(),
    };
    (offer, Turns { shared })
}

/// The connection's side.
pub(crate) struct TurnOffer {
    shared: Arc<Shared>,
}

/// The handle's side.
pub(crate) struct Turns {
    shared: Arc<Shared>,
}

/// There will be no more turns: the connection is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoMoreTurns;

struct Shared(Mutex<State>);

struct State {
    turn: Turn,
    waiting: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Not offered, but to be had once.
    First,
    Offered,
    /// By the handle, whose request is on its way.
    Taken,
    /// By the connection, which has an exchange to finish.
    Held,
    Over,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No step under the lock leaves the state inconsistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, next: impl FnOnce(Turn) -> Turn) {
        let mut state = self.lock();
        let turn = next(state.turn);
        if turn == state.turn {
            return;
        }
        state.turn = turn;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

impl TurnOffer {
    /// The connection is idle. A turn that was taken stays so until the request has come.
    pub(crate) fn offer(&self) {
        self.shared.set(|turn| match turn {
            Turn::First | Turn::Held => Turn::Offered,
            Turn::Offered | Turn::Taken | Turn::Over => turn,
        });
    }

    /// The connection has got a request.
    pub(crate) fn hold(&self) {
        self.shared.set(|turn| match turn {
            Turn::Over => turn,
            Turn::First | Turn::Offered | Turn::Taken | Turn::Held => Turn::Held,
        });
    }

    /// The connection is over.
    pub(crate) fn close(&self) {
        self.shared.set(|_| Turn::Over);
    }
}

impl Drop for TurnOffer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Turns {
    /// Ready when a turn is offered, or none will be any more. Wakes for either.
    pub(crate) fn poll_offered(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), NoMoreTurns>> {
        let mut state = self.shared.lock();
        match state.turn {
            Turn::Offered => Poll::Ready(Ok(())),
            Turn::Over => Poll::Ready(Err(NoMoreTurns)),
            Turn::First | Turn::Taken | Turn::Held => {
                let stale = state.waiting.replace(cx.waker().clone());
                drop(state);
                drop(stale);
                Poll::Pending
            }
        }
    }

    /// Takes the turn, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let mut state = self.shared.lock();
        let is_mine = matches!(state.turn, Turn::First | Turn::Offered);
        if is_mine {
            state.turn = Turn::Taken;
        }
        is_mine
    }

    pub(crate) fn is_offered(&self) -> bool {
        self.shared.lock().turn == Turn::Offered
    }

    pub(crate) fn is_over(&self) -> bool {
        self.shared.lock().turn == Turn::Over
    }
}

#[cfg(test)]
mod tests {
    use tokio_test::task;
    use tokio_test::{assert_pending, assert_ready_eq};

    use super::*;

    macro_rules! offered {
        ($turns:expr) => {
            $turns.enter(|cx, mut turns| turns.poll_offered(cx))
        };
    }

    // Contract 5.2-1.
    #[test]
    fn one_turn_can_be_taken_before_any_is_offered() {
        let (_offer, mut turns) = turns();
        assert!(!turns.is_offered());
        assert!(turns.take());
        assert!(!turns.take());
    }

    // Contracts 5.2-1 and 5.2-2.
    #[test]
    fn an_offer_wakes_the_handle_and_lasts_until_it_is_taken() {
        let (offer, turns) = turns();
        let mut turns = task::spawn(turns);
        assert_pending!(offered!(turns));
        offer.offer();
        assert!(turns.is_woken());
        assert_ready_eq!(offered!(turns), Ok(()));
        assert_ready_eq!(offered!(turns), Ok(()));
        assert!(turns.take());
        assert_pending!(offered!(turns));
    }

    #[test]
    fn an_idle_connection_does_not_take_a_turn_back_that_was_taken() {
        let (offer, mut turns) = turns();
        offer.offer();
        assert!(turns.take());
        offer.offer();
        assert!(!turns.is_offered(), "the request is still on its way");
        offer.hold();
        assert!(!turns.take());
        offer.offer();
        assert!(turns.is_offered());
    }

    // Contract 5.2-3.
    #[test]
    fn a_connection_that_goes_ends_the_turns() {
        let (offer, turns) = turns();
        let mut turns = task::spawn(turns);
        assert_pending!(offered!(turns));
        assert!(!turns.is_over());
        drop(offer);
        assert!(turns.is_woken() && turns.is_over());
        assert_ready_eq!(offered!(turns), Err(NoMoreTurns));
        assert!(!turns.take());
    }
}
