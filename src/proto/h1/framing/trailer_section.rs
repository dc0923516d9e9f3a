//! The lines behind the last chunk (RFC 9112, section 7.1.2).
//!
//! Invariants: lines end with CRLF only; the section is kept here and not in the read buffer, so its
//! limit does not depend on that buffer's; each byte is looked at once before the section is
//! parsed as a whole.

use std::io::{Error, ErrorKind};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use crate::proto::h1::config::Limits;
use crate::proto::h1::fields::parse;

/// A section of this many bytes, its final CRLF included, is too large, unless a caller sets a limit.
const DEFAULT_LIMIT: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(crate) struct TrailerSection {
    bytes: BytesMut,
    /// Where the line begins whose end was not seen yet.
    line: usize,
    lines: usize,
}

impl TrailerSection {
    /// Takes bytes from `buf`, and gives the fields once the section is complete.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for lines that are no field lines, `InvalidData` for too many of them or too
    /// many bytes.
    pub(crate) fn receive(
        &mut self,
        buf: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<HeaderMap>, Error> {
        let limit = limits.max_header_size.unwrap_or(DEFAULT_LIMIT);
        while !buf.is_empty() {
            let line_end = memchr::memchr(b'\n', buf).map(|feed| feed + 1);
            let taken = line_end.unwrap_or(buf.len());
            if self.bytes.len() + taken >= limit {
                return Err(malformed("chunk trailers bytes over limit"));
            }
            self.bytes.extend_from_slice(&buf.split_to(taken));
            self.check_line()?;
            if line_end.is_none() {
                return Ok(None);
            }
            if let Some(section) = self.end_line(limits)? {
                return parse(&section, self.lines).map(Some);
            }
        }
        Ok(None)
    }

    /// A CR stands before a line feed only: better said now than when a line feed comes, which may be
    /// never.
    fn check_line(&self) -> Result<(), Error> {
        let line = &self.bytes[self.line..];
        match memchr::memchr(b'\r', line) {
            Some(at) if line.get(at + 1).is_some_and(|&next| next != b'\n') => {
                Err(invalid(match at {
                    0 => "Invalid chunk end LF",
                    _ => "Invalid trailer end LF",
                }))
            }
            _ => Ok(()),
        }
    }

    /// The section, if the line that has just ended is its last.
    fn end_line(&mut self, limits: &Limits) -> Result<Option<Bytes>, Error> {
        match &self.bytes[self.line..] {
            b"\r\n" => Ok(Some(self.bytes.split().freeze())),
            [b'\r', ..] => Err(invalid("Invalid chunk end LF")),
            [.., b'\r', b'\n'] if self.lines == limits.max_headers => {
                Err(malformed("chunk trailers count overflow"))
            }
            [.., b'\r', b'\n'] => {
                self.line = self.bytes.len();
                self.lines += 1;
                Ok(None)
            }
            _ => Err(invalid("trailer section has a bare LF")),
        }
    }
}

fn parse(section: &Bytes, lines: usize) -> Result<HeaderMap, Error> {
    parse::trailers(section, lines).map_err(|error| Error::new(ErrorKind::InvalidInput, error))
}

fn invalid(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

fn malformed(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}
