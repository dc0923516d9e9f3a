//! The user's task that waits on a tunnel.
//!
//! Invariants:
//! - One waits at most: the last that asked. It is woken once for each time that it waits.
//! - It is woken for what it asked for last, and at the end of the tunnel, whatever it asked for.

use std::task::{Context, Waker};

#[derive(Default)]
pub(crate) struct WaitingWriter(Option<Writer>);

struct Writer {
    waker: Waker,
    waits_for: WaitsFor,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    Room,
    /// That window, and no longer the peer, is what waiting bytes have.
    Window,
    EndStream,
}

impl WaitingWriter {
    pub(crate) fn wait(&mut self, cx: &Context<'_>, waits_for: WaitsFor) {
        self.0 = Some(Writer {
            waker: cx.waker().clone(),
            waits_for,
        });
    }

    pub(crate) fn waits_for(&self) -> Option<WaitsFor> {
        self.0.as_ref().map(|writer| writer.waits_for)
    }

    pub(crate) fn wake(&mut self) {
        if let Some(writer) = self.0.take() {
            writer.waker.wake();
        }
    }

    /// Nobody is left to wake.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}
