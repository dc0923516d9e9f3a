//! A CONNECT tunnel (RFC 9113 §8.5): an HTTP/2 stream as a stream of bytes.
//!
//! [`H2Upgraded`] is what the user reads and writes. [`UpgradedSendStreamTask`] serves its sending
//! half for as long as the stream lives; the future that served the CONNECT exchange becomes it.
//!
//! Invariants:
//! - **One owner of h2's send waker: the task.** With room at hand the writer moves bytes into h2
//!   itself and wakes nobody. With none, up to one frame waits, and the writer has
//!   [`tick`](UpgradedSendStreamTask::tick) register the task's waker, not its own; it then
//!   waits on the shared half for the task to make room. So an abandoned write leaves nothing behind.
//! - **An idle tunnel waits for nothing from h2** and reserves nothing: the task is woken when
//!   bytes wait, at shutdown, and when the handle goes.
//! - **A failure is told on every later call**, with the same kind.
//! - **The stream's handle outlives the user's.** h2 cancels a stream, queued DATA included, when
//!   the last handle goes before both sides are closed, so the task keeps one until the bytes are
//!   out and the peer has ended its side, or patience has run out.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{ready, Context, Poll, Waker};

use h2::{Reason, RecvStream};

use crate::body::h2_stream::ReceiveObserver;
use crate::proto::h2::aside::Aside;
use crate::proto::h2::failure::Failure;
use crate::proto::h2::linger::{Lingering, Patience};
use crate::proto::h2::tunnel_reader::Reader;
use crate::proto::h2::waiting_writer::{WaitingWriter, WaitsFor};
use crate::proto::h2::windowed_sender::WindowedSender;
use crate::rt::{Read, ReadBufCursor, Write};
use crate::trace;
use crate::upgrade::held::{Held, Holder};
use crate::upgrade::tunnel::Tunnel;

/// The user's end of a tunnel.
pub(crate) struct H2Upgraded {
    shared: Arc<Shared>,
    reader: Reader,
    claimed: bool,
}

/// Serves the sending half of a tunnel until the stream is over.
#[must_use = "the tunnel stands still unless its task is polled"]
pub(crate) struct UpgradedSendStreamTask {
    shared: Arc<Shared>,
    lingering: Aside<Lingering>,
}

struct Shared(Mutex<Sending>);

struct Sending {
    sender: WindowedSender,
    phase: Phase,
    writer: WaitingWriter,
    /// Known from the task's first poll on.
    task: Option<Waker>,
    /// The receiving half, left behind by a handle that is gone.
    left_behind: Option<RecvStream>,
    trace: trace::Tunnel,
}

enum Phase {
    Open,
    /// Nothing is accepted any more, and what was goes out.
    Ending(Ending),
    Failed(Failure),
}

/// What follows the last byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// END_STREAM, as shutdown and drop ask.
    Complete,
    /// RST_STREAM, once the socket has the bytes: h2 throws away what it still has of a stream that is reset.
    Broken,
}

impl Ending {
    /// What a stream is reset with whose last bytes do not get out.
    fn reason(self) -> Reason {
        match self {
            Ending::Complete => Reason::CANCEL,
            Ending::Broken => Reason::CONNECT_ERROR,
        }
    }
}

/// Makes the two ends of a tunnel.
pub(crate) fn tunnel(
    mut sender: WindowedSender,
    recv: RecvStream,
    observer: Option<Arc<dyn ReceiveObserver>>,
    patience: Patience,
    trace: trace::Tunnel,
) -> (H2Upgraded, UpgradedSendStreamTask) {
    sender.keep_account();
    let outlet = Arc::clone(sender.outlet());
    let shared = Arc::new(Shared(Mutex::new(Sending {
        sender,
        phase: Phase::Open,
        writer: WaitingWriter::default(),
        task: None,
        left_behind: None,
        trace,
    })));
    let handle = H2Upgraded {
        shared: Arc::clone(&shared),
        reader: Reader::new(recv, observer, outlet),
        claimed: false,
    };
    let task = UpgradedSendStreamTask {
        shared,
        lingering: Aside::new(Lingering::new(patience)),
    };
    (handle, task)
}

// ===== the user's end =====

