//! An HTTP/2 client.

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::bodies::SentBody;
use super::callers::{impl_sender, Caller, Sender, Sent, Tried};
use super::errors::outcome;
use super::h2_options::{set, set_common};
use super::hyper::client::conn::http2::{Builder, SendRequest};
use super::hyper::{Request, Result};
use super::runtime::{Io, SimExecutor, SimTimer};
use crate::h2::scenario::ClientScenario;
use crate::observation::{Actor, Event, Log, Observation};
use crate::script::{play, Control};
use crate::sim::{panic_text, Sim};
use crate::wire::Wire;

impl_sender!(SendRequest<SentBody>);

pub fn run(scenario: &ClientScenario) -> Observation {
    let log = Log::default();
    let sim = Sim::new(log.clone());
    let wire = Wire::new(scenario.transport, log.clone());
    let control = Control::default();
    let started = catch_unwind(AssertUnwindSafe(|| start(scenario, &sim, &wire, &control)));
    match started {
        Ok(()) => play(&sim, &wire, &control, &scenario.steps),
        Err(panic) => log.note(Actor::Connection, Event::Panicked(panic_text(&*panic))),
    }
    sim.stop();
    log.take()
}

fn start(scenario: &ClientScenario, sim: &Sim, wire: &Wire, control: &Control) {
    let world = sim.world();
    let options = &scenario.options;
    let mut builder = Builder::new(SimExecutor(world.spawner.clone()));
    set_common!(builder, &options.common, world.clock.clone());
    set!(
        builder,
        options,
        initial_max_send_streams,
        keep_alive_while_idle,
        max_concurrent_reset_streams,
    );
    if let Some(time) = options.reset_stream_duration {
        builder.reset_stream_duration(Duration::from_millis(time));
    }
    let handshake = builder.handshake(Io::new(wire.clone()));
    let (control, calls, keeps) = (
        control.clone(),
        scenario.calls.clone(),
        scenario.keeps_handle,
    );
    world.spawner.clone().spawn(Actor::Connection, async move {
        let note = |event| world.log.note(Actor::Connection, event);
        let handshake = handshake.await;
        note(outcome(&handshake));
        let Ok((sender, mut connection)) = handshake else {
            return;
        };
        Caller::start(world.clone(), &control, sender, calls, keeps);
        let mut known = String::new();
        let result = poll_fn(|cx| {
            control.register(cx.waker());
            if control.drops_connection() {
                return Poll::Ready(None);
            }
            let polled = Pin::new(&mut connection).poll(cx);
            let limits = format!(
                "streams to send {} to receive {} extended {}",
                connection.current_max_send_streams(),
                connection.current_max_recv_streams(),
                connection.is_extended_connect_protocol_enabled(),
            );
            if limits != known {
                note(Event::Note(limits.clone()));
                known = limits;
            }
            polled.map(Some)
        })
        .await;
        // Only then do the handles know.
        drop(connection);
        note(match result {
            Some(result) => outcome(&result),
            None => Event::Dropped,
        });
    });
}
