//! Where the body that is being received goes.
//!
//! Invariants:
//! - The transport is read for a body only while its reader has room, so a slow reader stops the socket.
//! - A body that nobody reads any more is read on for as long as that is cheap, so that the connection can be used
//!   again; never beyond the bound.

use std::task::{ready, Context, Poll};

use bytes::Bytes;

use crate::body::channel::{self, ReaderGone, Sender, Start};
use crate::body::length::BodyLength;
use crate::body::Incoming;
use crate::error::kind::Kind;
use crate::error::{Error, Result};
use crate::proto::h1::codec::{Event, Receiving};
use crate::proto::h1::conn::Conn;
use crate::proto::h1::role::Role;
use crate::rt::{Read, Write};

/// How much of a body that nobody reads is worth a connection, in bytes.
pub(crate) const MAX_UNREAD: u64 = 256 * 1024;

pub(crate) struct Intake {
    state: State,
    unread: Unread,
}

/// What is done about the rest of a body whose reader is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is read and thrown away, if it is at most [`MAX_UNREAD`] bytes.
    #[cfg_attr(
        not(feature = "server"),
        allow(dead_code, reason = "what a server does")
    )]
    ReadOn,
    /// So is what has arrived already, but nothing is waited for.
    #[cfg_attr(
        not(feature = "client"),
        allow(dead_code, reason = "what a client does")
    )]
    TakeWhatIsThere,
}

enum State {
    Nothing,
    Reader(Sender),
    Unread {
        /// How many more bytes may be thrown away.
        left: u64,
    },
}

impl Intake {
    pub(crate) fn new(unread: Unread) -> Intake {
        Intake {
            state: State::Nothing,
            unread,
        }
    }

    /// The body of a message whose head was just received.
    pub(crate) fn begin(&mut self, length: BodyLength, start: Start) -> Incoming {
        if length.is_empty() {
            return Incoming::empty();
        }
        let (sender, receiver) = channel::channel(length, start);
        self.state = State::Reader(sender);
        Incoming::h1(receiver)
    }

    /// Ready when the reader has room for data, or is gone. Wakes for either.
    pub(crate) fn poll_reader(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), ReaderGone>> {
        match &mut self.state {
            State::Reader(sender) => sender.poll_ready(cx),
            State::Nothing | State::Unread { .. } => Poll::Ready(Err(ReaderGone)),
        }
    }

    /// Whether the rest of a body is being thrown away.
    pub(crate) fn is_draining(&self) -> bool {
        matches!(self.state, State::Unread { .. })
    }

    /// Tells the reader that the connection has failed.
    pub(crate) fn fail(&mut self) {
        if let State::Reader(sender) = std::mem::replace(&mut self.state, State::Nothing) {
            sender.fail(Error::new(Kind::Body).with("connection error"));
        }
    }

    /// Carries the body on. Ready when something was done, which may be the end; pending where the reader has no room or
    /// the transport no bytes. Wakes when that changes, and when the reader is gone.
    pub(crate) fn poll<T: Read + Write + Unpin, R: Role>(
        &mut self,
        conn: &mut Conn<T, R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        match &mut self.state {
            State::Reader(sender) => {
                if ready!(sender.poll_ready(cx)).is_err() {
                    self.state = State::Unread { left: MAX_UNREAD };
                    return self.poll_unread(conn, cx);
                }
                let Poll::Ready(event) = conn.poll_event(cx)? else {
                    // The peer is waited for, and so is the reader's end.
                    let ReaderGone = ready!(sender.poll_gone(cx));
                    return Poll::Ready(Ok(()));
                };
                self.deliver(event);
                if conn.codec().remaining() == Some(0) {
                    // The end needs no more bytes, nor that the reader comes first.
                    let end = conn.receive_buffered()?;
                    self.deliver(end);
                }
                Poll::Ready(Ok(()))
            }
            State::Unread { .. } => self.poll_unread(conn, cx),
            State::Nothing => {
                debug_assert!(false, "every body has somewhere to go");
                conn.codec().stop_receiving();
                Poll::Ready(Ok(()))
            }
        }
    }

    fn deliver<H>(&mut self, event: Event<H>) {
        let State::Reader(sender) = &mut self.state else {
            return;
        };
        if let Event::Data(data) = event {
            sender.send(data);
            return;
        }
        let State::Reader(sender) = std::mem::replace(&mut self.state, State::Nothing) else {
            return;
        };
        match event {
            Event::Trailers(trailers) => {
                sender.finish_with(trailers);
                // The end is still to come.
                self.state = State::Unread { left: 0 };
            }
            Event::End => sender.finish(),
            Event::BodyFailed(error) => sender.fail(error),
            // Receiving was given up: dropping the sender says that the body is incomplete.
            _ => {}
        }
    }

    fn poll_unread<T: Read + Write + Unpin, R: Role>(
        &mut self,
        conn: &mut Conn<T, R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        loop {
            let State::Unread { left } = &mut self.state else {
                return Poll::Ready(Ok(()));
            };
            if conn.codec().remaining().is_some_and(|rest| rest > *left) {
                self.give_up(conn);
                return Poll::Ready(Ok(()));
            }
            let event = match (conn.poll_event(cx)?, self.unread) {
                (Poll::Ready(event), _) => event,
                (Poll::Pending, Unread::ReadOn) => return Poll::Pending,
                (Poll::Pending, Unread::TakeWhatIsThere) => {
                    self.give_up(conn);
                    return Poll::Ready(Ok(()));
                }
            };
            match event {
                Event::Data(data) => match left.checked_sub(octets(&data)) {
                    Some(rest) => *left = rest,
                    None => self.give_up(conn),
                },
                Event::Trailers(_) => {}
                _ => self.state = State::Nothing,
            }
        }
    }

    /// Takes the rest of the body if all of it is there, and gives it up otherwise.
    #[cfg(feature = "server")]
    pub(crate) fn finish_or_give_up<T: Read + Write + Unpin, R: Role>(
        &mut self,
        conn: &mut Conn<T, R>,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        loop {
            let Poll::Ready(event) = conn.poll_event(cx)? else {
                self.give_up(conn);
                return Ok(());
            };
            match event {
                Event::Data(_) | Event::Trailers(_) => {}
                _ => {
                    self.state = State::Nothing;
                    return Ok(());
                }
            }
        }
    }

    fn give_up<T, R: Role>(&mut self, conn: &mut Conn<T, R>) {
        debug_assert_eq!(conn.receiving(), Receiving::Body);
        conn.codec().stop_receiving();
        self.state = State::Nothing;
    }
}

fn octets(data: &Bytes) -> u64 {
    // No platform has addresses of more than 64 bits.
    data.len() as u64
}
