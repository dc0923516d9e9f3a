//! A body on its way in.
//!
//! Invariants:
//! - Data is split off the read buffer and not copied, unless next to nothing was read: then a piece would keep many times
//!   its length in memory for as long as its reader keeps it.
//! - A decoder with bytes before it either makes progress or fails; it never needs two pieces at once,
//!   so it cannot be stuck behind a full buffer.

use std::fmt;
use std::io::{Error, ErrorKind};

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use crate::body::length::BodyLength;
use crate::proto::h1::config::Limits;
use crate::proto::h1::framing::chunk_line::{ChunkLine, ExtensionBytes, Progress};
use crate::proto::h1::framing::trailer_section::TrailerSection;

#[derive(Debug)]
pub(crate) enum Decoder {
    /// This many bytes are still to come.
    Exact(u64),
    Chunked(Chunked),
    CloseDelimited,
}

/// How much comes at once of a body without any length, which is mostly one that is shown as it comes.
const LARGEST_PIECE: u64 = 8 * 1024;

/// A piece shares the buffer it was read into if at least one in so many of that buffer's bytes is in use.
const WORTH_SHARING: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Chunked {
    extensions: ExtensionBytes,
    position: Position,
}

#[derive(Debug)]
enum Position {
    Line(ChunkLine),
    Data { remaining: u64 },
    DataCr,
    DataLf,
    Trailers(TrailerSection),
    End,
}

impl Default for Position {
    fn default() -> Position {
        Position::Line(ChunkLine::default())
    }
}

/// The input ended before the body did.
#[derive(Debug)]
struct IncompleteBody;

impl fmt::Display for IncompleteBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("end of file before message length reached")
    }
}

impl std::error::Error for IncompleteBody {}

#[derive(Debug)]
pub(crate) enum Decoded {
    /// Never empty.
    Data(Bytes),
    /// Never empty. The end follows.
    Trailers(HeaderMap),
    End,
    NeedMore,
}

impl Decoder {
    pub(crate) fn new(length: BodyLength) -> Decoder {
        match length {
            BodyLength::Exact(length) => Decoder::Exact(length),
            BodyLength::Chunked => Decoder::Chunked(Chunked::default()),
            BodyLength::CloseDelimited => Decoder::CloseDelimited,
        }
    }

    /// How much is still to come, where that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        match self {
            Decoder::Exact(remaining) => Some(*remaining),
            Decoder::Chunked(_) | Decoder::CloseDelimited => None,
        }
    }

    /// # Errors
    ///
    /// `InvalidInput` or `InvalidData` for chunks that are none.
    pub(crate) fn decode(&mut self, buf: &mut BytesMut, limits: &Limits) -> Result<Decoded, Error> {
        match self {
            Decoder::Exact(0) => Ok(Decoded::End),
            Decoder::Exact(remaining) => Ok(take(buf, remaining)),
            Decoder::Chunked(chunked) => chunked.decode(buf, limits),
            Decoder::CloseDelimited => Ok(take(buf, &mut { LARGEST_PIECE })),
        }
    }

    /// The input is over.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` unless that is how this body ends.
    pub(crate) fn end(&self) -> Result<(), Error> {
        match self {
            Decoder::CloseDelimited => Ok(()),
            Decoder::Exact(_)
            | Decoder::Chunked(Chunked {
                position: Position::Data { .. },
                ..
            }) => Err(Error::new(ErrorKind::UnexpectedEof, IncompleteBody)),
            Decoder::Chunked(_) => Err(Error::new(
                ErrorKind::UnexpectedEof,
                "unexpected EOF during chunk size line",
            )),
        }
    }
}

/// Takes data from `buf`, `remaining` bytes at most, and counts it off.
fn take(buf: &mut BytesMut, remaining: &mut u64) -> Decoded {
    if buf.is_empty() {
        return Decoded::NeedMore;
    }
    let wanted = usize::try_from(*remaining).unwrap_or(usize::MAX);
    let length = buf.len().min(wanted);
    let data = if buf.len() < buf.capacity() / WORTH_SHARING {
        let copy = Bytes::copy_from_slice(&buf[..length]);
        buf.advance(length);
        copy
    } else {
        buf.split_to(length).freeze()
    };
    *remaining -= data.len() as u64;
    Decoded::Data(data)
}

impl Chunked {
    fn decode(&mut self, buf: &mut BytesMut, limits: &Limits) -> Result<Decoded, Error> {
        loop {
            let next = match &mut self.position {
                Position::Line(line) => {
                    let Some(size) = read_line(line, buf, &mut self.extensions)? else {
                        return Ok(Decoded::NeedMore);
                    };
                    match size {
                        0 => Position::Trailers(TrailerSection::default()),
                        remaining => Position::Data { remaining },
                    }
                }
                Position::Data { remaining: 0 } => Position::DataCr,
                Position::Data { remaining } => return Ok(take(buf, remaining)),
                Position::DataCr => match next_byte(buf) {
                    Some(b'\r') => Position::DataLf,
                    Some(_) => return Err(overlong("Invalid chunk body CR")),
                    None => return Ok(Decoded::NeedMore),
                },
                Position::DataLf => match next_byte(buf) {
                    Some(b'\n') => Position::default(),
                    Some(_) => return Err(overlong("Invalid chunk body LF")),
                    None => return Ok(Decoded::NeedMore),
                },
                Position::Trailers(section) => match section.receive(buf, limits)? {
                    Some(trailers) => {
                        self.position = Position::End;
                        if trailers.is_empty() {
                            return Ok(Decoded::End);
                        }
                        return Ok(Decoded::Trailers(trailers));
                    }
                    None => return Ok(Decoded::NeedMore),
                },
                Position::End => return Ok(Decoded::End),
            };
            self.position = next;
        }
    }
}

/// The size of the next chunk, once its line is complete.
fn read_line(
    line: &mut ChunkLine,
    buf: &mut BytesMut,
    extensions: &mut ExtensionBytes,
) -> Result<Option<u64>, Error> {
    for read in 0..buf.len() {
        if let Progress::Size(size) = line.push(buf[read], extensions)? {
            let _ = buf.split_to(read + 1);
            return Ok(Some(size));
        }
    }
    buf.clear();
    Ok(None)
}

fn next_byte(buf: &mut BytesMut) -> Option<u8> {
    let byte = *buf.first()?;
    let _ = buf.split_to(1);
    Some(byte)
}

/// The data goes on where its chunk has to end with CRLF.
fn overlong(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests;
