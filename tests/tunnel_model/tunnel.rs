//! One tunnel: its user's calls, and what the model knows of both its ends.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use h2::Reason;
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::pattern::{bytes_at, from_hyper, from_peer};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::Timer;
use crate::support::virtual_timer::CountingWaker;

/// How long a tunnel that was let go may stand still.
const LINGER: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Write(usize),
    Flush,
    Shutdown,
}

pub struct Tunnel {
    pub stream: u32,
    timer: Timer,
    frame: usize,

    // ----- the user's end -----
    io: Option<TokioIo<Upgraded>>,
    sender: Caller<Call>,
    reader: Caller<()>,
    pub accepted: usize,
    /// When END_STREAM was asked for, by shutdown or by drop.
    pub let_go: Option<Instant>,
    pub failed: Option<ErrorKind>,
    /// Whether a shutdown said that all is with h2. From then on nobody need ask again.
    is_shut_down: bool,
    /// Whether a flush or shutdown said that all was well after the peer's reset had been seen.
    pub denied_reset: bool,
    read: usize,
    is_read_to_end: bool,

    // ----- the peer's end -----
    pub arrived: usize,
    pub end_seen: bool,
    pub reset_seen: Option<Reason>,
    pub granted: i64,
    /// Most bytes that windows allowed in all, at any time.
    pub most_allowed: i64,
    pub sent: usize,
    pub end_sent: bool,
    pub reset_sent: Option<Reason>,
    /// Whether hyper has certainly seen the peer's reset.
    pub is_reset_known: bool,
    /// WINDOW_UPDATE received.
    pub credit: usize,
}

/// Whoever waits for one direction of a tunnel.
struct Caller<C> {
    counter: Arc<CountingWaker>,
    waker: Waker,
    /// What pends, and how often it had been woken when it was polled.
    pending: Option<(C, usize)>,
}

impl<C: Copy> Caller<C> {
    fn new() -> Self {
        let (counter, waker) = CountingWaker::new();
        Caller {
            counter,
            waker,
            pending: None,
        }
    }

    fn asleep(&self) -> Option<C> {
        let (call, wakes) = self.pending?;
        (self.counter.wakes() == wakes).then_some(call)
    }
}

impl Tunnel {
    pub fn new(io: TokioIo<Upgraded>, stream: u32, timer: Timer, frame: usize) -> Self {
        Tunnel {
            stream,
            timer,
            frame,
            io: Some(io),
            sender: Caller::new(),
            reader: Caller::new(),
            accepted: 0,
            let_go: None,
            failed: None,
            is_shut_down: false,
            denied_reset: false,
            read: 0,
            is_read_to_end: false,
            arrived: 0,
            end_seen: false,
            reset_seen: None,
            granted: 0,
            most_allowed: 0,
            sent: 0,
            end_sent: false,
            reset_sent: None,
            is_reset_known: false,
            credit: 0,
        }
    }

    pub fn is_held(&self) -> bool {
        self.io.is_some()
    }

    pub fn is_reset(&self) -> bool {
        self.reset_sent.is_some() || self.reset_seen.is_some()
    }

    /// Whether both sides are known to have ended.
    pub fn is_closed(&self) -> bool {
        self.end_seen && self.end_sent
    }

    /// Whether patience may have run out.
    pub fn may_have_lingered(&self) -> bool {
        let let_go = self.let_go.is_some_and(|at| at.elapsed() >= LINGER);
        let_go && self.timer == Timer::Tokio
    }

    /// The call that pends and was not woken since.
    pub fn asleep(&self) -> Option<Call> {
        self.sender.asleep()
    }

    pub fn is_reader_asleep(&self) -> bool {
        self.reader.asleep().is_some()
    }

    pub fn drop_handle(&mut self) {
        if self.io.take().is_some() {
            self.let_go.get_or_insert_with(Instant::now);
            self.sender.pending = None;
            self.reader.pending = None;
        }
    }

    /// Polls `call` once; tells whether it is done. A tunnel whose handle is gone does nothing, and is done.
    pub fn poll(&mut self, call: Call) -> Poll<()> {
        let Some(io) = &mut self.io else {
            return Poll::Ready(());
        };
        let wakes = self.sender.counter.wakes();
        let cx = &mut Context::from_waker(&self.sender.waker);
        let io = Pin::new(io);
        let polled = match call {
            Call::Write(len) => {
                io.poll_write(cx, bytes_at(from_hyper(self.stream), self.accepted, len))
            }
            Call::Flush => io.poll_flush(cx).map_ok(|()| 0),
            Call::Shutdown => io.poll_shutdown(cx).map_ok(|()| 0),
        };
        self.sender.pending = None;
        let was_let_go = self.let_go.is_some();
        if call == Call::Shutdown {
            self.let_go.get_or_insert_with(Instant::now);
        }
        match polled {
            Poll::Pending => {
                self.sender.pending = Some((call, wakes));
                self.check_pending(call, was_let_go);
                return Poll::Pending;
            }
            Poll::Ready(Ok(len)) => self.check_done(call, len, was_let_go),
            Poll::Ready(Err(err)) => self.check_failure(call, &err, was_let_go),
        }
        Poll::Ready(())
    }

    fn check_pending(&self, call: Call, was_let_go: bool) {
        assert_eq!(self.failed, None, "{call:?} pends after a failure");
        assert!(!self.must_fail(), "{call:?} pends after a reset");
        if let Call::Write(_) = call {
            assert!(!was_let_go, "a write pends after shutdown");
            let held = self.accepted - self.arrived;
            assert!(held >= self.frame, "a write pends where {held} are held");
        }
    }

