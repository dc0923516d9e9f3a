//! The transport: what the peer sent waits here in pieces, what hyper writes is noted.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::observation::{Actor, Event, Log};

/// So little that no build of hyper ever asks for less: how much it asks for is its own affair.
const MOST_PER_READ: usize = 4_096;

/// What a transport is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transport {
    /// Bytes that it takes before the peer grants more; without a limit if `None`.
    pub room: Option<usize>,
    pub most_per_write: usize,
    pub vectored: bool,
}

impl Default for Transport {
    fn default() -> Self {
        Transport {
            room: None,
            most_per_write: usize::MAX,
            vectored: false,
        }
    }
}

/// Both ends of a transport: the driver plays the peer, hyper has it as its I/O.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<State>>);

struct State {
    inbound: VecDeque<Bytes>,
    end: Option<Result<(), ErrorKind>>,
    reader: Option<Waker>,
    transport: Transport,
    write_failure: Option<ErrorKind>,
    writer: Option<Waker>,
    flushed: bool,
    log: Log,
}

impl Wire {
    pub fn new(transport: Transport, log: Log) -> Self {
        Wire(Arc::new(Mutex::new(State {
            inbound: VecDeque::new(),
            end: None,
            reader: None,
            transport,
            write_failure: None,
            writer: None,
            flushed: true,
            log,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    // ----- the peer -----

    /// Each piece is read on its own, as far as the reader's buffer goes.
    pub fn deliver(&self, pieces: &[Bytes]) {
        let mut state = self.state();
        if state.end.is_none() {
            let pieces = pieces.iter().filter(|piece| !piece.is_empty());
            state.inbound.extend(pieces.cloned());
        }
        wake(state.reader.take());
    }

    /// What comes behind the bytes delivered so far: the end, or a failure.
    pub fn end(&self, end: Result<(), ErrorKind>) {
        let mut state = self.state();
        state.end.get_or_insert(end);
        wake(state.reader.take());
    }

    pub fn grant(&self, bytes: usize) {
        let mut state = self.state();
        if let Some(room) = &mut state.transport.room {
            *room = room.saturating_add(bytes);
        }
        wake(state.writer.take());
    }

    pub fn fail_writes(&self, kind: ErrorKind) {
        let mut state = self.state();
        state.write_failure.get_or_insert(kind);
        wake(state.writer.take());
    }

    /// Notes what lies in the transport without having been flushed.
    pub fn look_at_flush(&self) {
        let state = self.state();
        if !state.flushed {
            state.log.text(Actor::Wire, "unflushed");
        }
    }

    /// Whether hyper has left bytes unread, and which.
    pub fn unread(&self) -> Vec<u8> {
        self.state().inbound.iter().flatten().copied().collect()
    }

    // ----- hyper -----

    pub fn is_vectored(&self) -> bool {
        self.state().transport.vectored
    }

    /// At most `room` bytes; none at the end.
    pub fn poll_read(&self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<Bytes>> {
        let mut state = self.state();
        let Some(piece) = state.inbound.front_mut() else {
            return match state.end {
                Some(Ok(())) => Poll::Ready(Ok(Bytes::new())),
                Some(Err(kind)) => Poll::Ready(Err(kind.into())),
                None => {
                    state.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        };
        let read = piece.split_to(room.min(piece.len()).min(MOST_PER_READ));
        if piece.is_empty() {
            state.inbound.pop_front();
        }
        Poll::Ready(Ok(read))
    }

    pub fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        if let Some(kind) = state.write_failure {
            return Poll::Ready(Err(kind.into()));
        }
        let offered = bufs.iter().map(|buf| buf.len()).sum::<usize>();
        let transport = &mut state.transport;
        let room = transport.room.unwrap_or(usize::MAX);
        let taken = offered.min(transport.most_per_write).min(room);
        if taken == 0 && offered > 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if let Some(room) = &mut transport.room {
            *room -= taken;
        }
        let mut bytes = bufs.iter().map(|buf| &buf[..]).collect::<Vec<_>>().concat();
        bytes.truncate(taken);
        if taken > 0 {
            state.flushed = false;
            state.log.note(Actor::Wire, Event::Data(bytes));
        }
        Poll::Ready(Ok(taken))
    }

    pub fn poll_flush(&self) -> Poll<io::Result<()>> {
        let mut state = self.state();
        match state.write_failure {
            Some(kind) => Poll::Ready(Err(kind.into())),
            None => {
                state.flushed = true;
                Poll::Ready(Ok(()))
            }
        }
    }

    pub fn poll_shutdown(&self) -> Poll<io::Result<()>> {
        let mut state = self.state();
        state.log.text(Actor::Wire, "shutdown");
        match state.write_failure {
            Some(kind) => Poll::Ready(Err(kind.into())),
            None => {
                state.flushed = true;
                Poll::Ready(Ok(()))
            }
        }
    }

    /// hyper, or whoever it gave the transport to, has let go of it.
    pub fn dropped(&self) {
        let mut state = self.state();
        state.flushed = true;
        state.log.note(Actor::Wire, Event::Dropped);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
