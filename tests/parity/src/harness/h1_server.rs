//! An HTTP/1 server.

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::errors::outcome;
use super::hyper::server::conn::http1::{Builder, Parts};
use super::hyper::service::service_fn;
use super::runtime::{Io, SimTimer};
use super::services::Service;
use crate::h1::scenario::{Mode, ServerOptions, ServerScenario};
use crate::observation::{Actor, Event, Log, Observation};
use crate::script::{play, Control};
use crate::sim::{panic_text, Clock, Sim};
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

fn builder(options: &ServerOptions, clock: Clock) -> Builder {
    let mut builder = Builder::new();
    macro_rules! set {
        ($($option:ident => $setter:ident),* $(,)?) => {
            $(if let Some(value) = options.$option {
                builder.$setter(value);
            })*
        };
    }
    set! {
        half_close => half_close,
        keep_alive => keep_alive,
        title_case_headers => title_case_headers,
        preserve_header_case => preserve_header_case,
        ignore_invalid_headers => ignore_invalid_headers,
        multiple_spaces => allow_multiple_spaces_in_request_line_delimiters,
        max_headers => max_headers,
        max_header_size => max_header_size,
        writev => writev,
        max_buf_size => max_buf_size,
        auto_date_header => auto_date_header,
        pipeline_flush => pipeline_flush,
    }
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
    let spawner = world.spawner.clone();
    let note = move |event| world.log.note(Actor::Connection, event);
    let mode = scenario.mode;
    spawner.spawn(Actor::Connection, async move {
        macro_rules! drive {
            ($connection:ident, |$it:ident, $cx:ident| $poll:expr) => {
                poll_fn(|$cx| {
                    control.register($cx.waker());
                    if control.drops_connection() {
                        return Poll::Ready(None);
                    }
                    let $it = &mut $connection;
                    if control.take_graceful() {
                        Pin::new(&mut *$it).graceful_shutdown();
                    }
                    $poll.map(Some)
                })
                .await
            };
        }
        let result = match mode {
            Mode::Plain => {
                drive!(connection, |it, cx| Pin::new(it).poll(cx))
            }
            Mode::WithUpgrades => {
                let mut connection = connection.with_upgrades();
                drive!(connection, |it, cx| Pin::new(it).poll(cx))
            }
            Mode::WithoutShutdown => {
                let result = drive!(connection, |it, cx| it.poll_without_shutdown(cx));
                let Parts { io, read_buf, .. } = connection.into_parts();
                note(Event::Data([read_buf.to_vec(), io.unread()].concat()));
                result
            }
        };
        note(match result {
            Some(result) => outcome(&result),
            None => Event::Dropped,
        });
    });
}
