//! A codec on a transport.
//!
//! Invariants:
//! - Reading is one loop: receive; where more is needed, fill.
//! - The transport is not read while the codec has no use for it, and never again once it has ended or failed.

use std::io;
use std::task::{ready, Context, Poll};

use bytes::{Buf, Bytes};
use http::HeaderMap;

use crate::body::length::Content;
use crate::error::kind::Kind;
use crate::error::{Error, Result};
use crate::proto::h1::codec::{Codec, Eof, Event, Receiving, Sending};
use crate::proto::h1::config::Config;
use crate::proto::h1::framing::encoded::Encoded;
use crate::proto::h1::io::transport::{Transport, TransportOptions};
use crate::proto::h1::role::Role;
#[cfg(feature = "server")]
use crate::proto::h1::role::Server;
use crate::rt::{Read, Write};

pub(crate) struct Conn<T, R: Role> {
    codec: Codec<R>,
    transport: Transport<T>,
    input: Input,
}

/// What is known about the transport's reading direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    /// It has ended or failed, and the codec has been told.
    Over,
}

impl<T, R: Role> Conn<T, R> {
    pub(crate) fn codec(&mut self) -> &mut Codec<R> {
        &mut self.codec
    }

    pub(crate) fn receiving(&self) -> Receiving {
        self.codec.receiving()
    }

    pub(crate) fn sending(&self) -> Sending {
        self.codec.sending()
    }

    /// The transport, and what was received and belongs to no message of HTTP's.
    pub(crate) fn into_parts(self) -> (T, Bytes) {
        self.transport.into_parts()
    }

    // ===== receiving =====

    /// The next event, if it is in what was received already: a read is never made for it.
    pub(crate) fn receive_buffered(&mut self) -> Result<Event<R::Incoming>> {
        self.codec.receive(self.transport.received())
    }

    /// Whether what was received ends within a head.
    pub(crate) fn has_partial_head(&mut self) -> bool {
        self.codec.has_partial_head(self.transport.received())
    }

    /// Whether bytes that belong to a later message were received.
    pub(crate) fn has_unparsed(&self) -> bool {
        !self.transport.is_drained()
    }

    // ===== sending =====

    /// See [`Codec::send_head`].
    pub(crate) fn send_head(&mut self, head: R::Outgoing, content: Content) -> Result<()> {
        let text = self.transport.outgoing().text();
        self.codec.send_head(head, content, text)
    }

    pub(crate) fn send_data(&mut self, data: impl Buf) {
        let encoded = self.codec.send_data(data);
        self.push(encoded);
    }

    /// Sends the last piece of the body, and its end.
    pub(crate) fn send_last_data(&mut self, data: impl Buf) -> Result<()> {
        let encoded = self.codec.send_last_data(data);
        self.push(encoded);
        self.finish()
    }

    /// The data stays whole, so that it need not be copied.
    fn push(&mut self, encoded: Encoded<impl Buf>) {
        let (line, data, tail) = encoded.into_parts();
        let outgoing = self.transport.outgoing();
        outgoing.text().extend_from_slice(line.as_ref());
        outgoing.push(data);
        outgoing.text().extend_from_slice(tail);
    }

    pub(crate) fn send_trailers(&mut self, trailers: HeaderMap) -> Result<()> {
        let text = self.transport.outgoing().text();
        self.codec.send_trailers(trailers, text)
    }

    /// Ends the body, unless it has ended.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let end = self.codec.finish()?;
        self.transport.outgoing().text().extend_from_slice(end);
        Ok(())
    }

    /// Whether more of a body may be sent. A [`poll_flush`](Self::poll_flush) makes room.
    pub(crate) fn has_room(&self) -> bool {
        self.transport.has_room()
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_written(&self) -> bool {
        self.transport.is_written()
    }

    /// Gives back memory that an exchange needed and an idle connection does not.
    pub(crate) fn rest(&mut self) {
        self.transport.outgoing().rest();
    }
}

impl<T: Read + Write + Unpin, R: Role> Conn<T, R> {
    pub(crate) fn new(io: T, config: Config, options: &TransportOptions) -> Conn<T, R> {
        Conn {
            codec: Codec::new(config),
            transport: Transport::new(io, options),
            input: Input::Open,
        }
    }

