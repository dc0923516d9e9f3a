//! Bytes in, events out.

use std::mem;

use bytes::{Buf, BytesMut};

use crate::error::kind::{Kind, Parse};
use crate::proto::h1::codec::{Codec, Eof, Event, Received, Receiving};
use crate::proto::h1::config::DEFAULT_MAX_HEADERS;
use crate::proto::h1::framing::decoder::Decoded;
use crate::proto::h1::head::message::{Located, Parsed};
use crate::proto::h1::head::search::{Check, Found, HeadSearch};
use crate::proto::h1::role::binding::{FirstBytes, Role};
use crate::proto::h1::state::{First, Reading};
use crate::Error;

/// More lines than most heads have, and as many as there is room for without an allocation.
const USUAL_LINES: usize = DEFAULT_MAX_HEADERS;

impl<R: Role> Codec<R> {
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
        if buf.is_empty() {
            return Ok(None);
        }

        let limit = limits
            .max_header_size
            .map_or(limits.max_buffered, |size| size.min(limits.max_buffered));
        if self.search.is_untouched() {
            // Most heads are there at once, and then there is no need to look for their end first.
            match R::locate(buf, USUAL_LINES, &self.config, &mut self.fields) {
                Ok(Some(located)) if located.length <= limit => {
                    return self.understand(located, buf).map(Some);
                }
                Ok(None) => self.search.was_checked(buf.len()),
                // What is wrong, or how much of it, is found out below.
                Ok(Some(_)) | Err(_) => {}
            }
        }
        match self.search.look(buf) {
            // A lone CR may become an empty line, if there is room for its LF.
            Found::Nothing if buf.len() >= limits.max_buffered => Err(Parse::TooLarge),
            Found::Nothing => Ok(None),
            Found::End { at, lines } if at <= limit => {
                match R::locate(&buf[..at], lines, &self.config, &mut self.fields)? {
                    Some(located) => self.understand(located, buf).map(Some),
                    None => Err(Parse::Internal),
                }
            }
            Found::End { lines, .. } => Err(self.too_large(&buf[..limit], lines)),
            Found::Open { lines, .. } if buf.len() >= limit => {
                Err(self.too_large(&buf[..limit], lines))
            }
            Found::Open {
                lines,
                check: Check::Due,
            } => self.check(buf, lines).map(|()| None),
            Found::Open {
                check: Check::Later,
                ..
            } => Ok(None),
        }
    }

    fn understand(
        &mut self,
        located: Located<R::FirstLine>,
        buf: &mut BytesMut,
    ) -> Result<Parsed<R::Incoming>, Parse> {
        self.search = HeadSearch::new();
        let head = buf.split_to(located.length).freeze();
        let understood = R::understand(
            &head,
            located.first_line,
            &self.fields,
            &self.config,
            &mut self.exchange,
        );
        if self.fields.capacity() > USUAL_LINES {
            self.fields = Vec::new();
        }
        if understood.is_err() {
            // Whoever takes the connection apart may know what it is.
            let rest = mem::replace(buf, BytesMut::from(&head[..]));
            buf.unsplit(rest);
        }
        understood
    }

    /// Whether the beginning of a head, in which there are `lines` line feeds, has an error.
    fn check(&mut self, begun: &[u8], lines: usize) -> Result<(), Parse> {
        R::locate(begun, lines, &self.config, &mut self.fields).map(drop)
    }

    /// An error within the limit comes before the limit, so that what is reported does not depend on
    /// how much was there at once.
    fn too_large(&mut self, begun: &[u8], lines: usize) -> Parse {
        self.check(begun, lines).err().unwrap_or(Parse::TooLarge)
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
        self.search.skip_empty_lines(buf);
        match self.search.look(buf) {
            Found::Nothing if R::FIRST == First::Receive => Ok(Eof::Clean),
            Found::Nothing => Err(Error::new(Kind::IncompleteMessage)),
            Found::Open { lines, .. } | Found::End { lines, .. } => {
                let kind = match self.check(buf, lines) {
                    Ok(()) => Kind::IncompleteMessage,
                    Err(parse) => Kind::Parse(parse),
                };
                Err(Error::new(kind))
            }
        }
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
