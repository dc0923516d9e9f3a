//! hyper's transport, with a record of what hyper called on it.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use crate::support::gate::WireEnd;
use crate::support::tokio_rt::TokioIo;

/// One end of a wire, for hyper to read and write.
#[derive(Debug)]
pub struct HyperIo {
    io: TokioIo<WireEnd>,
    record: Record,
    vectored: bool,
    shutdown_error: Option<ErrorKind>,
}

/// What was called on a [`HyperIo`]. Clones share one record.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    read_rooms: Vec<usize>,
    writes: Vec<Vec<u8>>,
    most_slices: usize,
    unflushed: usize,
    unflushed_at_shutdown: usize,
    shutdowns: usize,
}

impl Record {
    fn with<T>(&self, look: impl FnOnce(&mut Calls) -> T) -> T {
        look(&mut self.0.lock().expect("no code panics under this lock"))
    }

    /// For each read so far, how many bytes it could have taken.
    pub fn read_rooms(&self) -> Vec<usize> {
        self.with(|calls| calls.read_rooms.clone())
    }

    /// What each write so far put on the wire.
    pub fn writes(&self) -> Vec<String> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        self.with(|calls| calls.writes.iter().map(text).collect())
    }

    pub fn forget_writes(&self) {
        self.with(|calls| calls.writes.clear());
    }

    /// The largest number of slices any write had.
    pub fn most_slices(&self) -> usize {
        self.with(|calls| calls.most_slices)
    }

    /// Calls of `poll_shutdown` that succeeded.
    pub fn shutdowns(&self) -> usize {
        self.with(|calls| calls.shutdowns)
    }

    /// Writes that no flush had followed when the transport was shut down.
    pub fn unflushed_at_shutdown(&self) -> usize {
        self.with(|calls| calls.unflushed_at_shutdown)
    }
}

impl HyperIo {
    pub fn new(io: WireEnd) -> Self {
        HyperIo {
            io: TokioIo::new(io),
            record: Record::default(),
            vectored: true,
            shutdown_error: None,
        }
    }

    /// From now on it says that it has no use for vectored writes.
    pub fn not_vectored(mut self) -> Self {
        self.vectored = false;
        self
    }

    /// Shutting it down fails.
    pub fn failing_shutdown(mut self, kind: ErrorKind) -> Self {
        self.shutdown_error = Some(kind);
        self
    }

    pub fn record(&self) -> Record {
        self.record.clone()
    }
}

impl Read for HyperIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = cursor.remaining();
        self.record.with(|calls| calls.read_rooms.push(room));
        Pin::new(&mut self.io).poll_read(cx, cursor)
    }
}

impl Write for HyperIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.record.with(|calls| calls.unflushed = 0);
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(kind) = self.shutdown_error {
            return Poll::Ready(Err(kind.into()));
        }
        let done = Pin::new(&mut self.io).poll_shutdown(cx);
        if let Poll::Ready(Ok(())) = done {
            self.record.with(|calls| {
                calls.shutdowns += 1;
                calls.unflushed_at_shutdown = calls.unflushed;
            });
        }
        done
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(n)) = written {
            let bytes = bufs.iter().flat_map(|buf| buf.iter().copied());
            let bytes = bytes.take(n).collect();
            self.record.with(|calls| {
                calls.writes.push(bytes);
                calls.most_slices = calls.most_slices.max(bufs.len());
                calls.unflushed += 1;
            });
        }
        written
    }
}
