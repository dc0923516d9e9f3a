//! What the requests of one connection share.
//!
//! Invariants:
//! - A connection counts as open as long as anything of it is: an HTTP/1 tunnel keeps it although hyper is done with it.
//! - [`Busy`] is what keeps an HTTP/2 connection from being closed for idleness; each request and tunnel has one.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicU8, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use hyper::Version;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::limits::{Gate, Pass};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub fn of(version: Version) -> Protocol {
        match version {
            Version::HTTP_2 => Protocol::Http2,
            _ => Protocol::Http1,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Protocol::Http1 => "h1",
            Protocol::Http2 => "h2",
        }
    }
}

/// Open connections by protocol.
#[derive(Debug, Default)]
pub struct Open {
    unknown: AtomicUsize,
    http1: AtomicUsize,
    http2: AtomicUsize,
}

impl Open {
    fn of(&self, known: u8) -> &AtomicUsize {
        match known {
            HTTP1 => &self.http1,
            HTTP2 => &self.http2,
            _ => &self.unknown,
        }
    }

    /// Unknown, HTTP/1, HTTP/2.
    pub fn counts(&self) -> [usize; 3] {
        [&self.unknown, &self.http1, &self.http2].map(|count| count.load(Ordering::Relaxed))
    }
}

const UNKNOWN: u8 = 0;
const HTTP1: u8 = 1;
const HTTP2: u8 = 2;

pub struct Connection {
    /// The client, as the balancer told where there is one.
    pub client: SocketAddr,
    /// Where the client reached the proxy.
    pub local: IpAddr,
    /// Tunnels of this connection.
    pub tunnels: Gate,
    /// To be closed once what it asked for is answered.
    pub close: Notify,
    /// Cancelled when nothing is served on it any more; an HTTP/1 tunnel goes on then, those of HTTP/2 cannot.
    pub served: CancellationToken,
    place: Place,
    open: Arc<Open>,
    protocol: AtomicU8,
    accepted: Instant,
    requests: AtomicU64,
    busy: AtomicUsize,
    /// Milliseconds after `accepted`.
    last_busy: AtomicU64,
}

/// A connection's place among those that are allowed.
pub struct Place {
    /// `None` above the limit, to be told so.
    pass: Option<Pass>,
    _accepted: OwnedSemaphorePermit,
}

impl Place {
    pub fn new(pass: Option<Pass>, accepted: OwnedSemaphorePermit) -> Place {
        Place {
            pass,
            _accepted: accepted,
        }
    }
}

impl Connection {
    pub fn new(
        client: SocketAddr,
        local: IpAddr,
        accepted: Instant,
        place: Place,
        tunnels: usize,
        open: Arc<Open>,
    ) -> Connection {
        open.of(UNKNOWN).fetch_add(1, Ordering::Relaxed);
        Connection {
            client,
            local,
            tunnels: Gate::new(tunnels),
            close: Notify::new(),
            served: CancellationToken::new(),
            place,
            open,
            protocol: AtomicU8::new(UNKNOWN),
            accepted,
            requests: AtomicU64::new(0),
            busy: AtomicUsize::new(0),
            last_busy: AtomicU64::new(0),
        }
    }

    pub fn is_excess(&self) -> bool {
        self.place.pass.is_none()
    }

    /// Requests there have been.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Notes a request, which is being worked at until what is returned is dropped.
    pub fn request(self: &Arc<Self>, protocol: Protocol) -> Busy {
        if self.requests.fetch_add(1, Ordering::Relaxed) == 0 {
            let known = match protocol {
                Protocol::Http1 => HTTP1,
                Protocol::Http2 => HTTP2,
            };
            self.open.of(known).fetch_add(1, Ordering::Relaxed);
            let before = self.protocol.swap(known, Ordering::Relaxed);
            self.open.of(before).fetch_sub(1, Ordering::Relaxed);
        }
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Since when there is neither a request nor a tunnel.
    pub fn idle_since(&self) -> Option<Instant> {
        let last_busy = Duration::from_millis(self.last_busy.load(Ordering::Relaxed));
        (self.busy.load(Ordering::Relaxed) == 0).then(|| self.accepted + last_busy)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let protocol = *self.protocol.get_mut();
        self.open.of(protocol).fetch_sub(1, Ordering::Relaxed);
    }
}

/// Something a connection is being used for.
pub struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        let connection = &self.0;
        let now = connection.accepted.elapsed().as_millis() as u64;
        connection.last_busy.store(now, Ordering::Relaxed);
        connection.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
