//! The task that drives a client connection's transport.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use futures_channel::oneshot;
use h2::client::{Builder, Connection, SendRequest};

use crate::proto::h2::aside::{Aside, Part};
use crate::proto::h2::ping::ponger::{self, Ponged, Ponger};
use crate::proto::h2::ping::recorder::Recorder;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::port::Port;
use crate::proto::h2::transport::wire::Wire;
use crate::rt::clock::Clock;
use crate::rt::{Read, Write};

/// Runs until the connection is over, and says how it ended.
pub struct ConnectionTask<T>
where
    T: Read + Write + Unpin,
{
    port: Port<T>,
    driven: Aside<Driven>,
    ended: Option<oneshot::Sender<crate::Result<()>>>,
}

/// What does not depend on the transport.
#[derive(Default)]
pub(crate) struct Driven {
    connection: Option<Connection<Wire, SendBuf>>,
    ponger: Option<Ponger>,
}

type Handshake =
    dyn Future<Output = crate::Result<(SendRequest<SendBuf>, Aside<Driven>)>> + Send + Sync;

impl Driven {
    /// Has h2 say the preface and SETTINGS. Does not wait for the peer.
    pub(crate) fn handshake(builder: Builder, wire: Wire) -> Pin<Box<Handshake>> {
        Box::pin(async move {
            let (requests, connection) = builder
                .handshake(wire)
                .await
                .map_err(crate::Error::from_h2)?;
            let driven = Driven {
                connection: Some(connection),
                ponger: None,
            };
            Ok((requests, Aside::new(driven)))
        })
    }

    /// Begins to measure, and to look whether the peer is there, as `config` says.
    pub(crate) fn start_pings(&mut self, config: ponger::Config, clock: Clock) -> Recorder {
        let connection = self.connection.as_mut();
        let ping_pong = || connection.and_then(Connection::ping_pong);
        let (recorder, ponger) = ponger::start(ping_pong, config, clock);
        self.ponger = ponger;
        recorder
    }
}

impl Part for Driven {
    #[inline(never)]
    fn let_go(self) {}
}

impl<T> ConnectionTask<T>
where
    T: Read + Write + Unpin,
{
    pub(crate) fn new(
        port: Port<T>,
        driven: Aside<Driven>,
        ended: oneshot::Sender<crate::Result<()>>,
    ) -> ConnectionTask<T> {
        ConnectionTask {
            port,
            driven,
            ended: Some(ended),
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let Driven {
            connection: Some(connection),
            ponger,
        } = &mut *self.driven
        else {
            return Poll::Pending;
        };
        loop {
            let polled = self
                .port
                .poll_around(cx, |cx| Pin::new(&mut *connection).poll(cx));
            if let Poll::Ready(result) = polled {
                return Poll::Ready(result.map_err(crate::Error::from_h2));
            }
            let Some(ponger) = ponger else {
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
