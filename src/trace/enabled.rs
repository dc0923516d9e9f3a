//! Spans and events.

use std::time::Instant;

use http::Method;
use tracing::{debug, debug_span, field, trace, Span};

use crate::error::Error;

/// Target of all that is reported here.
const TARGET: &str = "hyper";

/// Span `connection`; events `connection opened`, `request` (HTTP/1), `connection closed`.
#[derive(Clone)]
pub(crate) struct Connection {
    span: Span,
}

/// Span `stream`, within its connection's; events `stream opened`, `stream closed`.
pub(crate) struct Stream {
    span: Span,
    is_open: bool,
}

/// Span `tunnel`, within its stream's; events `tunnel opened`, `tunnel stalled`, `tunnel resumed`,
/// `tunnel closed`.
pub(crate) struct Tunnel {
    span: Span,
    stalled: Option<Instant>,
    stalls: u64,
    sent: Count,
    received: Count,
    failure: Option<String>,
}

/// A count of bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count(u64);

impl Connection {
    pub(crate) fn opened(role: &'static str, protocol: &'static str) -> Connection {
        let span = debug_span!(target: TARGET, "connection", role, protocol);
        debug!(target: TARGET, parent: &span, "connection opened");
        Connection { span }
    }

    pub(crate) fn exchange(&self, method: &Method) {
        debug!(target: TARGET, parent: &self.span, %method, "request");
    }

    /// A stream for a request with that method, which is yet to be opened.
    pub(crate) fn stream(&self, method: &Method) -> Stream {
        let id = field::Empty;
        let span = debug_span!(target: TARGET, parent: &self.span, "stream", id, %method);
        Stream {
            span,
            is_open: false,
        }
    }

    pub(crate) fn closed(&self, error: Option<&Error>) {
        match error {
            Some(error) => debug!(target: TARGET, parent: &self.span, ?error, "connection closed"),
            None => debug!(target: TARGET, parent: &self.span, "connection closed"),
        }
    }
}

impl Stream {
    pub(crate) fn opened(mut self, id: u32) -> Stream {
        self.span.record("id", id);
        self.is_open = true;
        debug!(target: TARGET, parent: &self.span, "stream opened");
        self
    }

    pub(crate) fn tunnel(&self) -> Tunnel {
        let span = debug_span!(target: TARGET, parent: &self.span, "tunnel");
        debug!(target: TARGET, parent: &span, "tunnel opened");
        let mut tunnel = Tunnel::default();
        tunnel.span = span;
        tunnel
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.is_open {
            debug!(target: TARGET, parent: &self.span, "stream closed");
        }
    }
}

impl Default for Tunnel {
    fn default() -> Tunnel {
        Tunnel {
            span: Span::none(),
            stalled: None,
            stalls: 0,
            sent: Count::default(),
            received: Count::default(),
            failure: None,
        }
    }
}

impl Tunnel {
    /// So many bytes were accepted.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.sent.add(bytes);
        if let Some(since) = self.stalled.take() {
            let stalled_us = micros(since);
            debug!(target: TARGET, parent: &self.span, stalled_us, "tunnel resumed");
        }
    }

    /// A write has to wait, with so many bytes accepted that the socket has not taken.
    pub(crate) fn stalled(&mut self, held: impl FnOnce() -> usize) {
        if self.stalled.is_none() {
            self.stalled = Some(Instant::now());
            self.stalls += 1;
            debug!(target: TARGET, parent: &self.span, held = held(), "tunnel stalled");
        } else {
            trace!(target: TARGET, parent: &self.span, held = held(), "tunnel still stalled");
        }
    }

    /// No byte gets through any more. Called once at most.
    pub(crate) fn failed(&mut self, why: &impl std::fmt::Debug) {
        if !self.span.is_disabled() {
            self.failure = Some(format!("{why:?}"));
        }
    }

    /// The handle is gone, which has read so much.
    pub(crate) fn dropped(&mut self, received: Count) {
        self.received = received;
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        debug!(
            target: TARGET,
            parent: &self.span,
            sent = self.sent.0,
            received = self.received.0,
            stalls = self.stalls,
            stalled_us = self.stalled.map(micros),
            failure = self.failure.as_deref(),
            "tunnel closed"
        );
    }
}

impl Count {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.0 += bytes as u64;
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
