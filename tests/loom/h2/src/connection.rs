//! The connection, which lets go of the lock wherever it calls the transport.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Buf;
use h2::{server, Error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::streams::{RecvStream, SendStream};
use crate::{lock, Guard};

/// As `h2::server::Connection`, behind the request.
pub struct Connection<T, B: Buf> {
    inner: Option<server::Connection<Unlocked<T>, B>>,
    held: Held,
}

/// The lock, while h2 is being polled and not calling the transport.
#[derive(Clone, Default)]
struct Held(Rc<RefCell<Option<Guard>>>);

/// A transport that is called without the lock.
struct Unlocked<T> {
    io: T,
    held: Held,
}

impl<T, B> Connection<T, B>
where
    T: AsyncRead + AsyncWrite + Unpin,
    B: Buf + 'static,
{
    /// Answers the first request with a 200 that leaves the stream open, as a tunnel begins.
    ///
    /// Panics unless `io` has all of the peer's side of that to be read, and takes the answer.
    pub fn accept_tunnel(io: T) -> (Connection<T, B>, SendStream<B>, RecvStream) {
        let held = Held::default();
        held.acquire();
        let io = Unlocked {
            io,
            held: held.clone(),
        };
        let mut cx = Context::from_waker(Waker::noop());
        let handshake = pin!(server::Builder::new().handshake::<Unlocked<T>, B>(io));
        let Poll::Ready(Ok(mut inner)) = handshake.poll(&mut cx) else {
            panic!("the transport should hold a handshake");
        };
        let Poll::Ready(Some(Ok((request, mut respond)))) = inner.poll_accept(&mut cx) else {
            panic!("the transport should hold a request");
        };
        let send = respond
            .send_response(http::Response::new(()), false)
            .expect("a request that just arrived can be answered");
        drop(respond);
        assert!(inner.poll_closed(&mut cx).is_pending());
        held.release();
        let connection = Connection {
            inner: Some(inner),
            held,
        };
        let recv = RecvStream::new(request.into_body());
        (connection, SendStream::new(send), recv)
    }

    /// As `h2::server::Connection::poll_closed`.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let inner = self
            .inner
            .as_mut()
            .expect("a connection is there until it is dropped");
        self.held.acquire();
        let polled = inner.poll_closed(cx);
        self.held.release();
        polled
    }
}

impl<T, B: Buf> Drop for Connection<T, B> {
    fn drop(&mut self) {
        let _lock = lock();
        self.inner = None;
    }
}

impl Held {
    fn acquire(&self) {
        let guard = lock();
        *self.0.borrow_mut() = Some(guard);
    }

    fn release(&self) {
        let guard = self.0.borrow_mut().take();
        drop(guard);
    }
}

impl<T: Unpin> Unlocked<T> {
    fn call<R>(&mut self, call: impl FnOnce(Pin<&mut T>) -> R) -> R {
        self.held.release();
        let result = call(Pin::new(&mut self.io));
        self.held.acquire();
        result
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Unlocked<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.call(|io| io.poll_read(cx, buf))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Unlocked<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.call(|io| io.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call(|io| io.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call(|io| io.poll_shutdown(cx))
    }
}