    /// Ready with the next event, which is never [`Event::NeedMore`], or with [`Event::Held`] where there is nothing to
    /// receive. The end of the transport is the event that it means, or `Held` where it means none.
    ///
    /// Wakes when the transport has bytes, or its end.
    ///
    /// # Errors
    ///
    /// Those of the codec, and `Io` for a transport that fails between bodies.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event<R::Incoming>>> {
        loop {
            match self.receive_buffered() {
                Ok(Event::NeedMore) => {}
                outcome => return Poll::Ready(outcome),
            }
            if self.input == Input::Over {
                // The codec was told, and yet it waits: there is nothing more to come.
                self.codec.stop_receiving();
                return Poll::Ready(Ok(Event::Held));
            }
            match ready!(self.transport.poll_fill(cx)) {
                Ok(0) => return Poll::Ready(self.end_of_input()),
                Ok(_) => {}
                Err(err) => return Poll::Ready(self.input_failed(err)),
            }
        }
    }

    /// Whether the transport has ended or failed, and all that this means was told.
    #[cfg(feature = "client")]
    pub(crate) fn input_is_over(&self) -> bool {
        self.input == Input::Over
    }

    /// Reads ahead of what the codec has use for, to notice that the peer is gone. Ready once the transport has ended
    /// or failed, with what that means; wakes for that.
    ///
    /// What it reads is kept, and only one read's worth: with bytes in hand it is pending, without any wake-up.
    pub(crate) fn poll_end_of_input(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Event<R::Incoming>>> {
        if self.has_unparsed() || self.input == Input::Over {
            return Poll::Pending;
        }
        match ready!(self.transport.poll_fill(cx)) {
            Ok(0) => Poll::Ready(self.end_of_input()),
            Ok(_) => Poll::Pending,
            Err(err) => Poll::Ready(self.input_failed(err)),
        }
    }

    /// Takes what the peer has sent and nobody will look at, without waiting for more, before the transport is dropped.
    ///
    /// Many systems answer a close with unread bytes by a reset, and a reset can overtake what the peer has not read yet,
    /// the last response for instance (RFC 9112, section 9.6). No more is taken than could have been buffered.
    #[cfg(feature = "server")]
    pub(crate) fn discard_input(&mut self, cx: &mut Context<'_>) {
        let mut left = self.transport.room();
        while self.input == Input::Open && left > 0 {
            self.transport.received().clear();
            match self.transport.poll_fill(cx) {
                Poll::Ready(Ok(count)) if count > 0 => left = left.saturating_sub(count),
                _ => return,
            }
        }
    }

    fn end_of_input(&mut self) -> Result<Event<R::Incoming>> {
        self.input = Input::Over;
        self.codec
            .receive_eof(self.transport.received())
            .map(|eof| match eof {
                Eof::Clean => Event::Held,
                Eof::BodyEnd => Event::End,
                Eof::BodyFailed(error) => Event::BodyFailed(error),
            })
    }

    fn input_failed(&mut self, err: io::Error) -> Result<Event<R::Incoming>> {
        self.input = Input::Over;
        if self.codec.receiving() == Receiving::Body {
            self.codec.stop_receiving();
            return Ok(Event::BodyFailed(Error::new(Kind::Body).with(err)));
        }
        Err(Error::new(Kind::Io).with(err))
    }

    /// Ready once everything that was sent has left. Wakes as the transport takes more.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.transport
            .poll_flush(cx)
            .map_err(|err| Error::new(Kind::BodyWrite).with(err))
    }

    /// Flushes, then ends the transport's writing direction.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.transport
            .poll_shutdown(cx)
            .map_err(|err| Error::new(Kind::Shutdown).with(err))
    }
}

#[cfg(feature = "server")]
impl<T> Conn<T, Server> {
    pub(crate) fn send_continue(&mut self) {
        let text = self.transport.outgoing().text();
        self.codec.send_continue(text);
    }

    /// See [`Codec::send_rejection`].
    pub(crate) fn send_rejection(&mut self, error: &Error) {
        let text = self.transport.outgoing().text();
        self.codec.send_rejection(error, text);
    }
}

#[cfg(all(test, feature = "server"))]
mod tests;
