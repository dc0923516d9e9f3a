//! The owner of a connection's transport.
//!
//! Invariants:
//! - h2 is polled with what the transport had to give, and what h2 said is offered to the transport
//!   before the task rests: [`Port::poll_around`] is the only way to poll h2.
//! - `Pending` leaves the task registered with the transport for reading, unless h2 has not parsed
//!   what was read, and for writing, unless everything is written and flushed.
//! - A failure to write is told to h2, which ends the connection with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::proto::h2::aside::{Aside, Part};
use crate::proto::h2::ledger::Receipt;
use crate::proto::h2::piece::Piece;
use crate::proto::h2::transport::inbound::{Fill, Intake};
use crate::proto::h2::transport::outbound::{Outbound, LEAST, MAX_SLICES};
use crate::proto::h2::transport::outlet::{Next, Outlet};
use crate::proto::h2::transport::sweeper::Sweeper;
use crate::proto::h2::transport::wire::Wire;
use crate::rt::clock::Clock;
use crate::rt::{Read, Write};

/// How often h2 is polled before other tasks have a turn: some megabytes are read and written by
/// then.
const ROUNDS: usize = 16;

/// How much is copied together for a transport that takes one slice at a time, in bytes.
const FLAT: usize = 16 << 10;

pub(crate) struct Port<T> {
    io: T,
    intake: Arc<Intake>,
    /// Whether the transport wakes the task, in this poll of it, when there is more to read.
    is_awaited: bool,
    outlet: Arc<Outlet>,
    is_flush_due: bool,
    store: Aside<Store>,
}

/// What a port keeps while it writes.
#[derive(Default)]
struct Store {
    sweeper: Sweeper,
    /// For bytes that the transport has, and may not have flushed.
    unflushed: Vec<Receipt>,
    /// Pieces that are written.
    done: Vec<Piece>,
    /// Bytes copied together, for a transport that takes one slice at a time.
    flat: Vec<u8>,
}

impl Part for Store {
    #[inline(never)]
    fn let_go(self) {}
}

impl<T> Port<T> {
    /// Both ends of a connection's transport.
    pub(crate) fn new(io: T, clock: Clock) -> (Port<T>, Wire) {
        let sweeper = Sweeper::new(clock);
        let intake = Arc::new(Intake::new(sweeper.inbound()));
        let outlet = Arc::new(Outlet::new(sweeper.pool()));
        let wire = Wire::new(intake.clone(), outlet.clone());
        let port = Port {
            io,
            intake,
            is_awaited: false,
            outlet,
            is_flush_due: false,
            store: Aside::new(Store {
                sweeper,
                ..Store::default()
            }),
        };
        (port, wire)
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }
}

impl<T: Read + Write + Unpin> Port<T> {
    /// Polls h2 by `work`, between reading for it and writing what it said, until neither it nor
    /// the transport gets any further.
    ///
    /// Wakes when the transport can be read or written, for whatever `work` waits for besides, and at
    /// once where there is more to do than is fair to others.
    pub(crate) fn poll_around<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        self.is_awaited = false;
        self.fill(cx);
        for _ in 0..ROUNDS {
            let worked = work(cx);
            let has_room = self.push(cx);
            if worked.is_ready() {
                return worked;
            }
            if !self.fill(cx) && !has_room {
                self.sweep(cx);
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ready once the transport has all that h2 has said so far.
    #[cfg(feature = "client")]
    pub(crate) fn poll_pushed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.push(cx);
        self.ensure_not_failed()?;
        if self.is_flush_due || !self.outlet.is_settled() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// For when h2 has nothing to write, and so does not learn that it could not.
    pub(crate) fn ensure_not_failed(&self) -> io::Result<()> {
        self.outlet.to_io_error().map_or(Ok(()), Err)
    }

    /// Reads for h2, and says whether there is something new.
    fn fill(&mut self, cx: &mut Context<'_>) -> bool {
        if self.is_awaited {
            return false;
        }
        match self.intake.fill(cx, &mut self.io) {
            Fill::New {
                is_awaited,
                is_large,
            } => {
                self.is_awaited = is_awaited;
                if is_large {
                    self.store.sweeper.start();
                }
                true
            }
            Fill::Awaited => {
                self.is_awaited = true;
                false
            }
            Fill::NotYet => false,
        }
    }

    /// Writes what h2 has said, and says whether it is to be polled again.
    fn push(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(mut queue) = self.outlet.take_queue(self.is_flush_due) else {
            return false;
        };
        let written = self.write_and_flush(cx, &mut queue);
        let is_large = queue.is_large() || self.store.flat.capacity() > LEAST;
        let next = self.outlet.give_back(queue);
        if !self.store.done.is_empty() {
            self.outlet.recycle(self.store.done.drain(..));
        }
        if is_large || self.outlet.is_pooling() {
            self.store.sweeper.start();
        }
        if let Err(err) = written {
            self.outlet.fail(&err);
            return true;
        }
        match next {
            Next::Wait => false,
            Next::PollH2 => true,
            Next::ShutDown => !self.is_flush_due && self.shut_down(cx),
        }
    }

    /// Shuts the transport down, and says whether that is done.
    fn shut_down(&mut self, cx: &mut Context<'_>) -> bool {
        match Pin::new(&mut self.io).poll_shutdown(cx) {
            Poll::Ready(Ok(())) => self.outlet.shut_down(),
            Poll::Ready(Err(err)) => self.outlet.fail(&err),
            Poll::Pending => return false,
        }
        true
    }

    /// Gives back memory that is not needed any more, when it is time to.
    fn sweep(&mut self, cx: &mut Context<'_>) {
        if self.store.sweeper.poll(cx, &self.intake, &self.outlet) {
            self.store.flat = Vec::new();
            self.store.done.shrink_to_fit();
            self.store.unflushed.shrink_to_fit();
        }
    }

    fn write_and_flush(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut Outbound<Receipt>,
    ) -> io::Result<()> {
        while !queue.is_empty() {
            let Poll::Ready(count) = self.poll_write(cx, queue)? else {
                break;
            };
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.is_flush_due = true;
        }
        while let Some(receipt) = queue.pass_mark() {
            self.store.unflushed.push(receipt);
        }
        if self.is_flush_due && Pin::new(&mut self.io).poll_flush(cx)?.is_ready() {
            self.is_flush_due = false;
        }
        if !self.is_flush_due {
            self.store.unflushed.clear();
        }
        Ok(())
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut Outbound<Receipt>,
    ) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        let written = if let Some(slice) = queue.only_slice() {
            io.poll_write(cx, slice)
        } else {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = queue.slices(&mut slices);
            let slices = &slices[..count];
            if io.is_write_vectored() {
                io.poll_write_vectored(cx, slices)
            } else {
                flatten(slices, &mut self.store.flat);
                io.poll_write(cx, &self.store.flat)
            }
        };
        if let Poll::Ready(Ok(count)) = written {
            queue.advance(count, |piece| self.store.done.push(piece));
        }
        written
    }
}

fn flatten(slices: &[IoSlice<'_>], flat: &mut Vec<u8>) {
    flat.clear();
    for slice in slices {
        let room = FLAT - flat.len();
        flat.extend_from_slice(&slice[..room.min(slice.len())]);
    }
}

impl<T> Drop for Port<T> {
    fn drop(&mut self) {
        self.outlet.close();
        // Nobody will flush it.
        for receipt in self.store.unflushed.drain(..) {
            receipt.lose();
        }
    }
}

#[cfg(test)]
mod tests;
