//! What happens to a connection from outside, step by step, and what its user does.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;

use crate::observation::{Actor, Log};
use crate::sim::Sim;
use crate::wire::Wire;

/// After each, hyper comes to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The peer sends; each piece is there to be read on its own.
    Send(Vec<Bytes>),
    /// Milliseconds pass.
    Pause(u64),
    /// The peer ends its direction.
    End,
    /// The next read that finds nothing fails, and all behind it.
    ReadsFail(ErrorKind),
    /// The next write fails, and all behind it.
    WritesFail(ErrorKind),
    /// The transport takes so many bytes more.
    Grant(usize),
    /// Of servers: graceful shutdown.
    Graceful,
    /// The connection's future is dropped.
    DropConnection,
    /// Of clients: what the next call waits for that waits for the script.
    Go,
}

/// By what the driver reaches the tasks that use hyper.
#[derive(Clone, Default)]
pub struct Control(Rc<Signals>);

#[derive(Default)]
struct Signals {
    graceful: Cell<usize>,
    drop: Cell<bool>,
    go: Cell<usize>,
    wakers: RefCell<Vec<Waker>>,
    watch: RefCell<Option<Watch>>,
}

type Watch = (Box<dyn Fn() -> Option<String>>, Option<String>);

impl Control {
    /// To be woken at the next signal.
    pub fn register(&self, waker: &Waker) {
        let mut wakers = self.0.wakers.borrow_mut();
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    /// Whether graceful shutdown was asked for since the last time.
    pub fn take_graceful(&self) -> bool {
        let asked = self.0.graceful.get();
        self.0.graceful.set(asked.saturating_sub(1));
        asked > 0
    }

    pub fn drops_connection(&self) -> bool {
        self.0.drop.get()
    }

    /// Whether a call that waits may go on.
    pub fn take_go(&self) -> bool {
        let given = self.0.go.get();
        self.0.go.set(given.saturating_sub(1));
        given > 0
    }

    /// What to look at after each step; a change is noted.
    pub fn watch(&self, look: impl Fn() -> Option<String> + 'static) {
        *self.0.watch.borrow_mut() = Some((Box::new(look), None));
    }

    fn look(&self, log: &Log) {
        if let Some((look, before)) = &mut *self.0.watch.borrow_mut() {
            let now = look();
            if now != *before {
                log.text(Actor::Connection, format!("{now:?}"));
                *before = now;
            }
        }
    }

    fn signal(&self) {
        for waker in self.0.wakers.take() {
            waker.wake();
        }
    }
}

/// Plays `steps`, and then lets hyper come to its end: time passes, the peer's end follows if there was none, and more time.
pub fn play(sim: &Sim, wire: &Wire, control: &Control, steps: &[Step]) {
    come_to_rest(sim, wire, control);
    for step in steps {
        sim.log().next_step();
        perform(sim, wire, control, step);
    }
    for step in [
        Step::Grant(usize::MAX),
        Step::Pause(100_000),
        Step::End,
        Step::Pause(100_000),
    ] {
        sim.log().next_step();
        perform(sim, wire, control, &step);
    }
}

fn perform(sim: &Sim, wire: &Wire, control: &Control, step: &Step) {
    match step {
        Step::Send(pieces) => wire.deliver(pieces),
        Step::Pause(time) => sim.pass(Duration::from_millis(*time)),
        Step::End => wire.end(Ok(())),
        Step::ReadsFail(kind) => wire.end(Err(*kind)),
        Step::WritesFail(kind) => wire.fail_writes(*kind),
        Step::Grant(bytes) => wire.grant(*bytes),
        Step::Graceful => {
            control.0.graceful.set(control.0.graceful.get() + 1);
            control.signal();
        }
        Step::DropConnection => {
            control.0.drop.set(true);
            control.signal();
        }
        Step::Go => {
            control.0.go.set(control.0.go.get() + 1);
            control.signal();
        }
    }
    come_to_rest(sim, wire, control);
}

fn come_to_rest(sim: &Sim, wire: &Wire, control: &Control) {
    sim.settle();
    wire.look_at_flush();
    control.look(sim.log());
}