impl Write for H2Upgraded {
    /// Accepts as much as h2 grants at once and up to one frame more, and returns how much that was.
    ///
    /// Pending only while a whole frame waits; then the task wakes the writer when it has moved some of
    /// it. Nothing of `buf` is kept by a call that returns `Pending`.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut sending = self.shared.lock();
        sending.ensure_open()?;
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            let waited = sending.sender.waiting();
            let accepted = sending.sender.write(buf);
            let waiting = sending.sender.waiting();
            // While less than a frame waits behind held bytes, the task has nothing new to wait for.
            if waiting > 0 && (waited == 0 || !sending.sender.has_room()) {
                sending.tick_for_task()?;
            }
            if accepted > 0 {
                sending.trace.wrote(accepted);
                return Poll::Ready(Ok(accepted));
            }
            // The tick itself may have made room, and then nobody else would tell of it.
            if !sending.sender.has_room() {
                sending.writer.wait(cx, WaitsFor::Room);
                let sending = &mut *sending;
                sending.trace.stalled(|| sending.sender.held());
                return Poll::Pending;
            }
        }
    }

    /// Ready when nothing accepted waits for window; wakes when the task has moved it.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sending = self.shared.lock();
        sending.ensure_not_reset()?;
        if !sending.sender.waits_for_window() {
            return Poll::Ready(Ok(()));
        }
        sending.writer.wait(cx, WaitsFor::Window);
        Poll::Pending
    }

    /// Ready when everything accepted, and END_STREAM behind it, is with h2; from then on the
    /// handle may go at any moment without a loss.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sending = self.shared.lock();
        sending.ensure_not_reset()?;
        sending.end();
        sending.ensure_not_failed()?;
        if sending.sender.is_end_sent() {
            return Poll::Ready(Ok(()));
        }
        sending.writer.wait(cx, WaitsFor::EndStream);
        Poll::Pending
    }
}

impl Read for H2Upgraded {
    /// See [`Reader::poll_read`]. A field section from the peer also ends the sending half.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = this.reader.poll_read(cx, buf);
        if this.reader.is_violated() {
            this.shared.lock().fail_with_reset(Reason::PROTOCOL_ERROR);
        }
        read
    }
}

impl Tunnel for H2Upgraded {
    fn claimed(&mut self) {
        self.claimed = true;
    }

    fn abort(&mut self) {
        self.shared.lock().fail_with_reset(Reason::CONNECT_ERROR);
    }

    fn end_with_error(&mut self) {
        self.shared.lock().end_broken();
    }

    fn held(&self) -> Held {
        let shared = Arc::downgrade(&self.shared);
        Held::by(shared)
    }
}

impl Drop for H2Upgraded {
    fn drop(&mut self) {
        let mut sending = self.shared.lock();
        if std::thread::panicking() && !sending.sender.is_end_sent() {
            // What was written may be half of something: it must not look complete.
            sending.fail_with_reset(Reason::INTERNAL_ERROR);
        } else if !self.claimed {
            sending.fail_with_reset(Reason::CANCEL);
        } else {
            // There is nobody left to tell of a failure.
            sending.end();
        }
        sending.trace.dropped(self.reader.received());
        sending.left_behind = self.reader.take_stream();
        sending.writer.forget();
        sending.wake_task();
    }
}

// ===== what both ends share =====

impl Shared {
    /// No code of a user runs under this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Sending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder for Shared {
    fn held(&self) -> usize {
        self.lock().sender.held()
    }
}

impl Sending {
    fn ensure_not_failed(&self) -> io::Result<()> {
        match &self.phase {
            Phase::Failed(failure) => Err(failure.to_io()),
            Phase::Open | Phase::Ending(_) => Ok(()),
        }
    }

