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

use std::marker::PhantomData;

use bytes::{Buf, Bytes, BytesMut};
use http::{response, HeaderMap};

use crate::body::length::{BodyLength, Content};
use crate::proto::h1::config::Config;
use crate::proto::h1::role::{Client, Role, Server};
use crate::Error;

pub(crate) struct Codec<R: Role> {
    config: Config,
    role: PhantomData<R>,
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

// ===== receiving =====

impl<R: Role> Codec<R> {
    pub(crate) fn new(config: Config) -> Codec<R> {
        Codec {
            config,
            role: PhantomData,
        }
    }

    /// Takes the next event from the front of `buf`.
    ///
    /// # Errors
    ///
    /// `Parse(..)` for a malformed or too large head, `UnexpectedMessage` for bytes that a client
    /// did not ask for. Nothing more is received after one. A server answers with
    /// [`send_rejection`](Codec::send_rejection) where that is due.
    pub(crate) fn receive(&mut self, buf: &mut BytesMut) -> Result<Event<R::Incoming>, Error> {
        let _ = buf;
        Ok(Event::NeedMore)
    }

    /// The transport has no more to read, and `buf` holds what `receive` left. Receiving is over
    /// afterwards.
    ///
    /// # Errors
    ///
    /// `IncompleteMessage` where a head was begun or is due: a server's request is being answered
    /// (`Held`), a client waits for a response or has not exchanged any message.
    pub(crate) fn receive_eof(&mut self, buf: &mut BytesMut) -> Result<Eof, Error> {
        let _ = buf;
        Ok(Eof::Clean)
    }

    pub(crate) fn receiving(&self) -> Receiving {
        Receiving::Closed
    }

    /// Octets of the body that are still to come, where that is known. A chunked body gives what
    /// is left of the present chunk at least, so `None`.
    pub(crate) fn remaining(&self) -> Option<u64> {
        None
    }

    /// Gives up on what is being received, and on keep-alive with it.
    pub(crate) fn stop_receiving(&mut self) {}

    /// Whether `buf` holds the beginning of a head: something but empty lines, before any head was
    /// complete.
    pub(crate) fn has_partial_head(&self, buf: &BytesMut) -> bool {
        !buf.is_empty()
    }
}

// ===== sending =====

impl<R: Role> Codec<R> {
    /// Writes `head` to the end of `dst`, with the framing fields that `content` asks for. What is
    /// due afterwards is said by [`sending`](Codec::sending): `Body`, or else the body is to be
    /// dropped without a poll.
    ///
    /// # Errors
    ///
    /// Nothing of the head is written then, and nothing more can be sent. `User(UnexpectedHeader)`
    /// where framing fields of a response contradict each other or its status;
    /// `User(UnsupportedStatusCode)` for a 1xx other than 101, in place of which a 500 is in `dst`.
    pub(crate) fn send_head(
        &mut self,
        head: R::Outgoing,
        content: Content,
        dst: &mut BytesMut,
    ) -> Result<(), Error> {
        let _ = (head, content, dst);
        Ok(())
    }

    /// Frames a piece of the body. What exceeds the declared length is cut off, and an empty piece
    /// is no bytes at all. The body may be complete afterwards, by its length: see
    /// [`sending`](Codec::sending).
    pub(crate) fn send_data<B: Buf>(&mut self, data: B) -> Encoded<B> {
        Encoded { data }
    }

    /// Frames the last piece of the body together with its end.
    ///
    /// # Errors
    ///
    /// As [`finish`](Codec::finish).
    pub(crate) fn send_last_data<B: Buf>(&mut self, data: B) -> Result<Encoded<B>, Error> {
        Ok(Encoded { data })
    }

    /// Ends the body with those of `trailers` that may be sent (RFC 9110, section 6.5.1), or without
    /// any.
    ///
    /// # Errors
    ///
    /// As [`finish`](Codec::finish).
    pub(crate) fn send_trailers(
        &mut self,
        trailers: HeaderMap,
        dst: &mut BytesMut,
    ) -> Result<(), Error> {
        let _ = (trailers, dst);
        Ok(())
    }

    /// Ends the body, and gives the bytes that say so.
    ///
    /// # Errors
    ///
    /// `User(BodyWriteAborted)` where the declared length was not reached. Nothing more can be sent,
    /// and the connection must be closed.
    pub(crate) fn finish(&mut self) -> Result<&'static [u8], Error> {
        Ok(b"")
    }

    /// Gives up on what is being sent: the peer must not take it for complete, so the connection
    /// closes.
    pub(crate) fn stop_sending(&mut self) {}

    pub(crate) fn sending(&self) -> Sending {
        Sending::Closed
    }
}

// ===== the connection =====

impl<R: Role> Codec<R> {
    /// Whether another exchange follows this one, as far as is known.
    pub(crate) fn keeps_alive(&self) -> bool {
        self.config.keep_alive
    }

    /// Makes this exchange the last one, or the next where there is none. A head that was not sent
    /// yet says so to the peer.
    pub(crate) fn disable_keep_alive(&mut self) {}

    /// Closes both halves, whatever is under way.
    pub(crate) fn close(&mut self) {}

    /// Between exchanges, open for the next.
    pub(crate) fn is_idle(&self) -> bool {
        false
    }

    /// Both halves are over for good. What is written is to be flushed and the transport to be
    /// shut down, unless [`is_switched`](Codec::is_switched).
    pub(crate) fn is_closed(&self) -> bool {
        true
    }

    /// A switch of protocols was agreed on in this exchange, and happens once both messages are
    /// complete.
    pub(crate) fn is_switching(&self) -> bool {
        false
    }

    /// HTTP is over on this connection, and whatever is read from here on, including what is in the
    /// read buffer, belongs to another protocol. Implies [`is_closed`](Codec::is_closed).
    pub(crate) fn is_switched(&self) -> bool {
        false
    }
}

impl Codec<Server> {
    /// Whether the client holds the body back until [`send_continue`](Codec::send_continue).
    pub(crate) fn expects_continue(&self) -> bool {
        false
    }

    /// Writes a `100 Continue`, once, if the client still waits for one.
    pub(crate) fn send_continue(&mut self, dst: &mut BytesMut) {
        let _ = dst;
    }

    /// Writes the response that an error of [`receive`](Codec::receive) is due: 400, 414 or 431, or
    /// nothing. The connection is closed for HTTP afterwards.
    pub(crate) fn send_rejection(&mut self, error: &Error, dst: &mut BytesMut) {
        let _ = (error, dst);
    }
}

impl Codec<Client> {}

/// A framed piece of a body: chunk line, data, CRLF, or what of it applies. As a [`Buf`] it can be
/// queued as it is, or copied.
#[derive(Debug)]
pub(crate) struct Encoded<B> {
    data: B,
}

impl<B: Buf> Buf for Encoded<B> {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.data.advance(count);
    }
}
