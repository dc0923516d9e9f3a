//! A framed piece of a body.

use std::io::IoSlice;

use bytes::buf::Take;
use bytes::{Buf, Bytes};

/// Sixteen hexadecimal digits and CRLF.
const LONGEST_LINE: usize = 18;

/// What goes over the wire for one piece of a body: a chunk's line, data, and what follows it, of
/// which each may be empty. As a [`Buf`] it can be queued as it is, or copied.
#[derive(Debug)]
pub(crate) struct Encoded<B> {
    line: Line,
    data: Take<B>,
    tail: &'static [u8],
}

/// The line of a chunk, or nothing.
#[derive(Debug)]
pub(crate) struct Line {
    bytes: [u8; LONGEST_LINE],
    start: usize,
}

impl<B: Buf> Encoded<B> {
    /// The first `limit` bytes of `data`, bare.
    pub(crate) fn bare(data: B, limit: usize) -> Encoded<B> {
        Encoded {
            line: Line::EMPTY,
            data: data.take(limit),
            tail: b"",
        }
    }

    /// A chunk. `data` has bytes, as an empty chunk would be the last one.
    pub(crate) fn chunk(data: B) -> Encoded<B> {
        let size = data.remaining();
        Encoded {
            line: Line::of_chunk(size as u64),
            data: data.take(size),
            tail: b"\r\n",
        }
    }

    /// A chunk and the end of the body behind it.
    pub(crate) fn last_chunk(data: B) -> Encoded<B> {
        Encoded {
            tail: b"\r\n0\r\n\r\n",
            ..Encoded::chunk(data)
        }
    }

    /// Nothing of `data`, but `tail`.
    pub(crate) fn without_data(data: B, tail: &'static [u8]) -> Encoded<B> {
        Encoded {
            tail,
            ..Encoded::bare(data, 0)
        }
    }
}

impl<B> Encoded<B> {
    /// What goes in front of the data, the data, and what goes behind it.
    pub(crate) fn into_parts(self) -> (Line, Take<B>, &'static [u8]) {
        (self.line, self.data, self.tail)
    }
}

impl AsRef<[u8]> for Line {
    fn as_ref(&self) -> &[u8] {
        self.rest()
    }
}

impl Line {
    const EMPTY: Line = Line {
        bytes: [0; LONGEST_LINE],
        start: LONGEST_LINE,
    };

    /// Upper-case hexadecimal digits and CRLF, built from the right.
    fn of_chunk(size: u64) -> Line {
        let mut line = Line::EMPTY;
        line.prepend(b'\n');
        line.prepend(b'\r');
        let mut rest = size;
        loop {
            line.prepend(b"0123456789ABCDEF"[(rest % 16) as usize]);
            rest /= 16;
            if rest == 0 {
                return line;
            }
        }
    }

    fn prepend(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl<B: Buf> Buf for Encoded<B> {
    fn remaining(&self) -> usize {
        self.line.rest().len() + self.data.remaining() + self.tail.len()
    }

    fn chunk(&self) -> &[u8] {
        if !self.line.rest().is_empty() {
            self.line.rest()
        } else if self.data.has_remaining() {
            self.data.chunk()
        } else {
            self.tail
        }
    }

    fn advance(&mut self, count: usize) {
        let in_line = count.min(self.line.rest().len());
        self.line.start += in_line;
        let in_data = (count - in_line).min(self.data.remaining());
        self.data.advance(in_data);
        self.tail = &self.tail[count - in_line - in_data..];
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = push(slices, 0, self.line.rest());
        if filled < slices.len() {
            filled += self.data.chunks_vectored(&mut slices[filled..]);
        }
        push(slices, filled, self.tail)
    }

    /// Free of a copy where the data is `Bytes` without a frame around it.
    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        if self.line.rest().is_empty() && length <= self.data.remaining() {
            return self.data.copy_to_bytes(length);
        }
        let mut bytes = bytes::BytesMut::with_capacity(length);
        bytes::BufMut::put(&mut bytes, self.take(length));
        bytes.freeze()
    }
}

/// Puts `part` at `index`, if it has bytes and there is room, and gives the number of slices in use.
fn push<'a>(slices: &mut [IoSlice<'a>], index: usize, part: &'a [u8]) -> usize {
    match slices.get_mut(index) {
        Some(slice) if !part.is_empty() => {
            *slice = IoSlice::new(part);
            index + 1
        }
        _ => index,
    }
}

#[cfg(test)]
mod tests;
