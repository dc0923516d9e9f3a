//! An HTTP/2 client.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::bodies::SentBody;
use super::callers::{impl_sender, Caller, Sender, Sent, Tried};
use super::errors::outcome;
use super::hyper::client::conn::http2::{Builder, Connection, SendRequest};
use super::hyper::{Request, Result};
use super::options::{set, set_common};
use super::runs::{drive, ending};
use super::runtime::{Io, SimExecutor, SimTimer};
use crate::h2::scenario::ClientScenario;
use crate::observation::{Actor, Event, Observation};
use crate::script::Control;
use crate::sim::Sim;
use crate::wire::Wire;

impl_sender!(SendRequest<SentBody>);

pub fn run(scenario: &ClientScenario) -> Observation {
    let start = |sim: &_, wire: &_, control: &_| start(scenario, sim, wire, control);
    super::runs::run(scenario.transport, &scenario.steps, start)
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
        let poll = |it: &mut Connection<_, _, _>, cx: &mut Context<'_>| {
            let polled = Pin::new(&mut *it).poll(cx);
            let limits = format!(
                "streams to send {} to receive {} extended {}",
                it.current_max_send_streams(),
                it.current_max_recv_streams(),
                it.is_extended_connect_protocol_enabled(),
            );
            if limits != known {
                note(Event::Note(limits.clone()));
                known = limits;
            }
            polled
        };
        let result = drive(&mut connection, &control, |_| (), poll).await;
        // Only then do the handles know.
        drop(connection);
        note(ending(result));
    });
}
