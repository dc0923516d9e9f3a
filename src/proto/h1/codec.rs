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

use bytes::{Buf, Bytes, BytesMut};
use http::{response, HeaderMap};

use crate::body::length::{BodyLength, Content};
use crate::error::kind::{Kind, Parse, User};
use crate::proto::h1::config::Config;
use crate::proto::h1::framing::decoder::Decoded;
use crate::proto::h1::framing::encoded::Encoded;
use crate::proto::h1::framing::encoder::{EarlyEnd, Encoder};
use crate::proto::h1::head::message::Parsed;
use crate::proto::h1::head::search::{Check, Found, HeadSearch};
use crate::proto::h1::role::binding::{FirstBytes, Role};
use crate::proto::h1::state::{First, KeepAlive, Reading, State, Writing};
use crate::Error;

pub(crate) struct Codec<R: Role> {
    config: Config,
    state: State,
    exchange: R::Exchange,
    search: HeadSearch,
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

// ===== receiving =====

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
            continue_due: false,
            has_received: false,
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
        match &mut self.state.reading {
            Reading::Idle if buf.is_empty() => Ok(Event::NeedMore),
            Reading::Idle => {
                self.state.close();
                Err(Error::new(Kind::UnexpectedMessage))
            }
            Reading::Head => match self.receive_head(buf) {
                Ok(Some(parsed)) => Ok(self.begin(parsed)),
                Ok(None) => Ok(Event::NeedMore),
                Err(parse) => {
                    self.state.close_reading();
                    Err(Error::new(Kind::Parse(parse)))
                }
            },
            Reading::Body(decoder) => {
                let decoded = decoder.decode(buf, &self.config.limits);
                Ok(self.decoded(decoded))
            }
            Reading::Done | Reading::Closed => Ok(Event::Held),
        }
    }

    fn receive_head(&mut self, buf: &mut BytesMut) -> Result<Option<Parsed<R::Incoming>>, Parse> {
        let limits = &self.config.limits;
        let skipped = self.search.skip_empty_lines(buf);
        match R::first_bytes(&buf[skipped..], &self.config, &self.exchange) {
            FirstBytes::Head => {}
            FirstBytes::NoHead => return R::headless(&mut self.exchange).map(Some),
            FirstBytes::Undecided if buf.len() >= limits.max_buffered => {
                return Err(Parse::TooLarge);
            }
            FirstBytes::Undecided => return Ok(None),
            FirstBytes::Refused(parse) => return Err(parse),
        }
        buf.advance(skipped);
        self.search.forget_skipped();

        let limit = limits
            .max_header_size
            .map_or(limits.max_buffered, |size| size.min(limits.max_buffered));
        match self.search.look(buf) {
            Found::End { at, lines } if at <= limit => {
                let head = buf.split_to(at).freeze();
                self.search = HeadSearch::new();
                R::parse(&head, lines, &self.config, &mut self.exchange).map(Some)
            }
            Found::End { lines, .. } => Err(self.too_large(&buf[..limit], lines)),
            Found::Open { lines, .. } if !buf.is_empty() && buf.len() >= limit => {
                Err(self.too_large(&buf[..limit], lines))
            }
            Found::Open {
                lines,
                check: Check::Due,
            } => R::check(buf, lines, &self.config).map(|()| None),
            Found::Open {
                check: Check::Later,
                ..
            } => Ok(None),
        }
    }

    /// An error within the limit comes before the limit, so that what is reported does not depend on
    /// how much was there at once.
    fn too_large(&self, begun: &[u8], lines: usize) -> Parse {
        R::check(begun, lines, &self.config)
            .err()
            .unwrap_or(Parse::TooLarge)
    }

    fn begin(&mut self, parsed: Parsed<R::Incoming>) -> Event<R::Incoming> {
        let incoming = match parsed {
            Parsed::Interim(head) => return Event::Informational(head),
            Parsed::Final(incoming) => incoming,
        };
        self.has_received = true;
        self.continue_due = incoming.expects_continue;
        self.state.restrict(incoming.keep_alive);
        self.state.head_received(incoming.body);
        Event::Head(Received {
            head: incoming.head,
            body: incoming.body,
            expects_continue: incoming.expects_continue,
            upgrade: incoming.upgrade,
        })
    }

    fn decoded(&mut self, decoded: std::io::Result<Decoded>) -> Event<R::Incoming> {
        match decoded {
            Ok(Decoded::NeedMore) => return Event::NeedMore,
            // A peer that sends its body waits for nothing any more.
            _ => self.continue_due = false,
        }
        match decoded {
            Ok(Decoded::NeedMore) => Event::NeedMore,
            Ok(Decoded::Data(data)) => Event::Data(data),
            Ok(Decoded::Trailers(fields)) => Event::Trailers(fields),
            Ok(Decoded::End) => {
                self.state.read();
                Event::End
            }
            Err(error) => {
                self.state.close_reading();
                Event::BodyFailed(Error::new(Kind::Body).with(error))
            }
        }
    }

    /// The transport has no more to read, and `buf` holds what `receive` left. Receiving is over
    /// afterwards.
    ///
    /// # Errors
    ///
    /// `IncompleteMessage` where a head was begun or is due: a server's request is being answered
    /// (`Held`), a client waits for a response or has not exchanged any message. `Parse(..)` where the
    /// head that was begun is malformed.
    pub(crate) fn receive_eof(&mut self, buf: &mut BytesMut) -> Result<Eof, Error> {
        match &self.state.reading {
            Reading::Body(decoder) => match decoder.end() {
                Ok(()) => {
                    self.state.read();
                    Ok(Eof::BodyEnd)
                }
                Err(error) => {
                    self.state.close_reading();
                    Ok(Eof::BodyFailed(Error::new(Kind::Body).with(error)))
                }
            },
            Reading::Head => {
                let begun = self.unfinished_head(buf);
                self.state.close_reading();
                begun
            }
            Reading::Idle if !self.has_received => {
                self.state.close();
                Err(Error::new(Kind::IncompleteMessage))
            }
            Reading::Done if R::FIRST == First::Receive => {
                self.state.close();
                Err(Error::new(Kind::IncompleteMessage))
            }
            Reading::Idle | Reading::Done => {
                self.state.close();
                Ok(Eof::Clean)
            }
            Reading::Closed => Ok(Eof::Clean),
        }
    }

    fn unfinished_head(&mut self, buf: &[u8]) -> Result<Eof, Error> {
        if self.has_partial_head(buf) {
            if let Found::Open { lines, .. } = self.search.look(buf) {
                R::check(buf, lines, &self.config)
                    .map_err(|parse| Error::new(Kind::Parse(parse)))?;
            }
        } else if R::FIRST == First::Receive {
            return Ok(Eof::Clean);
        }
        Err(Error::new(Kind::IncompleteMessage))
    }

    pub(crate) fn receiving(&self) -> Receiving {
        match self.state.reading {
            Reading::Idle => Receiving::Idle,
            Reading::Head => Receiving::Head,
            Reading::Body(_) => Receiving::Body,
            Reading::Done => Receiving::Held,
            Reading::Closed => Receiving::Closed,
        }
    }

    /// Octets of the body that are still to come, where that is known: not for one that is chunked or
    /// lasts until the connection is closed.
    pub(crate) fn remaining(&self) -> Option<u64> {
        match &self.state.reading {
            Reading::Body(decoder) => decoder.remaining(),
            _ => None,
        }
    }

    /// Gives up on what is being received, and on keep-alive with it.
    pub(crate) fn stop_receiving(&mut self) {
        self.continue_due = false;
        match self.state.reading {
            Reading::Done | Reading::Closed => self.state.disable_keep_alive(),
            Reading::Idle | Reading::Head | Reading::Body(_) => self.state.close_reading(),
        }
    }

    /// Whether `buf` holds the beginning of a head: something but empty lines, before any head was
    /// complete.
    pub(crate) fn has_partial_head(&self, buf: &[u8]) -> bool {
        matches!(self.state.reading, Reading::Head)
            && buf.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
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
        let keep_alive = self.state.keep_alive();
        let encoded = R::encode(
            &head,
            content,
            &mut self.exchange,
            keep_alive,
            &self.config,
            dst,
        );
        match encoded {
            Ok(outgoing) => {
                self.continue_due = false;
                self.state.restrict(outgoing.keep_alive);
                self.state.head_sent(outgoing.body);
                Ok(())
            }
            Err(user) => {
                self.state.close();
                Err(Error::new(Kind::User(user)))
            }
        }
    }

    /// Frames a piece of the body. What exceeds the declared length is cut off, and an empty piece
    /// is no bytes at all. The body may be complete afterwards, by its length: see
    /// [`sending`](Codec::sending).
    pub(crate) fn send_data<B: Buf>(&mut self, data: B) -> Encoded<B> {
        let Writing::Body(encoder) = &mut self.state.writing else {
            return Encoded::without_data(data, b"");
        };
        let encoded = encoder.data(data);
        if encoder.is_complete() {
            self.state.written();
        }
        encoded
    }

    /// Frames the last piece of the body together with its end. Where the declared length is not
    /// reached, the end is still due, and [`finish`](Codec::finish) has the error.
    pub(crate) fn send_last_data<B: Buf>(&mut self, data: B) -> Encoded<B> {
        let Writing::Body(encoder) = &mut self.state.writing else {
            return Encoded::without_data(data, b"");
        };
        let encoded = encoder.last_data(data);
        if encoder.end().is_ok() {
            self.state.written();
        }
        encoded
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
        let title_case = self.config.case.title;
        self.end_body(|encoder| encoder.end_with(&trailers, title_case, dst))
            .unwrap_or(Ok(()))
    }

    /// Ends the body, and gives the bytes that say so.
    ///
    /// # Errors
    ///
    /// `User(BodyWriteAborted)` where the declared length was not reached. Nothing more can be sent,
    /// and the connection must be closed.
    pub(crate) fn finish(&mut self) -> Result<&'static [u8], Error> {
        self.end_body(|encoder| encoder.end()).unwrap_or(Ok(b""))
    }

    /// `None` where no body is due.
    fn end_body<T>(
        &mut self,
        end: impl FnOnce(&Encoder) -> Result<T, EarlyEnd>,
    ) -> Option<Result<T, Error>> {
        let Writing::Body(encoder) = &self.state.writing else {
            return None;
        };
        Some(match end(encoder) {
            Ok(written) => {
                self.state.written();
                Ok(written)
            }
            Err(early) => {
                self.state.close_writing();
                Err(Error::new(Kind::User(User::BodyWriteAborted)).with(early))
            }
        })
    }

    /// Gives up on what is being sent: the peer must not take it for complete, so the connection
    /// closes.
    pub(crate) fn stop_sending(&mut self) {
        match self.state.writing {
            Writing::Done | Writing::Closed => self.state.disable_keep_alive(),
            Writing::Idle | Writing::Head | Writing::Body(_) => self.state.close_writing(),
        }
    }

    pub(crate) fn sending(&self) -> Sending {
        match self.state.writing {
            Writing::Idle => Sending::Idle,
            Writing::Head => Sending::Head,
            Writing::Body(_) => Sending::Body,
            Writing::Done => Sending::Held,
            Writing::Closed => Sending::Closed,
        }
    }
}

// ===== the connection =====

impl<R: Role> Codec<R> {
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

#[cfg(feature = "server")]
mod server_side;

#[cfg(test)]
mod tests;
