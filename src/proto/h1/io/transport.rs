//! The caller's transport with the bytes that wait on either side of it.
//!
//! Invariants:
//! - The transport is shut down only after everything that waited was written and flushed.
//! - Reading neither waits for writing nor the other way round.

use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::{Bytes, BytesMut};

use crate::proto::h1::io::read_buf::{ReadBuffer, ReadSize};
use crate::proto::h1::io::write_buf::{WriteBuffer, WriteStrategy};
use crate::rt::{Read, Write};

/// How a transport is read from and written to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransportOptions {
    pub(crate) read_size: ReadSize,
    /// `None` leaves it to what the transport is good at.
    pub(crate) write_strategy: Option<WriteStrategy>,
    /// How many bytes may wait to be written before no more data is taken on.
    pub(crate) write_limit: usize,
}

pub(crate) struct Transport<T> {
    io: T,
    received: ReadBuffer,
    outgoing: WriteBuffer,
}

impl<T> Transport<T> {
    pub(crate) fn received(&mut self) -> &mut BytesMut {
        self.received.bytes()
    }

    /// Whether no received byte waits to be parsed.
    pub(crate) fn is_drained(&self) -> bool {
        self.received.is_empty()
    }

    /// How many more bytes can be received before some are parsed.
    pub(crate) fn room(&self) -> usize {
        self.received.room()
    }

    pub(crate) fn outgoing(&mut self) -> &mut WriteBuffer {
        &mut self.outgoing
    }

    /// Whether more data may be given to [`outgoing`](Self::outgoing).
    pub(crate) fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }

    /// Whether every byte has been accepted by the transport.
    pub(crate) fn is_written(&self) -> bool {
        self.outgoing.remaining() == 0
    }

    /// The transport, and what was received and not parsed. What was not written is lost.
    pub(crate) fn into_parts(self) -> (T, Bytes) {
        (self.io, self.received.into_bytes())
    }
}

impl<T: Read + Write + Unpin> Transport<T> {
    pub(crate) fn new(io: T, options: &TransportOptions) -> Transport<T> {
        let strategy = options.write_strategy.unwrap_or(if io.is_write_vectored() {
            WriteStrategy::QueueLarge
        } else {
            WriteStrategy::Flatten
        });
        Transport {
            io,
            received: ReadBuffer::new(options.read_size),
            outgoing: WriteBuffer::new(strategy, options.write_limit),
        }
    }

    /// Reads once; see [`ReadBuffer::poll_fill`].
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.received.poll_fill(&mut self.io, cx)
    }

    /// Ready once everything was written and the transport has flushed it. Wakes as the transport takes more.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.outgoing.poll_write_to(&mut self.io, cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Flushes, then ends the writing direction.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
