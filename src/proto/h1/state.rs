//! Where the two halves of an exchange stand.
//!
//! ```text
//!            server                                client
//! reading    Head -> Body -> Done                  Idle -> Head -> Body -> Done
//! writing    Idle -> Head -> Body -> Done          Head -> Body -> Done
//! ```
//!
//! A message without a body skips `Body`. Once both halves are `Done`, `KeepAlive` says what follows:
//! `Yes` the next exchange, `No` and `Switch` the end of HTTP on this connection. A half is `Closed`
//! before that where its message cannot be completed.
//!
//! Invariants:
//! - An exchange ends as a whole: neither half begins the next one alone.
//! - `KeepAlive` never goes back to `Yes`, and to `Switch` only while nothing has failed.

use crate::body::length::BodyLength;
use crate::proto::h1::framing::decoder::Decoder;
use crate::proto::h1::framing::encoder::Encoder;

#[derive(Debug)]
pub(crate) enum Reading {
    /// A client has not sent a request.
    Idle,
    Head,
    Body(Decoder),
    Done,
    Closed,
}

#[derive(Debug)]
pub(crate) enum Writing {
    /// A server has not received a request.
    Idle,
    Head,
    Body(Encoder),
    Done,
    Closed,
}

/// What follows the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepAlive {
    Yes,
    No,
    /// Another protocol.
    Switch,
}

/// Which half of an exchange comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Receive,
    Send,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) reading: Reading,
    pub(crate) writing: Writing,
    keep_alive: KeepAlive,
    first: First,
}

impl State {
    pub(crate) fn new(first: First, keep_alive: KeepAlive) -> State {
        let (reading, writing) = between_exchanges(first);
        State {
            reading,
            writing,
            keep_alive,
            first,
        }
    }

    pub(crate) fn keep_alive(&self) -> KeepAlive {
        self.keep_alive
    }

    /// Takes over what one message says about the connection.
    pub(crate) fn restrict(&mut self, keep_alive: KeepAlive) {
        match keep_alive {
            KeepAlive::Yes => {}
            KeepAlive::No => self.disable_keep_alive(),
            KeepAlive::Switch => self.keep_alive = KeepAlive::Switch,
        }
    }

    /// A switch that was agreed on stays agreed on.
    pub(crate) fn disable_keep_alive(&mut self) {
        if self.keep_alive == KeepAlive::Yes {
            self.keep_alive = KeepAlive::No;
        }
    }

    /// The message that is received cannot be completed.
    pub(crate) fn close_reading(&mut self) {
        self.reading = Reading::Closed;
        self.keep_alive = KeepAlive::No;
        self.settle();
    }

    /// The message that is sent cannot be completed.
    pub(crate) fn close_writing(&mut self) {
        self.writing = Writing::Closed;
        self.keep_alive = KeepAlive::No;
        self.settle();
    }

    /// Ends both halves, unless they have ended.
    pub(crate) fn close(&mut self) {
        if !self.is_closed() {
            self.reading = Reading::Closed;
            self.writing = Writing::Closed;
            self.keep_alive = KeepAlive::No;
        }
    }

    /// A head was received, and a body like that follows.
    pub(crate) fn head_received(&mut self, body: BodyLength) {
        if self.first == First::Receive {
            self.writing = Writing::Head;
        }
        if body.is_empty() {
            self.read();
        } else {
            self.reading = Reading::Body(Decoder::new(body));
        }
    }

    /// A head was sent, and a body follows where there is an encoder for it.
    pub(crate) fn head_sent(&mut self, body: Option<Encoder>) {
        if self.first == First::Send {
            self.reading = Reading::Head;
        }
        match body {
            Some(encoder) => self.writing = Writing::Body(encoder),
            None => self.written(),
        }
    }

    /// The message that is received is complete.
    pub(crate) fn read(&mut self) {
        self.reading = Reading::Done;
        self.settle();
    }

    /// The message that is sent is complete.
    pub(crate) fn written(&mut self) {
        self.writing = Writing::Done;
        self.settle();
    }

    /// Moves on where both halves allow it.
    fn settle(&mut self) {
        match (&self.reading, &self.writing) {
            (Reading::Done, Writing::Done) if self.keep_alive == KeepAlive::Yes => {
                (self.reading, self.writing) = between_exchanges(self.first);
            }
            (Reading::Done, Writing::Done) => {
                self.reading = Reading::Closed;
                self.writing = Writing::Closed;
            }
            _ if self.is_given_up() => self.close(),
            _ => {}
        }
    }

    /// Whether one half was given up and the other one has nothing left to be completed for.
    fn is_given_up(&self) -> bool {
        match (&self.reading, &self.writing) {
            (Reading::Closed, Writing::Idle | Writing::Done)
            | (Reading::Idle | Reading::Done, Writing::Closed) => true,
            // Nobody could read the response.
            (Reading::Closed, Writing::Head | Writing::Body(_)) => self.first == First::Send,
            // The response to a request that was cut short may still say why.
            (Reading::Head | Reading::Body(_), Writing::Closed) => self.first == First::Receive,
            _ => false,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        match self.first {
            First::Receive => {
                matches!(
                    (&self.reading, &self.writing),
                    (Reading::Head, Writing::Idle)
                )
            }
            First::Send => {
                matches!(
                    (&self.reading, &self.writing),
                    (Reading::Idle, Writing::Head)
                )
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(
            (&self.reading, &self.writing),
            (Reading::Closed, Writing::Closed)
        )
    }

    pub(crate) fn is_switched(&self) -> bool {
        self.is_closed() && self.keep_alive == KeepAlive::Switch
    }
}

fn between_exchanges(first: First) -> (Reading, Writing) {
    match first {
        First::Receive => (Reading::Head, Writing::Idle),
        First::Send => (Reading::Idle, Writing::Head),
    }
}

#[cfg(test)]
mod tests;
