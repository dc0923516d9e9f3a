//! Messages in, bytes out.

use bytes::{Buf, BytesMut};
use http::HeaderMap;

use crate::body::length::Content;
use crate::error::kind::{Kind, User};
use crate::proto::h1::codec::{Codec, Sending};
use crate::proto::h1::framing::encoded::Encoded;
use crate::proto::h1::framing::encoder::{Encoder, NotEof};
use crate::proto::h1::role::binding::Role;
use crate::proto::h1::state::Writing;
use crate::Error;

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
        end: impl FnOnce(&Encoder) -> Result<T, NotEof>,
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
