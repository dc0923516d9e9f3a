//! Where outgoing bytes stand between h2 and the transport, and what became of them.
//!
//! Three parties meet here. A connection's [`Wire`](super::wire::Wire) puts in what h2 writes; a
//! [`SendBuf`](crate::proto::h2::send_buf::SendBuf) hands its payload over instead of having it
//! copied; the [`Port`](super::port::Port) takes it all out.
//!
//! Invariants:
//! - A payload moves at the one moment when h2, told that it is written, advances past it. Where h2 copies from
//!   a buffer instead (small frames), the buffer's receipts wait for the write that brings the copy.
//! - A receipt goes once the transport has taken, and flushed, all bytes that it is for.
//! - `queue` is touched by the connection's own task only, so that the port may take it out and work on it
//!   without the lock. The lock is never held while anything foreign runs, and no other lock is taken
//!   under it.
//! - `is_new` is set where something is changed that a flush has to see, and taken back by the flush that
//!   has seen it; `is_due` is the same for the port. So whoever finds nothing to do finds it without the lock.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

use crate::proto::h2::ledger::Receipt;
use crate::proto::h2::piece::{Piece, Pool};
use crate::proto::h2::transport::outbound::Outbound;
use crate::proto::h2::window::FRAME_SIZE;

/// How much may stand here before h2 has to wait, in bytes, where the transport takes it all:
/// large enough for a write to be worth its system call, small enough to stay in a processor's
/// cache.
const MOST_ENOUGH: usize = 128 << 10;

/// The same where the transport does not. What stands here cannot be taken back, and is better off
/// with h2.
const LEAST_ENOUGH: usize = 16 << 10;

/// What a connection's streams, its h2 end and its transport end share.
pub(crate) struct Outlet {
    state: Mutex<State>,
    /// Whether a flush may find something new in `state`.
    is_new: AtomicBool,
    /// Whether the port may.
    is_due: AtomicBool,
    pool: Mutex<Pool>,
    /// Whether something may be in `pool`.
    is_pooling: Arc<AtomicBool>,
    /// How the transport failed: to its streams h2 calls every failed write a broken pipe.
    error: OnceLock<(io::ErrorKind, String)>,
}

struct State {
    queue: Outbound<Receipt>,
    /// How much may stand here now.
    enough: usize,
    /// For bytes that h2 has copied and not written yet.
    copied: Vec<Receipt>,
    /// The payload that h2 believes written and is about to hand over.
    promised: Option<Payload>,
    is_refused: bool,
    end: End,
}

impl Default for State {
    fn default() -> State {
        State {
            queue: Outbound::default(),
            enough: LEAST_ENOUGH,
            copied: Vec::new(),
            promised: None,
            is_refused: false,
            end: End::Open,
        }
    }
}

/// What the port has to do after it has written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until the transport or h2 is ready for more.
    Wait,
    /// h2 was refused, and may go on now.
    PollH2,
    /// All is written: the transport is to be shut down.
    ShutDown,
}

/// A payload by where it stands in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Payload {
    address: usize,
    len: usize,
}

impl Payload {
    fn of(bytes: &[u8]) -> Payload {
        Payload {
            address: bytes.as_ptr() as usize,
            len: bytes.len(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// h2 wants the transport shut down.
    Asked,
    ShutDown,
    Failed,
    /// The port is gone.
    Closed,
}

impl Outlet {
    pub(super) fn new(pool: Pool) -> Outlet {
        Outlet {
            state: Mutex::default(),
            is_new: AtomicBool::new(false),
            is_due: AtomicBool::new(false),
            is_pooling: pool.is_in_use(),
            pool: Mutex::new(pool),
            error: OnceLock::new(),
        }
    }
}

// ===== for h2's end =====

impl Outlet {
    /// Takes a write of h2's: `head`, which is copied, and `payload`, which is about to be handed
    /// over by the buffer that it is of.
    ///
    /// `Pending` wakes nobody: the port has h2 go on when there is room.
    pub(super) fn poll_accept(&self, head: &[u8], payload: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        state.ensure_kept_promise()?;
        self.ensure_open(&state)?;
        if state.queue.len() >= state.enough {
            state.is_refused = true;
            return Poll::Pending;
        }
        state.is_refused = false;
        state.queue.push_copy(head);
        state.mark_copied();
        if !payload.is_empty() {
            state.promised = Some(Payload::of(payload));
        }
        self.is_new.store(!payload.is_empty(), Ordering::Release);
        self.is_due.store(true, Ordering::Release);
        Poll::Ready(Ok(head.len() + payload.len()))
    }

    /// h2 has written all that it has.
    pub(super) fn accept_flush(&self) -> io::Result<()> {
        if !self.is_new.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut state = self.lock();
        state.ensure_kept_promise()?;
        self.ensure_open(&state)?;
        if state.mark_copied() {
            self.is_due.store(true, Ordering::Release);
        }
        self.is_new.store(false, Ordering::Release);
        Ok(())
    }

    /// Ready once the transport has taken everything and is shut down.
    pub(super) fn poll_shut_down(&self) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        match state.end {
            End::Open => {
                state.end = End::Asked;
                self.is_due.store(true, Ordering::Release);
            }
            End::Asked => {}
            End::ShutDown => return Poll::Ready(Ok(())),
            End::Failed | End::Closed => return Poll::Ready(self.ensure_open(&state)),
        }
        Poll::Pending
    }

    fn ensure_open(&self, state: &State) -> io::Result<()> {
        match state.end {
            End::Open | End::Asked => Ok(()),
            End::ShutDown | End::Failed | End::Closed => Err(self
                .to_io_error()
                .unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())),
        }
    }
}

// ===== for buffers =====

impl Outlet {
    /// Takes `piece`, past which h2 advances, with the receipt for it, if it has one: into the queue if it is the
    /// promised payload. If not, h2 has copied it into its own buffer.
    pub(crate) fn hand_over(&self, piece: Piece, receipt: Option<Receipt>) {
        let mut state = self.lock();
        if state.promised == Some(Payload::of(piece.as_slice())) {
            state.promised = None;
            state.queue.push(piece);
            if let Some(receipt) = receipt {
                state.queue.mark(receipt);
            }
            return;
        }
        match receipt {
            Some(receipt) => self.note_copied(state, receipt),
            None => drop(state),
        }
        if piece.is_last_of_buffer() {
            self.recycle([piece]);
        }
    }

