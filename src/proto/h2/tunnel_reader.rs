//! The receiving half of a tunnel.
//!
//! Invariants:
//! - Flow-control credit goes back for bytes that were read, when they are read.
//! - The end of the stream is reported where the peer ended it, and nowhere else: what a lost
//!   connection or a misplaced field section has cut short is an error.

use std::io;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream};

use crate::body::h2_stream::ReceiveObserver;
use crate::proto::h2::failure::kind_of;
use crate::proto::h2::transport::outlet::Outlet;
use crate::rt::ReadBufCursor;
use crate::trace;

pub(crate) struct Reader {
    /// Gone only once the tunnel's handle is being dropped.
    recv: Option<RecvStream>,
    /// What a read had no room for.
    unread: Bytes,
    position: Position,
    observer: Option<Arc<dyn ReceiveObserver>>,
    outlet: Arc<Outlet>,
    received: trace::Count,
}

enum Position {
    Open,
    Ended,
    /// The peer sent a field section, which a tunnel has no place for.
    Violated,
}

impl Reader {
    pub(crate) fn new(
        recv: RecvStream,
        observer: Option<Arc<dyn ReceiveObserver>>,
        outlet: Arc<Outlet>,
    ) -> Reader {
        Reader {
            recv: Some(recv),
            unread: Bytes::new(),
            position: Position::Open,
            observer,
            outlet,
            received: trace::Count::default(),
        }
    }

    /// Reads what has arrived, from as many DATA frames as `buf` has room for; wakes on DATA,
    /// END_STREAM, RST_STREAM and the end of the connection.
    ///
    /// What comes behind bytes, an end or a failure, is told by the next call.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        let ended = loop {
            if buf.remaining() == 0 {
                break Poll::Ready(Ok(()));
            }
            if self.unread.is_empty() {
                match self.poll_data(cx) {
                    Poll::Ready(Ok(Some(data))) => self.unread = data,
                    other => break other.map_ok(drop),
                }
            }
            self.read_into(&mut buf);
        };
        let read = room - buf.remaining();
        if read == 0 {
            return ended;
        }
        // The stream may be gone already, and then there is nobody to give credit to.
        let _ = self.recv().flow_control().release_capacity(read);
        self.received.add(read);
        if let Some(observer) = &self.observer {
            observer.data_received(read);
        }
        Poll::Ready(Ok(()))
    }

    fn read_into(&mut self, buf: &mut ReadBufCursor<'_>) {
        let len = self.unread.len().min(buf.remaining());
        buf.put_slice(&self.unread[..len]);
        if len == self.unread.len() {
            // An emptied `Bytes` would still keep h2 from using its read buffer again.
            self.unread = Bytes::new();
        } else {
            self.unread.advance(len);
        }
    }

    /// What was read so far.
    pub(crate) fn received(&self) -> trace::Count {
        self.received
    }

    /// Whether the peer sent what RFC 9113 §8.5 calls a stream error on a tunnel.
    pub(crate) fn is_violated(&self) -> bool {
        matches!(self.position, Position::Violated)
    }

    /// Gives the stream up. What a read had no room for is thrown away, its credit returned.
    pub(crate) fn take_stream(&mut self) -> Option<RecvStream> {
        let mut recv = self.recv.take()?;
        let unread = std::mem::take(&mut self.unread);
        let _ = recv.flow_control().release_capacity(unread.len());
        Some(recv)
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        match self.position {
            Position::Open => {}
            Position::Ended => return Poll::Ready(Ok(None)),
            Position::Violated => return Poll::Ready(Err(violation())),
        }
        match ready!(self.recv().poll_data(cx)) {
            Some(Ok(data)) => return Poll::Ready(Ok(Some(data))),
            Some(Err(err)) => return Poll::Ready(self.failed(err).map(|()| None)),
            None => {}
        }
        match ready!(self.recv().poll_trailers(cx)) {
            Ok(None) => self.position = Position::Ended,
            Ok(Some(_)) => {
                self.position = Position::Violated;
                return Poll::Ready(Err(violation()));
            }
            Err(err) => return Poll::Ready(self.failed(err).map(|()| None)),
        }
        Poll::Ready(Ok(None))
    }

    /// A peer that lost interest has ended the stream for a reader; anything else is an error,
    /// which h2 repeats on each poll.
    fn failed(&mut self, err: h2::Error) -> io::Result<()> {
        match err.reason() {
            Some(Reason::NO_ERROR | Reason::CANCEL) if err.is_reset() && err.is_remote() => {
                self.position = Position::Ended;
                Ok(())
            }
            Some(reason) => Err(io::Error::new(kind_of(reason), err)),
            None => Err(self
                .outlet
                .to_io_error()
                .or_else(|| err.into_io())
                .unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn recv(&mut self) -> &mut RecvStream {
        self.recv
            .as_mut()
            .expect("the stream is given up only when nothing is read any more")
    }
}

fn violation() -> io::Error {
    io::Error::other(h2::Error::from(Reason::PROTOCOL_ERROR))
}
