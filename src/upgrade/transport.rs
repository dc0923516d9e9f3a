//! The whole transport of a connection, as what an upgrade hands over.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::rt::{Read, ReadBufCursor, Write};
use crate::upgrade::tunnel::Tunnel;

/// The transport that was given to a connection. The wrapper tells it from a tunnel that is one
/// stream of a connection: only this one can be had back with
/// [`Upgraded::downcast`](crate::upgrade::Upgraded::downcast).
pub(crate) struct Transport<T>(T);

impl<T> Transport<T> {
    pub(crate) fn new(io: T) -> Transport<T> {
        Transport(io)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Read + Write + Send + Unpin + 'static> Tunnel for Transport<T> {}

impl<T: Read + Unpin> Read for Transport<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for Transport<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}
