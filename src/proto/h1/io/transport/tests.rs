use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{Transport, TransportOptions};
use crate::proto::h1::io::read_buf::{ReadSize, MIN_READ};
use crate::proto::h1::io::write_buf::WriteStrategy;
use crate::rt::{Read, ReadBufCursor, Write};

/// Notes what is called; blocks flushing while `is_stuck`.
#[derive(Default)]
struct Notes {
    calls: Vec<&'static str>,
    is_vectored: bool,
    is_stuck: bool,
}

impl Read for Notes {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        buf.put_slice(b"unparsed");
        Poll::Ready(Ok(()))
    }
}

impl Write for Notes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.calls.push("write");
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.calls.push("write vectored");
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_stuck {
            return Poll::Pending;
        }
        self.calls.push("flush");
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.push("shutdown");
        Poll::Ready(Ok(()))
    }
}

fn transport(io: Notes, write_strategy: Option<WriteStrategy>) -> Transport<Notes> {
    let options = TransportOptions {
        read_size: ReadSize::UpTo(MIN_READ),
        write_strategy,
        write_limit: MIN_READ,
    };
    Transport::new(io, &options)
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

// Contract 4.5-5.
#[test]
fn what_waits_is_written_and_flushed_before_the_shutdown() {
    let mut transport = transport(Notes::default(), None);
    transport.outgoing().text().extend_from_slice(b"last words");
    transport.io.is_stuck = true;
    assert!(transport.poll_shutdown(&mut context()).is_pending());
    transport.io.is_stuck = false;
    assert!(transport.poll_shutdown(&mut context()).is_ready());
    assert_eq!(transport.io.calls, ["write", "flush", "shutdown"]);
    assert!(transport.is_written());
}

// Contract 3.1-9.
#[test]
fn the_transport_decides_how_data_is_written_unless_the_caller_did() {
    for (is_vectored, strategy, length, call) in [
        (false, None, 2048, "write"),
        (true, None, 2048, "write vectored"),
        (true, None, 1025, "write vectored"),
        // So little is not worth a slice.
        (true, None, 1024, "write"),
        (true, Some(WriteStrategy::Flatten), 2048, "write"),
        (false, Some(WriteStrategy::Queue), 4, "write vectored"),
    ] {
        let io = Notes {
            is_vectored,
            ..Notes::default()
        };
        let mut transport = transport(io, strategy);
        transport.outgoing().text().extend_from_slice(b"head");
        transport.outgoing().push(Bytes::from(vec![b'd'; length]));
        assert!(transport.poll_flush(&mut context()).is_ready());
        let case = format!("{is_vectored}, {strategy:?}, {length}");
        assert_eq!(transport.io.calls[0], call, "{case}");
    }
}

#[test]
fn parts_keep_what_was_received() {
    let mut transport = transport(Notes::default(), None);
    assert!(transport.is_drained());
    assert!(transport.poll_fill(&mut context()).is_ready());
    assert!(!transport.is_drained());
    assert_eq!(transport.room(), MIN_READ - 8);
    transport.received().truncate(2);
    assert_eq!(transport.into_parts().1, "un");
}
