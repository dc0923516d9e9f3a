//! Sockets, with or without TLS.
//!
//! Invariants:
//! - Every socket, of a client or of a target, is tuned alike.
//! - [`Reset`] is for streams whose other end was cut off: the peer must not take what it has for the whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsStream;

use crate::metered::Metered;

/// A TCP connection, as it is or inside TLS.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What connections of clients are served on.
pub type ClientIo = TokioIo<Metered<Stream>>;

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        }
    }
}

/// A peer that says nothing for this long is asked whether it is still there, and so every quarter of this.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Bytes that may wait in the kernel before they are sent; what was sent and not acknowledged is not among them.
///
/// With more, a write would be pending although the peer reads: a socket becomes writable when a third of its buffer, which
/// grows to megabytes, is empty again.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 << 10;

/// No waiting for more bytes before a packet goes, and a look now and then whether the peer is still there.
pub fn tune(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(tcp);
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE / 4);
    socket.set_tcp_keepalive(&keep_alive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT)?;
    Ok(())
}

/// To let go of a connection so that its peer sees a failure, and no end.
pub trait Reset {
    fn reset(self);
}

impl Reset for Stream {
    /// With RST: whatever waits in the kernel is thrown away.
    fn reset(self) {
        // If that cannot be set, then the connection is no more.
        let _ = self.tcp().set_zero_linger();
    }
}

impl Reset for TokioIo<Upgraded> {
    /// RST of the connection for HTTP/1, with a client or an origin; RST_STREAM for HTTP/2 (RFC 9113 section 8.5).
    fn reset(self) {
        match into_stream(self.into_inner()) {
            Ok(stream) => stream.reset(),
            Err(upgraded) => upgraded.abort(),
        }
    }
}

/// How long the kernel is given to send what it has for an HTTP/1 client; how much that is, it does not tell.
const SETTLING: Duration = Duration::from_millis(500);

/// Ends a client's tunnel as one that failed, behind what was taken for it.
pub async fn fail(client: Upgraded) {
    match into_stream(client) {
        Ok(stream @ Stream::Plain(_)) => {
            sleep(SETTLING).await;
            stream.reset();
        }
        // An end without close_notify is a failure to whoever speaks TLS (RFC 8446 section 6.1).
        Ok(Stream::Tls(_)) => {}
        Err(upgraded) => upgraded.end_with_error(),
    }
}

/// The stream below what HTTP/1 has left; HTTP/2 keeps its own.
fn into_stream(upgraded: Upgraded) -> Result<Stream, Upgraded> {
    let upgraded = match auto::upgrade::downcast::<ClientIo>(upgraded) {
        Ok(parts) => return Ok(parts.io.into_inner().into_inner()),
        Err(upgraded) => upgraded,
    };
    let parts = upgraded.downcast::<TokioIo<Stream>>()?;
    Ok(parts.io.into_inner())
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Stream::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(tcp) => tcp.is_write_vectored(),
            Stream::Tls(tls) => tls.is_write_vectored(),
        }
    }
}
