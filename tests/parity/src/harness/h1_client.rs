//! An HTTP/1 client.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::bodies::SentBody;
use super::callers::{impl_sender, Caller, Sender, Sent, Tried};
use super::hyper::client::conn::http1::{Builder, Connection, Parts, SendRequest};
use super::hyper::{Request, Result};
use super::options::set;
use super::runs::{drive, ending};
use super::runtime::Io;
use crate::h1::scenario::{ClientOptions, ClientScenario, Mode};
use crate::observation::{Actor, Event, Observation};
use crate::script::Control;
use crate::sim::Sim;
use crate::wire::Wire;

impl_sender!(SendRequest<SentBody>);

pub fn run(scenario: &ClientScenario) -> Observation {
    let start = |sim: &_, wire: &_, control: &_| start(scenario, sim, wire, control);
    super::runs::run(scenario.transport, &scenario.steps, start)
}

fn builder(options: &ClientOptions) -> Builder {
    let mut builder = Builder::new();
    set!(
        builder,
        options,
        http09_responses,
        allow_spaces_after_header_name_in_responses,
        allow_obsolete_multiline_headers_in_responses,
        ignore_invalid_headers_in_responses,
        title_case_headers,
        preserve_header_case,
        max_headers,
        max_header_size,
        writev,
        read_buf_exact_size,
        max_buf_size,
    );
    builder
}

fn start(scenario: &ClientScenario, sim: &Sim, wire: &Wire, control: &Control) {
    let builder = builder(&scenario.options);
    let mut handshake = Box::pin(builder.handshake(Io::new(wire.clone())));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok((sender, connection))) = handshake.as_mut().poll(&mut cx) else {
        return sim.log().text(Actor::Connection, "no handshake");
    };
    let (calls, keeps_handle) = (scenario.calls.clone(), scenario.keeps_handle);
    Caller::start(sim.world(), control, sender, calls, keeps_handle);
    let running = follow(connection, scenario.mode, control.clone());
    let world = sim.world();
    world.spawner.clone().spawn(Actor::Connection, async move {
        let note = |event| world.log.note(Actor::Connection, event);
        let (result, parts) = running.await;
        if let Some(Parts { io, read_buf, .. }) = parts {
            note(Event::Data([read_buf.to_vec(), io.unread()].concat()));
        }
        note(ending(result));
    });
}

async fn follow(
    mut connection: Connection<Io, SentBody>,
    mode: Mode,
    control: Control,
) -> (Option<Result<()>>, Option<Parts<Io>>) {
    match mode {
        Mode::Plain => {
            let running = drive(
                &mut connection,
                &control,
                |_| (),
                |it, cx| Pin::new(it).poll(cx),
            );
            (running.await, None)
        }
        Mode::WithUpgrades => {
            let mut connection = connection.with_upgrades();
            let running = drive(
                &mut connection,
                &control,
                |_| (),
                |it, cx| Pin::new(it).poll(cx),
            );
            (running.await, None)
        }
        Mode::WithoutShutdown => {
            let running = drive(
                &mut connection,
                &control,
                |_| (),
                |it, cx| it.poll_without_shutdown(cx),
            );
            let result = running.await;
            (result, Some(connection.into_parts()))
        }
    }
}