    fn ensure_open(&self) -> io::Result<()> {
        match &self.phase {
            Phase::Ending(_) => Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "write after shutdown",
            )),
            _ => self.ensure_not_failed(),
        }
    }

    /// [`ensure_not_failed`](Sending::ensure_not_failed), and looks for a reset that took bytes
    /// with it after h2 had them.
    ///
    /// An idle tunnel's task waits for nothing from h2, so nobody was told. With nothing waiting
    /// h2's waker is nobody's, and a look may leave it at that.
    fn ensure_not_reset(&mut self) -> io::Result<()> {
        if self.sender.waiting() == 0 {
            let mut nobody = Context::from_waker(Waker::noop());
            if let Poll::Ready(err) = self.sender.poll_reset(&mut nobody) {
                self.fail_by_h2(err);
            } else if self.sender.has_lost() {
                // A stream that both sides had ended; h2 forgets what reset it then.
                self.fail(Failure::Reset(Reason::STREAM_CLOSED));
            }
        }
        self.ensure_not_failed()
    }

    /// Wakes the writer if what it waits for has come while bytes wait on.
    fn wake_writer_of_progress(&mut self, has_moved: bool) {
        let is_due = match self.writer.waits_for() {
            Some(WaitsFor::Room) => has_moved,
            Some(WaitsFor::Window) => !self.sender.waits_for_window(),
            Some(WaitsFor::EndStream) | None => false,
        };
        if is_due {
            self.writer.wake();
        }
    }

    fn wake_task(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }

    /// Ticks on behalf of the task, so that the task is what h2 wakes. Call only while bytes wait.
    fn tick_for_task(&mut self) -> io::Result<()> {
        debug_assert!(self.sender.waiting() > 0);
        // Before its first poll the task is about to run anyway.
        let Some(task) = self.task.clone() else {
            return Ok(());
        };
        match UpgradedSendStreamTask::tick(self, &mut Context::from_waker(&task)) {
            Poll::Ready(Err(())) => self.ensure_not_failed(),
            _ => Ok(()),
        }
    }

    /// Asks for END_STREAM behind what waits. With nothing waiting it leaves at once. A failure shows
    /// in the phase.
    fn end(&mut self) {
        if !matches!(self.phase, Phase::Open) {
            return;
        }
        self.phase = Phase::Ending(Ending::Complete);
        self.sender.end();
        self.wake_task();
        // Registers nobody, where bytes wait: the task, which was just woken, registers itself.
        let _ = UpgradedSendStreamTask::tick(self, &mut Context::from_waker(Waker::noop()));
    }

    /// Has the stream reset behind what waits, unless it is over before that.
    fn end_broken(&mut self) {
        if !matches!(self.phase, Phase::Failed(_)) {
            self.phase = Phase::Ending(Ending::Broken);
            self.wake_task();
        }
    }

    fn fail(&mut self, failure: Failure) {
        if !matches!(self.phase, Phase::Failed(_)) {
            self.trace.failed(&failure);
            self.phase = Phase::Failed(failure);
        }
        self.writer.wake();
    }

    fn fail_by_h2(&mut self, err: h2::Error) {
        let failure = Failure::new(err, self.sender.outlet());
        self.fail(failure);
    }

    fn fail_with_reset(&mut self, reason: Reason) {
        self.sender.reset(reason);
        self.fail(Failure::Reset(reason));
        self.wake_task();
    }
}

// ===== the task =====

impl UpgradedSendStreamTask {
    /// Moves waiting bytes into h2, as far as window is granted, and wakes the writer for what that freed.
    ///
    /// `Pending` on zero capacity, and then h2 wakes `cx`, which is the task's. `Ready(Ok)`: nothing
    /// waits, and an END_STREAM that was asked for is with h2. `Ready(Err)`: the phase is now
    /// `Failed`.
    fn tick(sending: &mut Sending, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let waited = sending.sender.waiting();
        match sending.sender.poll_send(cx) {
            Poll::Ready(Ok(())) => {
                sending.writer.wake();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(err)) => {
                sending.fail_by_h2(err);
                Poll::Ready(Err(()))
            }
            Poll::Pending => {
                sending.wake_writer_of_progress(sending.sender.waiting() < waited);
                Poll::Pending
            }
        }
    }

    /// Sees the rest out after an end was asked for. Ready when the stream may be let go.
    fn poll_ending(
        &mut self,
        sending: &mut Sending,
        ending: Ending,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let is_sent = match Self::tick(sending, cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(())) => return Poll::Ready(()),
            Poll::Pending => false,
        };
        let lingering = &mut *self.lingering;
        if let Some(recv) = sending.left_behind.take() {
            lingering.begin(recv);
        }
        if is_sent && !lingering.has_begun() {
            // Half-closed: the user may read for as long as the peer sends.
            return Poll::Pending;
        }

        let is_peer_done = lingering.poll_peer_done(cx).is_ready();
        if is_sent {
            let is_out = sending.sender.poll_out(cx).is_ready();
            if is_out && ending == Ending::Broken {
                sending.fail_with_reset(ending.reason());
                return Poll::Ready(());
            }
            if is_out && is_peer_done {
                return Poll::Ready(());
            }
            if sending.sender.poll_reset(cx).is_ready() {
                return Poll::Ready(());
            }
        }

        let to_send = sending.sender.held();
        ready!(lingering.poll_exhausted(cx, to_send));
        if to_send > 0 {
            sending.fail_with_reset(ending.reason());
        }
        Poll::Ready(())
    }
}

impl Future for UpgradedSendStreamTask {
    type Output = ();

    /// Ready when the stream is over: failed, or ended with its handle gone.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let shared = Arc::clone(&this.shared);
        let mut sending = shared.lock();
        match &mut sending.task {
            Some(task) => task.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        match sending.phase {
            Phase::Open => match Self::tick(&mut sending, cx) {
                Poll::Ready(Err(())) => Poll::Ready(()),
                _ => Poll::Pending,
            },
            Phase::Ending(ending) => this.poll_ending(&mut sending, ending, cx),
            Phase::Failed(_) => Poll::Ready(()),
        }
    }
}

impl Drop for UpgradedSendStreamTask {
    fn drop(&mut self) {
        let mut sending = self.shared.lock();
        sending.task = None;
        if !sending.sender.is_end_sent() {
            sending.fail(Failure::TaskGone);
        }
    }
}