    /// h2 has all that `receipt` is for in its own buffer.
    pub(crate) fn copied(&self, receipt: Receipt) {
        self.note_copied(self.lock(), receipt);
    }

    fn note_copied(&self, mut state: MutexGuard<'_, State>, receipt: Receipt) {
        if state.end != End::Closed {
            state.copied.push(receipt);
            self.is_new.store(true, Ordering::Release);
            return;
        }
        drop(state);
        receipt.lose();
    }
}

// ===== for the port =====

impl Outlet {
    /// Takes what is to be written, which has to be given [back](Outlet::give_back). `None` where
    /// there is nothing to do, unless something is `unflushed`.
    pub(super) fn take_queue(&self, is_unflushed: bool) -> Option<Outbound<Receipt>> {
        if !is_unflushed && !self.is_due.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.lock();
        let is_due = match state.end {
            End::Open => is_unflushed || !state.queue.is_settled(),
            End::Asked => true,
            End::ShutDown | End::Failed | End::Closed => false,
        };
        is_due.then(|| std::mem::take(&mut state.queue))
    }

    /// Whether the transport has taken everything.
    #[cfg(feature = "client")]
    pub(super) fn is_settled(&self) -> bool {
        self.lock().queue.is_settled()
    }

    /// Gives back what could not be written, and says how to go on.
    pub(super) fn give_back(&self, queue: Outbound<Receipt>) -> Next {
        let mut state = self.lock();
        let has_taken_all = queue.is_empty();
        let is_due = !queue.is_settled() || state.end == End::Asked;
        self.is_due.store(is_due, Ordering::Release);
        state.queue = queue;
        if !has_taken_all {
            state.enough = LEAST_ENOUGH;
            return Next::Wait;
        }
        if state.is_refused {
            state.enough = MOST_ENOUGH.min(state.enough * 2);
            state.is_refused = false;
            return Next::PollH2;
        }
        match state.end {
            End::Asked => Next::ShutDown,
            _ => Next::Wait,
        }
    }

    pub(super) fn shut_down(&self) {
        self.end(&mut self.lock(), End::ShutDown);
    }

    pub(super) fn fail(&self, err: &io::Error) {
        let _ = self.error.set((err.kind(), err.to_string()));
        self.end(&mut self.lock(), End::Failed);
    }

    fn end(&self, state: &mut State, end: End) {
        state.end = end;
        self.is_new.store(true, Ordering::Release);
    }

    /// Has the buffers of `pieces`, which are done with, filled again.
    pub(super) fn recycle(&self, pieces: impl IntoIterator<Item = Piece>) {
        let mut pool = self.pool();
        for piece in pieces {
            pool.recycle(piece);
        }
    }

    /// Whether buffers may wait to be filled again.
    pub(super) fn is_pooling(&self) -> bool {
        self.is_pooling.load(Ordering::Acquire)
    }

    /// Lets go of memory that was not needed since the last time; whether there is more.
    pub(super) fn sweep(&self) -> bool {
        let is_large = {
            let mut state = self.lock();
            state.queue.shrink();
            state.copied.shrink_to_fit();
            state.queue.is_large()
        };
        self.pool().sweep() || is_large
    }

    /// Throws away what was not written: nobody will.
    pub(super) fn close(&self) {
        let (mut queue, copied) = {
            let mut state = self.lock();
            self.end(&mut state, End::Closed);
            let queue = std::mem::take(&mut state.queue);
            (queue, std::mem::take(&mut state.copied))
        };
        let unwritten = std::iter::from_fn(|| queue.take_mark());
        for receipt in unwritten.chain(copied) {
            receipt.lose();
        }
    }
}

// ===== for anybody =====

impl Outlet {
    /// [`Pool::copy`], without the lock where the pool has no part in it.
    pub(crate) fn copy(&self, bytes: &[u8]) -> Piece {
        if bytes.len() < FRAME_SIZE {
            return Piece::copy(bytes);
        }
        self.pool().copy(bytes)
    }

    /// Buffers for the connection's streams.
    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the transport failed, if it did.
    pub(crate) fn error(&self) -> Option<(io::ErrorKind, &str)> {
        let (kind, message) = self.error.get()?;
        Some((*kind, message))
    }

    /// The same as an error of its own.
    pub(crate) fn to_io_error(&self) -> Option<io::Error> {
        let (kind, message) = self.error()?;
        Some(io::Error::new(kind, message))
    }

    /// No code of a caller runs under this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Has the receipts for copied bytes go when all that is here has left, and says whether there
    /// were any.
    fn mark_copied(&mut self) -> bool {
        let has_any = !self.copied.is_empty();
        for receipt in self.copied.drain(..) {
            self.queue.mark(receipt);
        }
        has_any
    }

    /// Where a payload was not handed over, bytes would be missing from here on.
    fn ensure_kept_promise(&self) -> io::Result<()> {
        match self.promised {
            None => Ok(()),
            Some(_) => Err(io::Error::other("a payload is missing from the connection")),
        }
    }
}

#[cfg(test)]
mod tests;
