//! No HTTP: the client names the origin in a line of its own, and the rest is the tunnel.

use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::load::Load;
use crate::proxy::relay::{relay, ByteStream};

/// Longer than the address of any origin.
const LONGEST: usize = 64;

pub async fn serve(mut client: TcpStream, load: Load) -> io::Result<()> {
    let mut line = Vec::with_capacity(LONGEST);
    while line.last() != Some(&b'\n') && line.len() < LONGEST {
        line.push(client.read_u8().await?);
    }
    let origin = String::from_utf8_lossy(&line)
        .trim_end()
        .parse()
        .map_err(|err| io::Error::new(io::ErrorKind::InvalidData, err))?;
    relay(ByteStream(client), origin, load).await
}
