//! A connection, from its first byte to its last.
//!
//! Invariants:
//! - There is one deadline for everything up to the first request.
//! - A connection whose socket takes nothing for longer than a stalled tunnel may, is dropped.
//! - One that is to close is told so once; what was asked for before is answered, and tunnels go on.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout, timeout_at, Instant};
use tokio_rustls::TlsStream;

use crate::connection::{Connection, Place};
use crate::limits::{connection_window, streams, HTTP1_BUFFER, HTTP2_HEAD, STREAM_WINDOW};
use crate::metered::{Meter, Metered};
use crate::options::Options;
use crate::proxy::Proxy;
use crate::proxy_protocol;
use crate::proxy_service;
use crate::refusal::{Cause, Refusal};
use crate::tls::Tls;
use crate::transport::{self, Stream};

/// How often a quiet HTTP/2 client is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// What a connection is given beyond the patience with a stalled tunnel, so that tunnels are found first.
const GRACE: Duration = Duration::from_secs(5);
/// How long a connection may take to tell its client that it was cut off.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub type Server = auto::Builder<TokioExecutor>;

/// Options of the connections that are served.
pub fn server(options: &Options) -> Server {
    let tunnels = options.max_tunnels_per_connection;
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_buf_size(HTTP1_BUFFER);
    server
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(streams(tunnels) as u32)
        .max_send_buf_size(options.send_buffer)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(connection_window(tunnels))
        .max_header_list_size(HTTP2_HEAD)
        .keep_alive_interval(PING_INTERVAL)
        // A client that leaves its socket unread does not answer either, and has its tunnels' patience.
        .keep_alive_timeout(options.stalled_timeout + GRACE);
    server
}

/// A connection that was just accepted.
pub struct Arrival {
    pub proxy: Arc<Proxy>,
    pub accepted: Instant,
    pub server: Arc<Server>,
    /// Where the listener is one for TLS.
    pub tls: Option<Tls>,
}

impl Arrival {
    pub async fn serve(self, tcp: TcpStream, peer: SocketAddr, place: Place) {
        let Ok(local) = tcp.local_addr() else {
            return;
        };
        let proxy = &self.proxy;
        let tunnels = proxy.settings.max_tunnels_per_connection;
        let open = Arc::clone(&proxy.open);
        let mut connection = Connection::new(peer, local.ip(), self.accepted, place, tunnels, open);
        let deadline = self.accepted + proxy.settings.head_timeout;
        let prepared = tokio::select! {
            prepared = timeout_at(deadline, self.prepare(tcp)) => prepared,
            () = proxy.drain.over() => return,
        };
        let prepared = prepared.unwrap_or_else(|_| Err(Cause::HeadTimeout.into()));
        match prepared {
            Ok((stream, client)) => {
                connection.client = client.unwrap_or(peer);
                let connection = Arc::new(connection);
                let _served = connection.served.clone().drop_guard();
                self.serve_requests(stream, connection, deadline).await;
            }
            Err(refusal) => self.tell(&connection, &refusal),
        }
    }

    /// Everything before HTTP.
    async fn prepare(&self, mut tcp: TcpStream) -> Result<(Stream, Option<SocketAddr>), Refusal> {
        transport::tune(&tcp).map_err(|error| Refusal::by(Cause::HeadTimeout, error))?;
        let client = match self.proxy.settings.proxy_protocol {
            true => proxy_protocol::read_header(&mut tcp).await?,
            false => None,
        };
        let Some(tls) = &self.tls else {
            return Ok((Stream::Plain(tcp), client));
        };
        let accepted = tls.acceptor().accept(tcp).await;
        let accepted = accepted.map_err(|error| Refusal::by(Cause::TlsHandshake, error))?;
        let stream = Stream::Tls(Box::new(TlsStream::Server(accepted)));
        Ok((stream, client))
    }

