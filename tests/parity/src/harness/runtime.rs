//! hyper's I/O, timer and executor on the simulated ones.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::{Duration, Instant};

use super::hyper::rt;
use crate::observation::Actor;
use crate::sim::{Clock, Nap, Spawner};
use crate::wire::Wire;

pub struct Io(Wire);

impl Io {
    pub fn new(wire: Wire) -> Self {
        Io(wire)
    }

    /// What comes behind the bytes that were read. How far hyper reads ahead is its own affair.
    pub fn unread(&self) -> Vec<u8> {
        self.0.unread()
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.0.dropped();
    }
}

impl rt::Read for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(self.0.poll_read(cx, buf.remaining()))?;
        buf.put_slice(&read);
        Poll::Ready(Ok(()))
    }
}

impl rt::Write for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_shutdown()
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bufs)
    }
}

pub struct SimTimer(pub Clock);

struct SimSleep(Nap);

impl Future for SimSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl rt::Sleep for SimSleep {}

impl rt::Timer for SimTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(SimSleep(self.0.sleep(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(SimSleep(self.0.sleep_until(deadline)))
    }

    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// Runs hyper's own tasks; a panic in one is the connection's.
#[derive(Clone)]
pub struct SimExecutor(pub Spawner);

impl<F> rt::Executor<F> for SimExecutor
where
    F: Future + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(Actor::Connection, async {
            future.await;
        });
    }
}
