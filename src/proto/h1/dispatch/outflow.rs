//! The body that is being sent.
//!
//! Invariants:
//! - The body is polled only while the connection has room for what it may give, and never again after its end.
//! - A body is dropped as soon as it is over, or is not needed: it may hold things that others wait for.

use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame};

use crate::error::kind::{Kind, User};
use crate::error::{BoxError, Error, Result};
use crate::proto::h1::codec::Sending;
use crate::proto::h1::conn::Conn;
use crate::proto::h1::role::Role;

/// How many frames are taken before something else gets its turn: a body may have any number at once, and they may be
/// empty.
const FRAMES_AT_ONCE: usize = 64;

pub(crate) struct Outflow<B> {
    /// Pinned on the heap, so that a connection may be moved whatever its bodies are.
    body: Pin<Box<Option<B>>>,
}

impl<B> Outflow<B> {
    pub(crate) fn new() -> Outflow<B> {
        Outflow {
            body: Box::pin(None),
        }
    }

    pub(crate) fn begin(&mut self, body: B) {
        self.body.set(Some(body));
    }

    pub(crate) fn clear(&mut self) {
        self.body.set(None);
    }
}

impl<B> Outflow<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    /// Moves frames from the body to the connection. Ready when there were some, or the end; pending while the body has
    /// none, which it wakes for, or while the connection has no room, which a flush makes.
    ///
    /// # Errors
    ///
    /// `User(Body)` where the body fails, `User(BodyWriteAborted)` where it is too short. The message on the wire is
    /// incomplete then, and shows it.
    pub(crate) fn poll<T, R: Role>(
        &mut self,
        conn: &mut Conn<T, R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        for taken in 0..FRAMES_AT_ONCE {
            if conn.sending() != Sending::Body {
                self.clear();
                break;
            }
            let frame = if conn.has_room() {
                self.poll_frame(cx)
            } else {
                Poll::Pending
            };
            match frame {
                Poll::Ready(frame) => {
                    let sent = self.send(conn, frame);
                    if sent.is_err() {
                        self.clear();
                    }
                    sent?;
                }
                Poll::Pending if taken > 0 => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>>>> {
        let Some(body) = self.body.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        Poll::Ready(match ready!(body.poll_frame(cx)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(err)) => Some(Err(Error::new(Kind::User(User::Body)).with(err))),
            None => None,
        })
    }

    fn send<T, R: Role>(
        &mut self,
        conn: &mut Conn<T, R>,
        frame: Option<Result<Frame<B::Data>>>,
    ) -> Result<()> {
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(err)) => {
                conn.codec().stop_sending();
                return Err(err);
            }
            None => return conn.finish(),
        };
        match frame.into_data().map_err(Frame::into_trailers) {
            Ok(data) if self.is_over() => conn.send_last_data(data),
            Ok(data) => {
                if data.has_remaining() {
                    conn.send_data(data);
                }
                Ok(())
            }
            Err(Ok(trailers)) => conn.send_trailers(trailers),
            // A kind of frame that HTTP/1 has no room for.
            Err(Err(_)) => Ok(()),
        }
    }

    fn is_over(&self) -> bool {
        self.body
            .as_ref()
            .as_pin_ref()
            .is_some_and(|body| body.is_end_stream())
    }
}
