//! A socket in memory whose reader can stop reading.
//!
//! [`wire`] gives two connected ends. Each direction is a [`Flow`] of its own: a byte buffer of bounded size, like the
//! kernel's, which the writer fills and the reader empties. A test holds on to the flows and stops, resumes, breaks or
//! ends them, and reads how much passed.
//!
//! Invariants: a reader is woken when bytes, the end or an error come within its reach; a writer when room, an error or
//! the reader's end does. Wakers are called with no lock held.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Socket buffer of each direction unless [`Flow::set_buffer`] says otherwise, in bytes.
pub const DEFAULT_BUFFER: usize = 64 * 1024;

/// Two connected ends: the client's and the server's.
pub fn wire() -> (WireEnd, WireEnd) {
    let up = Flow::new();
    let down = Flow::new();
    let client = WireEnd {
        incoming: down.clone(),
        outgoing: up.clone(),
    };
    let server = WireEnd {
        incoming: up,
        outgoing: down,
    };
    (client, server)
}

/// One end of a [`wire`]. Dropping it ends what it wrote and breaks the other end's writes.
#[derive(Debug)]
pub struct WireEnd {
    incoming: Flow,
    outgoing: Flow,
}

impl WireEnd {
    /// The direction this end reads.
    pub fn incoming(&self) -> Flow {
        self.incoming.clone()
    }

    /// The direction this end writes.
    pub fn outgoing(&self) -> Flow {
        self.outgoing.clone()
    }
}

/// The tester's hold on one direction of a [`wire`].
#[derive(Clone, Debug)]
pub struct Flow(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    bytes: BytesMut,
    limit: usize,
    stopped: bool,
    ended: bool,
    reader_gone: bool,
    read_error: Option<ErrorKind>,
    write_error: Option<ErrorKind>,
    taken: u64,
    delivered: u64,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Flow {
    fn new() -> Self {
        Flow(Arc::new(Mutex::new(State {
            bytes: BytesMut::new(),
            limit: DEFAULT_BUFFER,
            stopped: false,
            ended: false,
            reader_gone: false,
            read_error: None,
            write_error: None,
            taken: 0,
            delivered: 0,
            reader: None,
            writer: None,
        })))
    }

    /// From now on reads pend, as if the reader had stopped reading its socket. Writes go on until the buffer is full.
    pub fn stop_reading(&self) {
        self.lock().stopped = true;
    }

    /// Undoes [`stop_reading`](Self::stop_reading).
    pub fn resume(&self) {
        self.change(|state| state.stopped = false);
    }

    /// Sets how many bytes the socket accepts while nobody reads. Zero makes every write pend.
    pub fn set_buffer(&self, bytes: usize) {
        self.change(|state| state.limit = bytes);
    }

    /// Bytes the socket accepted from the writer so far.
    pub fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// Bytes the reader read so far.
    pub fn delivered(&self) -> u64 {
        self.lock().delivered
    }

    /// Bytes accepted and not yet read.
    pub fn buffered(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Whether the writer (or [`end`](Self::end)) closed this direction.
    pub fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// Every later read fails with `kind`; bytes not yet read are lost.
    pub fn fail_reads(&self, kind: ErrorKind) {
        self.change(|state| state.read_error = Some(kind));
    }

    /// Every later write, flush and shutdown fails with `kind`.
    pub fn fail_writes(&self, kind: ErrorKind) {
        self.change(|state| state.write_error = Some(kind));
    }

    /// The reader sees the end of the stream after what is buffered; later writes fail with `BrokenPipe`.
    pub fn end(&self) {
        self.change(|state| state.ended = true);
    }

    fn reader_gone(&self) {
        self.change(|state| state.reader_gone = true);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no code panics while it holds the lock")
    }

    /// Changes the state, then lets both sides look again: rare enough that a wake-up too many does no harm.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let (reader, writer) = {
            let mut state = self.lock();
            change(&mut state);
            (state.reader.take(), state.writer.take())
        };
        [reader, writer].into_iter().flatten().for_each(Waker::wake);
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if let Some(kind) = state.read_error {
            return Poll::Ready(Err(kind.into()));
        }
        if state.stopped || (state.bytes.is_empty() && !state.ended) {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let n = state.bytes.len().min(buf.remaining());
        buf.put_slice(&state.bytes[..n]);
        state.bytes.advance(n);
        state.delivered += n as u64;
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }

    fn poll_write(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        state.write_result()?;
        let mut room = state.limit.saturating_sub(state.bytes.len());
        if room == 0 && bufs.iter().any(|buf| !buf.is_empty()) {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut accepted = 0;
        for buf in bufs {
            let n = buf.len().min(room);
            state.bytes.extend_from_slice(&buf[..n]);
            room -= n;
            accepted += n;
        }
        state.taken += accepted as u64;
        let reader = if state.stopped {
            None
        } else {
            state.reader.take()
        };
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(accepted))
    }
}

impl State {
    fn write_result(&self) -> io::Result<()> {
        match self.write_error {
            Some(kind) => Err(kind.into()),
            None if self.reader_gone || self.ended => Err(ErrorKind::BrokenPipe.into()),
            None => Ok(()),
        }
    }
}

impl AsyncRead for WireEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.incoming.poll_read(cx, buf)
    }
}

impl AsyncWrite for WireEnd {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, &[IoSlice::new(buf)])
    }

    /// Ready at once: like a kernel's socket, a flow holds nothing back from its reader.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let state = self.outgoing.lock();
        Poll::Ready(match state.write_error {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.end();
        self.poll_flush(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, bufs)
    }
}

impl Drop for WireEnd {
    fn drop(&mut self) {
        self.outgoing.end();
        self.incoming.reader_gone();
    }
}
