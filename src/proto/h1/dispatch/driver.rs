//! The fair loop.
//!
//! Invariants:
//! - A connection is given up to the executor while there is something to do only after [`ROUNDS`] rounds, and then it
//!   is woken; otherwise only when a round could do nothing, and then every part has left a waker.
//! - Each round both reads and writes, and each does a bounded amount, so neither starves the other.

use std::task::{Context, Poll};

/// How often a connection goes round before others get their turn.
const ROUNDS: usize = 16;

pub(crate) enum Round<T> {
    /// Something was done, which may have made more possible.
    Progress,
    /// Nothing could be done, and wakers are left where that may change.
    Blocked,
    Over(T),
}

pub(crate) fn drive<T>(
    cx: &mut Context<'_>,
    mut round: impl FnMut(&mut Context<'_>) -> Round<T>,
) -> Poll<T> {
    for _ in 0..ROUNDS {
        match round(cx) {
            Round::Progress => {}
            Round::Blocked => return Poll::Pending,
            Round::Over(value) => return Poll::Ready(value),
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

#[cfg(test)]
mod tests {
    use tokio_test::task::{self, Spawn};
    use tokio_test::{assert_pending, assert_ready_eq};

    use super::*;

    fn run<T>(task: &mut Spawn<()>, round: impl FnMut(&mut Context<'_>) -> Round<T>) -> Poll<T> {
        task.enter(|cx, _| drive(cx, round))
    }

    // Contract 4.8-9.
    #[test]
    fn endless_progress_yields_after_sixteen_rounds_and_is_woken() {
        let mut task = task::spawn(());
        let mut rounds = 0;
        assert_pending!(run(&mut task, |_| {
            rounds += 1;
            Round::<()>::Progress
        }));
        assert_eq!(rounds, 16);
        assert!(task.is_woken());
    }

    #[test]
    fn a_blocked_round_ends_the_poll_without_a_wake_up() {
        let mut task = task::spawn(());
        let mut left = 3;
        assert_pending!(run(&mut task, |_| {
            left -= 1;
            if left == 0 {
                Round::<()>::Blocked
            } else {
                Round::Progress
            }
        }));
        assert_eq!(left, 0);
        assert!(!task.is_woken());
    }

    #[test]
    fn the_value_of_the_last_round_comes_out() {
        assert_ready_eq!(run(&mut task::spawn(()), |_| Round::Over(7)), 7);
    }
}
