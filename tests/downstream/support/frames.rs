//! HTTP/2 frames (RFC 9113 §4.1), for peers that do what no library would.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const ACK: u8 = 1;

/// What a client sends first (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// The next frame. Not cancel safe: a frame read in part is lost.
pub async fn read<T: AsyncRead + Unpin>(io: &mut T) -> io::Result<Frame> {
    let length_and_kind = io.read_u32().await?;
    let kind = length_and_kind as u8;
    let flags = io.read_u8().await?;
    let stream = io.read_u32().await? & (u32::MAX >> 1);
    let mut payload = vec![0; (length_and_kind >> 8) as usize];
    io.read_exact(&mut payload).await?;
    Ok(Frame {
        kind,
        flags,
        stream,
        payload,
    })
}

pub async fn write<T: AsyncWrite + Unpin>(io: &mut T, frame: &Frame) -> io::Result<()> {
    let mut bytes = (frame.payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([frame.kind, frame.flags]);
    bytes.extend(frame.stream.to_be_bytes());
    bytes.extend(&frame.payload);
    io.write_all(&bytes).await
}

/// Takes a client's preface and sends the server's, which is SETTINGS that change nothing.
pub async fn welcome<T: AsyncRead + AsyncWrite + Unpin>(io: &mut T) -> io::Result<()> {
    let mut preface = [0; PREFACE.len()];
    io.read_exact(&mut preface).await?;
    assert_eq!(preface, PREFACE);
    let settings = Frame {
        kind: SETTINGS,
        flags: 0,
        stream: 0,
        payload: Vec::new(),
    };
    write(io, &settings).await
}
