//! Types whose auto traits the tests choose, and a way to ask for a type's traits.
//!
//! Every probe carries markers: `()` for all of `Send`, `Sync` and `Unpin`; [`OnlySend`], [`OnlySync`] and [`Pinned`] for what their names say.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll};

use bytes::Buf;
use hyper::body::{Body, Frame, Incoming};
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper::service::Service;
use hyper::{Request, Response};

/// Whether a type, without parameters of the place that asks, implements a trait.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        #[allow(dead_code)]
        trait Otherwise {
            fn is_implemented() -> bool {
                false
            }
        }
        impl<T: ?Sized> Otherwise for T {}
        #[allow(dead_code)]
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        // Where the bound holds, the inherent function goes first.
        #[allow(dead_code)]
        impl<T: ?Sized + $trait> Asked<T> {
            fn is_implemented() -> bool {
                true
            }
        }
        <Asked<$type>>::is_implemented()
    }};
}
pub(crate) use implements;

pub type OnlySend = Cell<()>;
pub type OnlySync = MutexGuard<'static, ()>;
pub type Pinned = PhantomPinned;

#[test]
fn markers_are_what_they_say() {
    assert!(implements!((): Send) && implements!((): Sync) && implements!((): Unpin));
    assert!(implements!(OnlySend: Send) && !implements!(OnlySend: Sync));
    assert!(!implements!(OnlySync: Send) && implements!(OnlySync: Sync));
    assert!(implements!(Pinned: Send) && implements!(Pinned: Sync) && !implements!(Pinned: Unpin));
}

/// A marker that is some other type's, and leaves its holder alone.
type Elsewhere<M> = PhantomData<fn() -> M>;

/// A transport.
pub struct Io<M>(PhantomData<M>);

impl<M> Read for Io<M> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<M> Write for Io<M> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An executor of any future.
pub struct Exec<M>(PhantomData<M>);

impl<M> Exec<M> {
    pub fn new() -> Self {
        Exec(PhantomData)
    }
}

impl<M> Clone for Exec<M> {
    fn clone(&self) -> Self {
        Exec(PhantomData)
    }
}

impl<M, F> Executor<F> for Exec<M> {
    fn execute(&self, _: F) {}
}

/// A body, with a marker for itself and one for its data.
pub struct ProbeBody<M, D = ()>(PhantomData<M>, Elsewhere<D>);

impl<M, D> Body for ProbeBody<M, D> {
    type Data = Chunk<D>;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Chunk<D>>>>> {
        Poll::Ready(None)
    }
}

/// Data of a [`ProbeBody`].
pub struct Chunk<D>(PhantomData<D>);

impl<D> Buf for Chunk<D> {
    fn remaining(&self) -> usize {
        0
    }

    fn chunk(&self) -> &[u8] {
        &[]
    }

    fn advance(&mut self, _: usize) {}
}

/// A service, with markers for itself, for its future and for its response's body and data.
pub struct Svc<M, F = (), B = (), D = ()>(PhantomData<M>, Elsewhere<(F, B, D)>);

impl<M, F, B, D> Service<Request<Incoming>> for Svc<M, F, B, D> {
    type Response = Response<ProbeBody<B, D>>;
    type Error = io::Error;
    type Future = Fut<F, B, D>;

    fn call(&self, _: Request<Incoming>) -> Self::Future {
        Fut(PhantomData, PhantomData)
    }
}

/// The future of a [`Svc`].
pub struct Fut<F, B, D>(PhantomData<F>, Elsewhere<(B, D)>);

impl<F, B, D> Future for Fut<F, B, D> {
    type Output = io::Result<Response<ProbeBody<B, D>>>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}
