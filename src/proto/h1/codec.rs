//! HTTP/1 without a connection: bytes in, events out, and the other way round.
//!
//! A [`Codec`] is fed with what was read, asked for what to write, and always knows what may happen
//! next. Nothing here waits: where more input is needed, it says [`Event::NeedMore`].
//!
//! Invariants:
//! - Bytes stay in the caller's buffer until an event takes them. What a codec leaves there
//!   belongs to the next message, or to the protocol that a connection switched to.
//! - The events do not depend on how the input was cut into pieces, the sizes of [`Event::Data`]
//!   apart, and the work is linear in the number of bytes.
//! - Both halves of an exchange end before the next one begins.

use bytes::Bytes;
use http::{response, HeaderMap};

use crate::body::length::BodyLength;
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::LineAt;
use crate::proto::h1::head::search::HeadSearch;
use crate::proto::h1::role::binding::Role;
use crate::proto::h1::state::{KeepAlive, State};
use crate::Error;

pub(crate) struct Codec<R: Role> {
    config: Config,
    state: State,
    exchange: R::Exchange,
    search: HeadSearch,
    /// Where the fields of the head under way stand. Kept, so that it is allocated once.
    fields: Vec<LineAt>,
    /// The peer waits for a 100 before it sends the body.
    continue_due: bool,
    /// A message was received before.
    has_received: bool,
}

/// What [`Codec::receive`] found.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is alive at a time, on the stack"
)]
pub(crate) enum Event<H> {
    /// The head of a message. Unless its body is empty, `Data`, `Trailers` and `End` follow.
    Head(Received<H>),
    /// Clients: an interim response (1xx, not 101); the final one is still to come.
    Informational(response::Parts),
    /// A piece of the body, never empty.
    Data(Bytes),
    /// The trailer section of a chunked body, where it has fields. `End` follows.
    Trailers(HeaderMap),
    /// The body is complete. Not reported where [`Received::body`] is empty.
    End,
    /// The body is malformed: for whoever reads it. No more is received on this connection, but
    /// what is being sent may be completed.
    BodyFailed(Error),
    /// The buffer holds no event; read more.
    NeedMore,
    /// Nothing is to be received at present, whatever the buffer holds: see
    /// [`Codec::receiving`].
    Held,
}

/// The head of a message, and what it means for the connection.
#[derive(Debug)]
pub(crate) struct Received<H> {
    pub(crate) head: H,
    pub(crate) body: BodyLength,
    /// Servers: the body waits for [`Codec::send_continue`] (RFC 9110, section 10.1.1).
    pub(crate) expects_continue: bool,
    /// Servers: the request can be answered with a switch of protocols, by 101 or by a success to
    /// CONNECT. Clients: the response is such an answer; see [`Codec::is_switched`].
    pub(crate) upgrade: bool,
}

/// What the end of the input means.
#[derive(Debug)]
pub(crate) enum Eof {
    /// No message was begun: the connection is over.
    Clean,
    /// This was the end of a body that lasts until the connection is closed.
    BodyEnd,
    /// A body was cut short: for whoever reads it. A server may complete its response.
    BodyFailed(Error),
}

/// What may be received now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiving {
    /// Clients: nothing, no request was sent. A byte is an error, the end is not.
    Idle,
    /// A head.
    Head,
    /// The rest of a body.
    Body,
    /// Nothing until the other half of the exchange is complete.
    Held,
    /// Nothing any more.
    Closed,
}

/// What may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Servers: nothing, there is no request to answer.
    Idle,
    /// A head.
    Head,
    /// The rest of a body.
    Body,
    /// Nothing until the other half of the exchange is complete.
    Held,
    /// Nothing any more.
    Closed,
}

impl<R: Role> Codec<R> {
    pub(crate) fn new(config: Config) -> Codec<R> {
        let keep_alive = if config.keep_alive {
            KeepAlive::Yes
        } else {
            KeepAlive::No
        };
        Codec {
            config,
            state: State::new(R::FIRST, keep_alive),
            exchange: R::Exchange::default(),
            search: HeadSearch::new(),
            fields: Vec::new(),
            continue_due: false,
            has_received: false,
        }
    }

    /// Whether another exchange follows this one, as far as is known.
    pub(crate) fn keeps_alive(&self) -> bool {
        self.state.keep_alive() == KeepAlive::Yes
    }

    /// Makes this exchange the last one, or the next where there is none. A head that was not sent
    /// yet says so to the peer.
    pub(crate) fn disable_keep_alive(&mut self) {
        self.state.disable_keep_alive();
    }

    /// Closes both halves, whatever is under way.
    pub(crate) fn close(&mut self) {
        self.state.close();
    }

    /// Between exchanges, open for the next.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.is_idle()
    }

    /// Both halves are over for good. What is written is to be flushed and the transport to be
    /// shut down, unless [`is_switched`](Codec::is_switched).
    pub(crate) fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// A switch of protocols was agreed on in this exchange, and happens once both messages are
    /// complete.
    pub(crate) fn is_switching(&self) -> bool {
        self.state.keep_alive() == KeepAlive::Switch
    }

    /// HTTP is over on this connection, and whatever is read from here on, including what is in the
    /// read buffer, belongs to another protocol. Implies [`is_closed`](Codec::is_closed).
    pub(crate) fn is_switched(&self) -> bool {
        self.state.is_switched()
    }
}

mod receiving;
mod sending;
#[cfg(feature = "server")]
mod server_side;

#[cfg(test)]
mod tests;