    async fn serve_requests(&self, stream: Stream, connection: Arc<Connection>, deadline: Instant) {
        let (proxy, drain) = (&self.proxy, &self.proxy.drain);
        let meter = Meter::new();
        let io = TokioIo::new(Metered::new(stream, Arc::clone(&meter)));
        let service = service_fn(|request| {
            // Boxed, so that a tunnel does not keep room for what answered its request.
            Box::pin(proxy_service::serve(
                Arc::clone(proxy),
                Arc::clone(&connection),
                request,
            ))
        });
        let mut served = pin!(self.server.serve_connection_with_upgrades(io, service));
        let mut closing = false;
        loop {
            let mut close = false;
            let look = self.next_look(&connection, &meter, deadline, closing);
            tokio::select! {
                biased;
                ended = served.as_mut() => {
                    if let Err(error) = ended {
                        self.tell_end(&connection, error);
                    }
                    return;
                }
                () = drain.over() => {
                    let _ = timeout(LAST_WORDS, served).await;
                    return;
                }
                () = drain.begun(), if !closing => close = true,
                () = connection.close.notified(), if !closing => close = true,
                () = sleep_until(look) => match self.look(&connection, &meter, deadline, closing) {
                    Look::Fine => {}
                    Look::Idle => close = true,
                    Look::Late => {
                        if connection.requests() == 0 {
                            self.tell(&connection, &Cause::HeadTimeout.into());
                        }
                        return;
                    }
                    Look::Stalled => {
                        tracing::info!(client = %connection.client, "connection dropped: its client takes nothing");
                        return;
                    }
                },
            }
            if close {
                closing = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }

    fn next_look(
        &self,
        connection: &Connection,
        meter: &Meter,
        deadline: Instant,
        closing: bool,
    ) -> Instant {
        if connection.requests() == 0 || connection.is_excess() {
            return deadline;
        }
        let now = Instant::now();
        let stalled = meter.pending_since().unwrap_or(now) + self.patience_with_socket();
        let idle = connection.idle_since().unwrap_or(now) + self.proxy.settings.idle_timeout;
        match closing {
            true => stalled,
            false => stalled.min(idle),
        }
    }

    fn look(
        &self,
        connection: &Connection,
        meter: &Meter,
        deadline: Instant,
        closing: bool,
    ) -> Look {
        let now = Instant::now();
        let is_due =
            |since: Option<Instant>, patience| since.is_some_and(|it| it + patience <= now);
        if connection.requests() == 0 || connection.is_excess() {
            return match deadline <= now {
                true => Look::Late,
                false => Look::Fine,
            };
        }
        if is_due(meter.pending_since(), self.patience_with_socket()) {
            return Look::Stalled;
        }
        match !closing && is_due(connection.idle_since(), self.proxy.settings.idle_timeout) {
            true => Look::Idle,
            false => Look::Fine,
        }
    }

    fn patience_with_socket(&self) -> Duration {
        self.proxy.settings.stalled_timeout + GRACE
    }

    /// Tells of a connection that is closed without an answer.
    fn tell(&self, connection: &Connection, refusal: &Refusal) {
        let cause = refusal.cause;
        tracing::info!(
            cause = cause.label(),
            client = %connection.client,
            "connection refused: {refusal}",
        );
        self.proxy.metrics.refused(cause);
    }

    fn tell_end(&self, connection: &Connection, error: Box<dyn Error + Send + Sync>) {
        let failed = error.downcast_ref::<hyper::Error>();
        let is_first = connection.requests() == 0;
        match failed {
            // hyper has answered by itself.
            Some(failed) if failed.is_parse() => {
                self.tell(connection, &Refusal::by(Cause::BadRequest, error));
            }
            Some(failed) if failed.is_timeout() && is_first => {
                self.tell(connection, &Refusal::by(Cause::HeadTimeout, error));
            }
            _ => tracing::debug!(client = %connection.client, "connection ended: {error}"),
        }
    }
}

/// What becomes of a connection that was looked at.
enum Look {
    Fine,
    /// Without requests or tunnels for long.
    Idle,
    /// Its first request has not come in time.
    Late,
    /// Its socket takes nothing.
    Stalled,
}
