//! The task that drives a client connection's transport.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use futures_channel::oneshot;
use h2::client::Connection;

use crate::proto::h2::ping::ponger::{Ponged, Ponger};
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::port::Port;
use crate::proto::h2::transport::wire::Wire;
use crate::rt::{Read, Write};

/// Runs until the connection is over, and says how it ended.
pub struct ConnectionTask<T>
where
    T: Read + Write + Unpin,
{
    port: Port<T>,
    connection: Connection<Wire, SendBuf>,
    ponger: Option<Ponger>,
    ended: Option<oneshot::Sender<crate::Result<()>>>,
}

impl<T> ConnectionTask<T>
where
    T: Read + Write + Unpin,
{
    pub(crate) fn new(
        port: Port<T>,
        connection: Connection<Wire, SendBuf>,
        ponger: Option<Ponger>,
        ended: oneshot::Sender<crate::Result<()>>,
    ) -> ConnectionTask<T> {
        ConnectionTask {
            port,
            connection,
            ponger,
            ended: Some(ended),
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let connection = &mut self.connection;
        loop {
            let polled = self
                .port
                .poll_around(cx, |cx| Pin::new(&mut *connection).poll(cx));
            if let Poll::Ready(result) = polled {
                return Poll::Ready(result.map_err(crate::Error::from_h2));
            }
            let Some(ponger) = &mut self.ponger else {
                return Poll::Pending;
            };
            match ready!(ponger.poll(cx)) {
                Ponged::WindowUpdate(size) => {
                    connection.set_target_window_size(size);
                    // Refused only while an earlier SETTINGS frame is unacknowledged; then the
                    // next measurement tries again.
                    let _ = connection.set_initial_window_size(size);
                }
                Ponged::KeepAliveTimedOut => {
                    return Poll::Ready(Err(crate::Error::keep_alive_timed_out()));
                }
            }
        }
    }
}

impl<T> Future for ConnectionTask<T>
where
    T: Read + Write + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let result = ready!(self.poll_end(cx));
        if let Some(ended) = self.ended.take() {
            // The dispatcher may be gone already: then nobody asks.
            let _ = ended.send(result);
        }
        Poll::Ready(())
    }
}
