//! Counters of the proxy's tunnels, and the wrappers around its sockets that feed them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use hyper::rt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::adapters::TokioUpgraded;
use crate::frames::{Scanner, Seen};

/// One tunnel, in bytes towards the client since it was opened.
///
/// Where a reading combines two counters, both were touched under h2's lock on the way, which
/// orders them; relaxed loads suffice.
#[derive(Debug, Default)]
pub struct Tunnel {
    /// Read from the upstream.
    inbound: AtomicU64,
    /// Accepted by `Upgraded`.
    accepted: AtomicU64,
    /// Payload of DATA frames that left through the socket.
    outbound: AtomicU64,
    /// What the client has allowed in all: its initial window and every update.
    allowed: AtomicU64,
    most_held: AtomicU64,
    most_beyond_window: AtomicU64,
}

impl Tunnel {
    pub fn inbound(&self) -> u64 {
        self.inbound.load(Relaxed)
    }

    pub fn outbound(&self) -> u64 {
        self.outbound.load(Relaxed)
    }

    /// Accepted and not yet out of the socket.
    pub fn held(&self) -> u64 {
        let accepted = self.accepted.load(Relaxed);
        accepted.saturating_sub(self.outbound.load(Relaxed))
    }

    /// The most that was ever held: it only grows when bytes are accepted, and is taken then.
    pub fn most_held(&self) -> u64 {
        self.most_held.load(Relaxed)
    }

    /// The most that was ever accepted beyond what the client's window allowed at that moment.
    pub fn most_beyond_window(&self) -> u64 {
        self.most_beyond_window.load(Relaxed)
    }

    fn accept(&self, bytes: usize) {
        let accepted = self.accepted.fetch_add(bytes as u64, Relaxed) + bytes as u64;
        self.most_held.fetch_max(self.held(), Relaxed);
        let beyond = accepted.saturating_sub(self.allowed.load(Relaxed));
        self.most_beyond_window.fetch_max(beyond, Relaxed);
    }
}

/// All tunnels of the connection.
#[derive(Debug)]
pub struct Meters(Vec<Tunnel>);

impl Meters {
    pub fn new(tunnels: usize, window: u32) -> Arc<Meters> {
        let tunnel = || Tunnel {
            allowed: AtomicU64::new(u64::from(window)),
            ..Tunnel::default()
        };
        Arc::new(Meters((0..tunnels).map(|_| tunnel()).collect()))
    }

    pub fn tunnels(&self) -> &[Tunnel] {
        &self.0
    }

    fn of_stream(&self, stream: u32) -> Option<&Tunnel> {
        self.0.get(tunnel_of(stream)?)
    }
}

/// The stream of tunnel `tunnel`: the client opens nothing else, and in this order.
pub fn stream_of(tunnel: usize) -> u32 {
    2 * tunnel as u32 + 1
}

fn tunnel_of(stream: u32) -> Option<usize> {
    Some(stream.checked_sub(1)? as usize / 2)
}

/// The proxy's socket towards the client, as hyper wants it.
pub struct ClientSocket {
    socket: TcpStream,
    meters: Arc<Meters>,
    sent: Scanner,
    received: Scanner,
}

impl ClientSocket {
    pub fn new(socket: TcpStream, meters: Arc<Meters>) -> ClientSocket {
        ClientSocket {
            socket,
            meters,
            sent: Scanner::of_server(),
            received: Scanner::of_client(),
        }
    }

    fn took(&mut self, bytes: &[u8]) {
        self.sent.scan(bytes, |seen| {
            if let Seen::Data { stream, bytes } = seen {
                if let Some(tunnel) = self.meters.of_stream(stream) {
                    tunnel.outbound.fetch_add(bytes, Relaxed);
                }
            }
        });
    }
}

impl rt::Read for ClientSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // Copied once more than needed, which spares `unsafe`; little comes this way.
        let mut space = [0; 4096];
        let room = space.len().min(buffer.remaining());
        let mut read = ReadBuf::new(&mut space[..room]);
        let this = &mut *self;
        ready!(Pin::new(&mut this.socket).poll_read(cx, &mut read))?;
        this.received.scan(read.filled(), |seen| {
            if let Seen::WindowUpdate { stream, bytes } = seen {
                if let Some(tunnel) = this.meters.of_stream(stream) {
                    tunnel.allowed.fetch_add(bytes, Relaxed);
                }
            }
        });
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl rt::Write for ClientSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        self.took(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, parts))?;
        let mut left = written;
        for part in parts {
            let taken = left.min(part.len());
            self.took(&part[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(written))
    }
}

/// The proxy's end of tunnel `index`: what `Upgraded` accepts is counted.
pub struct ClientTunnel {
    pub upgraded: TokioUpgraded,
    pub meters: Arc<Meters>,
    pub index: usize,
}

impl AsyncRead for ClientTunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.upgraded).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ClientTunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let accepted = ready!(Pin::new(&mut self.upgraded).poll_write(cx, bytes))?;
        self.meters.0[self.index].accept(accepted);
        Poll::Ready(Ok(accepted))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.upgraded).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.upgraded).poll_shutdown(cx)
    }
}

/// The proxy's socket towards the upstream of tunnel `index`: what is read from it is counted.
pub struct UpstreamSocket {
    pub socket: TcpStream,
    pub meters: Arc<Meters>,
    pub index: usize,
}

impl AsyncRead for UpstreamSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        let tunnel = &self.meters.0[self.index];
        tunnel.inbound.fetch_add(read as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for UpstreamSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
