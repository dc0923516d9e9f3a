//! The upstream: sends as fast as it is read, until it is told to end.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::pattern::{self, Digest};
use crate::phase::Phase;
use crate::tasks::{Context, Crew, Event, Failure, Result};
use crate::units::KIB;

/// The last bytes of a stream, so that it ends on no round number.
const TAIL: usize = 1021;

/// Bytes of one write, made and hashed at a time.
///
/// With tiny writes in the proxy a full socket buffer takes long to drain, so little is sent ahead.
pub fn chunk_size(write_size: usize) -> usize {
    let kib = KIB as usize;
    write_size.next_multiple_of(8).clamp(4 * kib, 64 * kib)
}

/// `SO_SNDBUF` of the upstream and `SO_RCVBUF` of the proxy, before the kernel doubles them.
///
/// `None` leaves them to the kernel. With small writes it would take long to drain what the kernel
/// sees fit to buffer.
pub fn socket_buffer(write_size: usize) -> Option<u32> {
    let size = u32::try_from(write_size).ok()?.checked_mul(4)?;
    let kib = KIB as u32;
    (size <= 16 * kib).then(|| size.max(4 * kib))
}

/// Accepts connections on a loopback port.
pub fn bind(write_size: usize) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4().context("upstream: socket")?;
    if let Some(size) = socket_buffer(write_size) {
        // Sockets accepted take it over.
        socket
            .set_send_buffer_size(size)
            .context("upstream: send buffer")?;
    }
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(loopback).context("upstream: bind")?;
    socket.listen(128).context("upstream: listen")
}

/// Serves every connection that comes in; does not end.
pub async fn serve(
    listener: TcpListener,
    write_size: usize,
    phase: watch::Receiver<Phase>,
    crew: Crew,
) -> Result<()> {
    loop {
        let (socket, _) = listener.accept().await.context("upstream: accept")?;
        crew.spawn(feed(socket, write_size, phase.clone(), crew.clone()));
    }
}

async fn feed(
    mut socket: TcpStream,
    write_size: usize,
    phase: watch::Receiver<Phase>,
    crew: Crew,
) -> Result<()> {
    // The client's first bytes name the tunnel.
    let tunnel = socket
        .read_u64()
        .await
        .context("upstream: read the tunnel's number")? as usize;
    let mut chunk = vec![0; chunk_size(write_size)];
    let mut digest = Digest::new();
    loop {
        let last = *phase.borrow() == Phase::Finishing;
        let length = if last { TAIL } else { chunk.len() };
        let bytes = &mut chunk[..length];
        pattern::fill(bytes, tunnel, digest.bytes());
        digest.update(bytes);
        socket
            .write_all(bytes)
            .await
            .context_with(|| format!("upstream of tunnel {tunnel}: write"))?;
        if last {
            break;
        }
    }
    socket
        .shutdown()
        .await
        .context_with(|| format!("upstream of tunnel {tunnel}: shutdown"))?;
    let surplus = socket
        .read(&mut chunk)
        .await
        .context_with(|| format!("upstream of tunnel {tunnel}: read to the end"))?;
    if surplus > 0 {
        return Err(Failure::new(format!(
            "upstream of tunnel {tunnel}: {surplus} bytes came that the client never sent"
        )));
    }
    let all = digest.fingerprint();
    crew.report(Event::Sent { tunnel, all });
    Ok(())
}
