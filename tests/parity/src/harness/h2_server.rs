//! An HTTP/2 server.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::hyper::server::conn::http2::Builder;
use super::hyper::service::service_fn;
use super::options::{set, set_common};
use super::runs::{drive, ending};
use super::runtime::{Io, SimExecutor, SimTimer};
use super::services::Service;
use crate::h2::scenario::ServerScenario;
use crate::observation::{Actor, Observation};
use crate::script::Control;
use crate::sim::Sim;
use crate::wire::Wire;

pub fn run(scenario: &ServerScenario) -> Observation {
    let start = |sim: &_, wire: &_, control: &_| start(scenario, sim, wire, control);
    super::runs::run(scenario.transport, &scenario.steps, start)
}

fn start(scenario: &ServerScenario, sim: &Sim, wire: &Wire, control: &Control) {
    let world = sim.world();
    let options = &scenario.options;
    let mut builder = Builder::new(SimExecutor(world.spawner.clone()));
    set_common!(builder, &options.common, world.clock.clone());
    set!(builder, options, auto_date_header);
    if options.enable_connect_protocol {
        builder.enable_connect_protocol();
    }
    let service = Service::new(sim, &scenario.services);
    let service = service_fn(move |request| Box::pin(service.clone().serve(request)));
    let mut connection = builder.serve_connection(Io::new(wire.clone()), service);
    let control = control.clone();
    world.spawner.clone().spawn(Actor::Connection, async move {
        let result = drive(
            &mut connection,
            &control,
            |it| Pin::new(it).graceful_shutdown(),
            |it, cx| Pin::new(it).poll(cx),
        )
        .await;
        world.log.note(Actor::Connection, ending(result));
    });
}
