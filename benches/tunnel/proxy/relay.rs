//! What the proxy does with a tunnel, the same for every row.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::{Load, Work};
use crate::socket::prepare;

/// The least that a relay's buffer holds.
const BUFFER: usize = 64 << 10;

/// A tunnel towards the client.
pub trait Tunnel: Send + 'static {
    /// Sends all of `piece`, waiting for room as need be.
    fn send(&mut self, piece: &[u8]) -> impl Future<Output = io::Result<()>> + Send;

    /// Passes on what the client has sent next. `false` at the end of the stream.
    fn pass_on(
        &mut self,
        origin: &mut TcpStream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<bool>> + Send;

    /// Returns to the client what it has sent next. `false` at the end of the stream.
    fn echo(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<bool>> + Send;
}

/// Serves a tunnel until either side ends.
pub async fn relay(mut tunnel: impl Tunnel, origin: SocketAddr, load: Load) -> io::Result<()> {
    let mut buffer = vec![0; load.write_size.max(BUFFER)];
    if load.work == Work::PingPong {
        while tunnel.echo(&mut buffer).await? {}
        return Ok(());
    }
    let mut origin = TcpStream::connect(origin).await?;
    prepare(&origin)?;
    if load.work == Work::Upload {
        while tunnel.pass_on(&mut origin, &mut buffer).await? {}
        return Ok(());
    }
    loop {
        let read = origin.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        for piece in buffer[..read].chunks(load.write_size) {
            tunnel.send(piece).await?;
        }
    }
}

/// A tunnel that is a stream of bytes already.
pub struct ByteStream<T>(pub T);

impl<T> Tunnel for ByteStream<T>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    async fn send(&mut self, piece: &[u8]) -> io::Result<()> {
        self.0.write_all(piece).await
    }

    async fn pass_on(&mut self, origin: &mut TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
        let read = self.0.read(buffer).await?;
        origin.write_all(&buffer[..read]).await?;
        Ok(read > 0)
    }

    async fn echo(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let read = self.0.read(buffer).await?;
        self.0.write_all(&buffer[..read]).await?;
        Ok(read > 0)
    }
}
