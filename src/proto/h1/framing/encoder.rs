//! A body on its way out.
//!
//! Invariant: what is written always adds up to what the head has announced, or the connection has
//! to be closed; a body that is longer is cut, one that is shorter is an error and gets no padding.

use std::fmt;

use bytes::{Buf, BytesMut};
use http::header::{HeaderMap, HeaderName};

use crate::proto::h1::fields::write::{FieldWriter, Spelling, Treatment};
use crate::proto::h1::framing::encoded::Encoded;
use crate::proto::headers::is_forbidden_in_trailers;

#[derive(Debug)]
pub(crate) enum Encoder {
    /// This many bytes are still due.
    Exact(u64),
    /// With the names that the head has announced for the trailer section, if the peer takes any.
    Chunked {
        trailers: Vec<HeaderName>,
    },
    CloseDelimited,
}

/// The body ended so many bytes before its declared length.
#[derive(Debug)]
pub(crate) struct NotEof(u64);

impl fmt::Display for NotEof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "early end, expected {} more bytes", self.0)
    }
}

impl std::error::Error for NotEof {}

impl Encoder {
    /// Whether the declared length was reached, so that nothing more is due.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self, Encoder::Exact(0))
    }

    /// Frames a piece of data.
    pub(crate) fn data<B: Buf>(&mut self, data: B) -> Encoded<B> {
        match self {
            Encoder::Exact(due) => {
                let length = (data.remaining() as u64).min(*due);
                *due -= length;
                Encoded::bare(data, length as usize)
            }
            Encoder::Chunked { .. } if data.has_remaining() => Encoded::chunk(data),
            Encoder::Chunked { .. } => Encoded::without_data(data, b""),
            Encoder::CloseDelimited => {
                let length = data.remaining();
                Encoded::bare(data, length)
            }
        }
    }

    /// Frames the last piece of data, with the end of the body where that has bytes of its own.
    pub(crate) fn last_data<B: Buf>(&mut self, data: B) -> Encoded<B> {
        match self {
            Encoder::Chunked { .. } if data.has_remaining() => Encoded::last_chunk(data),
            Encoder::Chunked { .. } => Encoded::without_data(data, LAST_CHUNK),
            Encoder::Exact(_) | Encoder::CloseDelimited => self.data(data),
        }
    }

    /// What ends the body.
    pub(crate) fn end(&self) -> Result<&'static [u8], NotEof> {
        match self {
            Encoder::Exact(0) | Encoder::CloseDelimited => Ok(b""),
            Encoder::Exact(missing) => Err(NotEof(*missing)),
            Encoder::Chunked { .. } => Ok(LAST_CHUNK),
        }
    }

    /// Ends the body with the trailers that were announced and may be sent (RFC 9110, section 6.5.1).
    pub(crate) fn end_with(
        &self,
        trailers: &HeaderMap,
        title_case: bool,
        dst: &mut BytesMut,
    ) -> Result<(), NotEof> {
        let Encoder::Chunked {
            trailers: announced,
        } = self
        else {
            dst.extend_from_slice(self.end()?);
            return Ok(());
        };
        dst.extend_from_slice(b"0\r\n");
        let spelling = Spelling {
            title: title_case,
            ..Spelling::default()
        };
        let mut writer = FieldWriter::new(dst, spelling);
        writer.all(trailers, |name| {
            if announced.contains(name) && !is_forbidden_in_trailers(name) {
                Treatment::Lines
            } else {
                Treatment::Nothing
            }
        });
        writer.end();
        Ok(())
    }
}

pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests;
