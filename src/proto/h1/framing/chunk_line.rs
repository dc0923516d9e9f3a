//! The line before the data of a chunk (RFC 9112, section 7.1): `size [ ";" extension ] CRLF`.
//!
//! Invariants: bytes are taken one by one and looked at once; only CRLF ends the line, since a reader
//! that took a bare LF for the end could be made to disagree with the next hop about where the
//! data begins.

use std::io::{Error, ErrorKind};

/// Bytes of chunk extensions in a whole body, and of whatever else a size may have around it. They are read and
/// forgotten, so the sum of all of them is limited, or else a body without any content could go on for ever.
const MAX_EXTENSION_BYTES: usize = 16 * 1024 - 1;

/// Counts what one body has beside its sizes and its data.
#[derive(Debug, Default)]
pub(crate) struct ExtensionBytes(usize);

/// A line of which some bytes were seen.
#[derive(Debug, Default)]
pub(crate) struct ChunkLine {
    size: u64,
    position: Position,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    #[default]
    FirstDigit,
    Digits,
    /// In white space behind the size, "bad" but common (RFC 9112, section 7.1.1).
    Space,
    Extension,
    LineFeed,
}

/// Whether the line is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    /// The size of the chunk's data.
    Size(u64),
}

impl ChunkLine {
    /// Takes the next byte.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a byte that the grammar has no place for; `InvalidData` for a size beyond
    /// 64 bits, a line feed within an extension, and too many bytes of extensions, white space and leading zeros.
    pub(crate) fn push(
        &mut self,
        byte: u8,
        extensions: &mut ExtensionBytes,
    ) -> Result<Progress, Error> {
        match (self.position, byte) {
            (Position::Digits, b'0') if self.size == 0 => extensions.count()?,
            (Position::FirstDigit | Position::Digits, _) if byte.is_ascii_hexdigit() => {
                self.push_digit(byte)?;
                self.position = Position::Digits;
            }
            (Position::FirstDigit, _) => {
                return Err(invalid("Invalid chunk size line: missing size digit"))
            }
            (Position::Digits | Position::Space | Position::Extension, b'\r') => {
                self.position = Position::LineFeed;
            }
            (Position::Digits | Position::Space, b' ' | b'\t') => {
                extensions.count()?;
                self.position = Position::Space;
            }
            (Position::Digits | Position::Space, b';') => self.position = Position::Extension,
            (Position::Digits, _) => return Err(invalid("Invalid chunk size line: Invalid Size")),
            (Position::Space, _) => return Err(invalid("Invalid chunk size linear white space")),
            (Position::Extension, b'\n') => {
                return Err(malformed("invalid chunk extension contains newline"));
            }
            (Position::Extension, _) => extensions.count()?,
            (Position::LineFeed, b'\n') => return Ok(Progress::Size(self.size)),
            (Position::LineFeed, _) => return Err(invalid("Invalid chunk size LF")),
        }
        Ok(Progress::More)
    }

    fn push_digit(&mut self, digit: u8) -> Result<(), Error> {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            _ => digit.to_ascii_lowercase() - b'a' + 10,
        };
        let shifted = self
            .size
            .checked_mul(16)
            .ok_or_else(|| malformed("invalid chunk size: overflow"))?;
        self.size = shifted | u64::from(value);
        Ok(())
    }
}

impl ExtensionBytes {
    fn count(&mut self) -> Result<(), Error> {
        self.0 += 1;
        if self.0 > MAX_EXTENSION_BYTES {
            return Err(malformed("chunk extensions are too long"));
        }
        Ok(())
    }
}

fn invalid(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

fn malformed(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}
