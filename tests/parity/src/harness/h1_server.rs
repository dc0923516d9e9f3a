//! An HTTP/1 server.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::hyper::server::conn::http1::{Builder, Parts};
use super::hyper::service::service_fn;
use super::options::set;
use super::runs::{drive, ending};
use super::runtime::{Io, SimTimer};
use super::services::Service;
use crate::h1::scenario::{Mode, ServerOptions, ServerScenario};
use crate::observation::{Actor, Event, Observation};
use crate::script::Control;
use crate::sim::{Clock, Sim};
use crate::wire::Wire;

pub fn run(scenario: &ServerScenario) -> Observation {
    let start = |sim: &_, wire: &_, control: &_| start(scenario, sim, wire, control);
    super::runs::run(scenario.transport, &scenario.steps, start)
}

fn builder(options: &ServerOptions, clock: Clock) -> Builder {
    let mut builder = Builder::new();
    set!(
        builder,
        options,
        half_close,
        keep_alive,
        title_case_headers,
        preserve_header_case,
        ignore_invalid_headers,
        allow_multiple_spaces_in_request_line_delimiters,
        max_headers,
        max_header_size,
        writev,
        max_buf_size,
        auto_date_header,
        pipeline_flush,
    );
    if let Some(timeout) = options.header_read_timeout {
        builder.header_read_timeout(timeout.map(Duration::from_millis));
    }
    if options.timer {
        builder.timer(SimTimer(clock));
    }
    builder
}

fn start(scenario: &ServerScenario, sim: &Sim, wire: &Wire, control: &Control) {
    let world = sim.world();
    let service = Service::new(sim, &scenario.services);
    let service = service_fn(move |request| Box::pin(service.clone().serve(request)));
    let io = Io::new(wire.clone());
    let builder = builder(&scenario.options, world.clock.clone());
    let mut connection = builder.serve_connection(io, service);
    let control = control.clone();
    let mode = scenario.mode;
    world.spawner.clone().spawn(Actor::Connection, async move {
        let note = |event| world.log.note(Actor::Connection, event);
        // Each is another type.
        macro_rules! drive {
            ($connection:expr, |$it:ident, $cx:ident| $poll:expr) => {
                drive(
                    $connection,
                    &control,
                    |it| Pin::new(it).graceful_shutdown(),
                    |$it, $cx| $poll,
                )
                .await
            };
        }
        let result = match mode {
            Mode::Plain => drive!(&mut connection, |it, cx| Pin::new(it).poll(cx)),
            Mode::WithUpgrades => {
                let mut connection = connection.with_upgrades();
                drive!(&mut connection, |it, cx| Pin::new(it).poll(cx))
            }
            Mode::WithoutShutdown => {
                let result = drive!(&mut connection, |it, cx| it.poll_without_shutdown(cx));
                let Parts { io, read_buf, .. } = connection.into_parts();
                note(Event::Data([read_buf.to_vec(), io.unread()].concat()));
                result
            }
        };
        note(ending(result));
    });
}
