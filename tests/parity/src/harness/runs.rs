//! What all four kinds of run have in common.

use std::future::poll_fn;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::task::{Context, Poll};

use super::errors::outcome;
use super::hyper::Result;
use crate::observation::{Actor, Event, Log, Observation};
use crate::script::{play, Control, Step};
use crate::sim::{panic_text, Sim};
use crate::wire::{Transport, Wire};

/// Plays `steps` to what `start` has started. A panic of the builder is the connection's.
pub fn run(
    transport: Transport,
    steps: &[Step],
    start: impl FnOnce(&Sim, &Wire, &Control),
) -> Observation {
    let log = Log::default();
    let sim = Sim::new(log.clone());
    let wire = Wire::new(transport, log.clone());
    let control = Control::default();
    let started = catch_unwind(AssertUnwindSafe(|| start(&sim, &wire, &control)));
    match started {
        Ok(()) => play(&sim, &wire, &control, steps),
        Err(panic) => log.note(Actor::Connection, Event::Panicked(panic_text(&*panic))),
    }
    sim.stop();
    log.take()
}

/// Polls a connection until it has a result, or `None` if it is to be dropped before.
pub async fn drive<C>(
    connection: &mut C,
    control: &Control,
    mut shut_down: impl FnMut(&mut C),
    mut poll: impl FnMut(&mut C, &mut Context<'_>) -> Poll<Result<()>>,
) -> Option<Result<()>> {
    poll_fn(|cx| {
        control.register(cx.waker());
        if control.drops_connection() {
            return Poll::Ready(None);
        }
        if control.take_graceful() {
            shut_down(connection);
        }
        poll(connection, cx).map(Some)
    })
    .await
}

/// How a connection was seen to end.
pub fn ending(result: Option<Result<()>>) -> Event {
    match result {
        Some(result) => outcome(&result),
        None => Event::Dropped,
    }
}
