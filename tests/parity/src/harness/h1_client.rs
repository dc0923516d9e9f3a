//! An HTTP/1 client.

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::bodies::SentBody;
use super::callers::{impl_sender, Caller, Sender, Sent, Tried};
use super::errors::outcome;
use super::hyper::client::conn::http1::{Builder, Connection, Parts, SendRequest};
use super::hyper::{Request, Result};
use super::runtime::Io;
use crate::h1::scenario::{ClientOptions, ClientScenario, Mode};
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
    let builder = catch_unwind(AssertUnwindSafe(|| builder(&scenario.options)));
    match builder {
        Ok(builder) => {
            start(scenario, &builder, &sim, &wire, &control);
            play(&sim, &wire, &control, &scenario.steps);
        }
        Err(panic) => log.note(Actor::Connection, Event::Panicked(panic_text(&*panic))),
    }
    sim.stop();
    log.take()
}

fn builder(options: &ClientOptions) -> Builder {
    let mut builder = Builder::new();
    macro_rules! set {
        ($($option:ident => $setter:ident),* $(,)?) => {
            $(if let Some(value) = options.$option {
                builder.$setter(value);
            })*
        };
    }
    set! {
        http09_responses => http09_responses,
        spaces_after_header_name => allow_spaces_after_header_name_in_responses,
        obsolete_multiline_headers => allow_obsolete_multiline_headers_in_responses,
        ignore_invalid_headers => ignore_invalid_headers_in_responses,
        title_case_headers => title_case_headers,
        preserve_header_case => preserve_header_case,
        max_headers => max_headers,
        max_header_size => max_header_size,
        writev => writev,
        read_buf_exact_size => read_buf_exact_size,
        max_buf_size => max_buf_size,
    }
    builder
}

fn start(scenario: &ClientScenario, builder: &Builder, sim: &Sim, wire: &Wire, control: &Control) {
    let mut handshake = Box::pin(builder.handshake(Io::new(wire.clone())));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Ok((sender, connection))) = handshake.as_mut().poll(&mut cx) else {
        return sim.log().text(Actor::Connection, "no handshake");
    };
    Caller::start(
        sim.world(),
        control,
        sender,
        scenario.calls.clone(),
        scenario.keeps_handle,
    );
    let running = drive(connection, scenario.mode, control.clone());
    let world = sim.world();
    world.spawner.clone().spawn(Actor::Connection, async move {
        let note = |event| world.log.note(Actor::Connection, event);
        let (result, parts) = running.await;
        if let Some(Parts { io, read_buf, .. }) = parts {
            note(Event::Data([read_buf.to_vec(), io.unread()].concat()));
        }
        note(match result {
            Some(result) => outcome(&result),
            None => Event::Dropped,
        });
    });
}

async fn drive(
    mut connection: Connection<Io, SentBody>,
    mode: Mode,
    control: Control,
) -> (Option<Result<()>>, Option<Parts<Io>>) {
    macro_rules! drive {
        ($connection:ident, |$it:ident, $cx:ident| $poll:expr) => {
            poll_fn(|$cx| {
                control.register($cx.waker());
                if control.drops_connection() {
                    return Poll::Ready(None);
                }
                let $it = &mut $connection;
                $poll.map(Some)
            })
            .await
        };
    }
    match mode {
        Mode::Plain => {
            let result = drive!(connection, |it, cx| Pin::new(it).poll(cx));
            (result, None)
        }
        Mode::WithUpgrades => {
            let mut connection = connection.with_upgrades();
            let result = drive!(connection, |it, cx| Pin::new(it).poll(cx));
            (result, None)
        }
        Mode::WithoutShutdown => {
            let result = drive!(connection, |it, cx| it.poll_without_shutdown(cx));
            (result, Some(connection.into_parts()))
        }
    }
}