    fn check_done(&mut self, call: Call, len: usize, was_let_go: bool) {
        assert_eq!(self.failed, None, "{call:?} is Ok after a failure");
        match call {
            Call::Write(0) => assert_eq!(len, 0),
            Call::Write(offered) => {
                assert!(len > 0, "a write of {offered} accepted nothing");
                assert!(len <= offered);
                assert!(!was_let_go, "a write after shutdown is Ok");
                assert!(!self.must_fail(), "a write after a reset is Ok");
                self.accepted += len;
                let beyond = self.accepted as i64 - self.most_allowed.max(0);
                assert!(
                    beyond <= self.frame as i64,
                    "{beyond} bytes accepted beyond the window"
                );
            }
            Call::Flush | Call::Shutdown => {
                assert!(!self.must_fail(), "{call:?} after a reset is Ok");
                self.denied_reset |= self.is_reset_known && !self.is_shut_down;
                self.is_shut_down |= call == Call::Shutdown;
                assert!(
                    self.accepted as i64 <= self.most_allowed.max(0),
                    "{call:?} is done with bytes that wait for window"
                );
            }
        }
    }

    /// Whether the peer's reset leaves no room for an Ok. A stream that both sides may have ended before is left aside.
    fn must_fail(&self) -> bool {
        self.is_reset_known && !(self.end_sent && self.let_go.is_some())
    }

    fn check_failure(&mut self, call: Call, err: &io::Error, was_let_go: bool) {
        // No failure of the tunnel's, unless there was one before.
        if was_let_go && self.failed.is_none() && err.to_string() == "write after shutdown" {
            assert!(matches!(call, Call::Write(_)), "{call:?}: {err:?}");
            assert_eq!(err.kind(), ErrorKind::BrokenPipe);
            return;
        }
        match self.failed {
            Some(kind) => assert_eq!(err.kind(), kind, "{call:?} fails in another way: {err:?}"),
            None => {
                assert!(
                    self.reset_sent.is_some() || self.may_have_lingered(),
                    "{call:?} fails without a cause: {err:?}"
                );
                if !self.may_have_lingered() {
                    // Of a stream that both sides had ended h2 keeps no reset: lost bytes show, their cause does not.
                    let is_forgotten = self.end_sent && was_let_go;
                    let expected = self.reset_sent.map(kind_for);
                    assert!(
                        Some(err.kind()) == expected
                            || (is_forgotten && err.kind() == ErrorKind::BrokenPipe),
                        "{err:?}, where {expected:?} was to be expected"
                    );
                }
                self.failed = Some(err.kind());
            }
        }
    }

    /// Polls a read into `buf` once; tells whether it brought bytes.
    pub fn poll_read(&mut self, buf: &mut [u8]) -> bool {
        let Some(io) = &mut self.io else {
            return false;
        };
        let wakes = self.reader.counter.wakes();
        let cx = &mut Context::from_waker(&self.reader.waker);
        let mut buf = ReadBuf::new(buf);
        let polled = Pin::new(io).poll_read(cx, &mut buf);
        self.reader.pending = None;
        let len = buf.filled().len();
        match polled {
            Poll::Pending => {
                assert!(!self.is_read_to_end, "a read pends after the end");
                self.reader.pending = Some(((), wakes));
            }
            Poll::Ready(Ok(())) if len > 0 => {
                assert!(!self.is_read_to_end, "bytes after the end");
                assert!(self.read + len <= self.sent, "more read than sent");
                let expected = bytes_at(from_peer(self.stream), self.read, len);
                assert!(buf.filled() == expected, "a wrong byte is read");
                self.read += len;
            }
            Poll::Ready(Ok(())) => {
                let is_end = self.end_sent
                    || matches!(self.reset_sent, Some(Reason::NO_ERROR | Reason::CANCEL));
                assert!(is_end, "an end that the peer did not make");
                assert_eq!(self.read, self.sent, "the end before all is read");
                self.is_read_to_end = true;
            }
            Poll::Ready(Err(ref err)) => {
                let may_have_lingered = self.may_have_lingered();
                assert!(
                    self.reset_sent.is_some() || may_have_lingered,
                    "a read fails without a cause: {err:?}"
                );
                assert!(
                    self.read == self.sent || may_have_lingered,
                    "a read fails with {} of {} bytes read",
                    self.read,
                    self.sent
                );
            }
        }
        matches!(polled, Poll::Ready(Ok(()))) && len > 0
    }

    /// Bytes the peer sent and the user did not read.
    pub fn unread(&self) -> usize {
        self.sent - self.read
    }

    /// Whether the peer's bytes all came to the user, and the end of them.
    pub fn is_all_read(&self) -> bool {
        self.read == self.sent && self.is_read_to_end
    }

    /// Polls again what sleeps. With everything at rest nothing but an outside event can complete it.
    ///
    /// Where the socket is not read, a writer may be left to sleep until much of what is held has gone.
    pub fn probe(&mut self, is_socket_read: bool) {
        let call = self.asleep();
        let call = call.filter(|call| *call == Call::Flush || is_socket_read);
        if let Some(call) = call {
            let polled = self.poll(call);
            assert!(polled.is_pending(), "{call:?} was not woken");
        }
        if self.is_reader_asleep() {
            let brought = self.poll_read(&mut [0; 1]);
            let asleep = self.is_reader_asleep();
            assert!(!brought && asleep, "a read was not woken");
        }
    }
}

/// The kind a writer gets for a reset: a peer that merely went away breaks the pipe, anything else is an error of its own.
fn kind_for(code: Reason) -> ErrorKind {
    match code {
        Reason::NO_ERROR | Reason::CANCEL | Reason::STREAM_CLOSED => ErrorKind::BrokenPipe,
        _ => ErrorKind::Other,
    }
}
