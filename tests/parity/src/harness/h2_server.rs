//! An HTTP/2 server.

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::errors::outcome;
use super::h2_options::set_common;
use super::hyper::server::conn::http2::Builder;
use super::hyper::service::service_fn;
use super::runtime::{Io, SimExecutor, SimTimer};
use super::services::Service;
use crate::h2::scenario::ServerScenario;
use crate::observation::{Actor, Event, Log, Observation};
use crate::script::{play, Control};
use crate::sim::{panic_text, Sim};
use crate::wire::Wire;

pub fn run(scenario: &ServerScenario) -> Observation {
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

fn start(scenario: &ServerScenario, sim: &Sim, wire: &Wire, control: &Control) {
    let world = sim.world();
    let options = &scenario.options;
    let mut builder = Builder::new(SimExecutor(world.spawner.clone()));
    set_common!(builder, &options.common, world.clock.clone());
    if let Some(auto) = options.auto_date_header {
        builder.auto_date_header(auto);
    }
    if options.enable_connect_protocol {
        builder.enable_connect_protocol();
    }
    let service = Service::new(sim, &scenario.services);
    let service = service_fn(move |request| Box::pin(service.clone().serve(request)));
    let mut connection = builder.serve_connection(Io::new(wire.clone()), service);
    let control = control.clone();
    world.spawner.clone().spawn(Actor::Connection, async move {
        let result = poll_fn(|cx| {
            control.register(cx.waker());
            if control.drops_connection() {
                return Poll::Ready(None);
            }
            if control.take_graceful() {
                Pin::new(&mut connection).graceful_shutdown();
            }
            Pin::new(&mut connection).poll(cx).map(Some)
        })
        .await;
        let event = match result {
            Some(result) => outcome(&result),
            None => Event::Dropped,
        };
        world.log.note(Actor::Connection, event);
    });
}
