//! How many connections and tunnels there may be, and what they cost in memory at most.
//!
//! Invariants:
//! - A [`Pass`] is a place that is taken; dropping it is the only way to give the place back.
//! - [`Gate::enter`] never lets more in than there are places, however many tasks ask at once.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use crate::options::Options;

#[cfg(test)]
mod tests;

/// What an HTTP/2 client may send ahead into one tunnel, in bytes. At 50 ms of round trip that is 1.3 MB/s.
pub const STREAM_WINDOW: u32 = 64 << 10;
/// Largest head, and most that an HTTP/1 connection buffers, in bytes.
pub const HTTP1_BUFFER: usize = 64 << 10;
/// Largest head on HTTP/2, in bytes.
pub const HTTP2_HEAD: u32 = 16 << 10;
/// Requests that HTTP/2 clients may have open beyond the tunnels of a connection, so that they are told why there is no
/// further tunnel.
const SPARE_STREAMS: usize = 8;

/// What an HTTP/2 client may send ahead on a connection, in bytes: as much as all its tunnels together, so that one whose
/// target does not read takes nothing from the others. It is held by tunnels alone, as other requests are answered at once.
pub fn connection_window(tunnels: usize) -> u32 {
    let largest = i32::MAX as u32;
    let streams = u32::try_from(streams(tunnels)).unwrap_or(largest);
    streams.saturating_mul(STREAM_WINDOW).min(largest)
}

/// Requests that an HTTP/2 client may have open on a connection with so many tunnels.
pub fn streams(tunnels: usize) -> usize {
    tunnels + SPARE_STREAMS
}

/// A number of places.
#[derive(Clone)]
pub struct Gate(Arc<Places>);

struct Places {
    taken: AtomicUsize,
    most: usize,
}

/// A place taken behind a [`Gate`].
pub struct Pass(Gate);

impl Gate {
    pub fn new(most: usize) -> Gate {
        Gate(Arc::new(Places {
            taken: AtomicUsize::new(0),
            most,
        }))
    }

    /// Takes a place, if one is free.
    pub fn enter(&self) -> Option<Pass> {
        let places = &self.0;
        let one_more = |taken| (taken < places.most).then_some(taken + 1);
        places
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Pass(self.clone()))
    }

    pub fn most(&self) -> usize {
        self.0.most
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0 .0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the proxy holds at most if all its clients and targets stop reading at once.
///
/// Not in it: memory of the kernel for sockets, and what h2 spends on unread DATA frames of under 256 bytes, up to 4 MiB for
/// a connection that sends nothing else into targets that do not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryBound {
    tunnels: u64,
    /// Bytes, each.
    tunnel: u64,
    connections: u64,
    connection: u64,
}

/// The program itself: code, runtime, tables, samples and the admin server.
const BASE: u64 = 64 << 20;
/// What hyper may hold for a tunnel beyond its send buffer: a frame that waits for window, and one on its way (see README).
const FRAMES: u64 = 32 << 10;
/// Tasks, registration and TCP stream of a tunnel.
const TUNNEL_TASK: u64 = 8 << 10;
/// What hyper and h2 read ahead of a connection.
const READ_AHEAD: u64 = 64 << 10;
/// A TLS session: records that were not decrypted yet, and up to 64 KiB that the socket has not taken.
const TLS_SESSION: u64 = 128 << 10;

impl MemoryBound {
    pub fn of(options: &Options) -> MemoryBound {
        let tls = match options.listen_tls.is_empty() {
            true => 0,
            false => TLS_SESSION,
        };
        // HTTP/1 has a buffer each way; HTTP/2 reads ahead, and reads heads.
        let http1 = 2 * HTTP1_BUFFER as u64;
        let http2 = READ_AHEAD + u64::from(HTTP2_HEAD);
        let connection = http1.max(http2) + tls;
        MemoryBound {
            tunnels: options.max_tunnels as u64,
            tunnel: options.send_buffer as u64
                + FRAMES
                + u64::from(STREAM_WINDOW)
                + 2 * options.copy_buffer as u64
                + TUNNEL_TASK,
            connections: (options.max_connections + EXCESS_CONNECTIONS) as u64,
            connection,
        }
    }

    pub fn bytes(&self) -> u64 {
        self.tunnels * self.tunnel + self.connections * self.connection + BASE
    }
}

/// Connections above the limit that are told so.
pub const EXCESS_CONNECTIONS: usize = 64;

impl fmt::Display for MemoryBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} MiB ({} tunnels of {} KiB: send buffer, two frames, upload window, two copy buffers, task; \
             {} connections of {} KiB: buffers, TLS; {} MiB for the program; uploads in frames under 256 bytes cost up to 4 MiB \
             more a connection)",
            self.bytes().div_ceil(1 << 20),
            self.tunnels,
            self.tunnel.div_ceil(1 << 10),
            self.connections,
            self.connection.div_ceil(1 << 10),
            BASE >> 20,
        )
    }
}
