//! From lines that httparse has found, and [located](crate::proto::h1::fields::located), to a `HeaderMap`.
//!
//! Invariant: values share the buffer of their head and are not copied, folded ones apart.

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue, CONTENT_LENGTH};

use crate::error::kind::{Header, Parse};
use crate::ext::header_case::HeaderCase;
use crate::proto::h1::fields::located::{locate, LineAt, Place};
use crate::proto::headers::is_forbidden_in_trailers;

/// What becomes of a field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Keep,
    /// And what came before of the content's length goes.
    KeepInPlaceOfLength,
    Drop,
}

/// How the lines of a section are to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Names are recorded as they were spelt.
    pub(crate) records_case: bool,
    /// Values may stand on several lines.
    pub(crate) unfolds: bool,
}

/// The fields of a head, and how their names were spelt where that is recorded.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) map: HeaderMap,
    pub(crate) case: Option<HeaderCase>,
}

/// Collects `lines` of `head`. `judge` sees them in their order, before they are
/// in the map.
///
/// # Errors
///
/// `TooLarge` for a name or a number of names that `http` has no room for, and what `judge` says.
pub(crate) fn collect(
    head: &Bytes,
    lines: &[LineAt],
    reading: Reading,
    mut judge: impl FnMut(&HeaderName, &HeaderValue) -> Result<Line, Parse>,
) -> Result<Fields, Parse> {
    let mut map = HeaderMap::try_with_capacity(lines.len()).map_err(|_| Parse::TooLarge)?;
    let mut case = reading.records_case.then(HeaderCase::default);
    for line in lines {
        // The bytes were found to be a token, so what remains to be wrong is the length.
        let name = HeaderName::from_bytes(&head[line.name.clone()]).map_err(|_| Parse::TooLarge)?;
        let value = value(head, &line.value, reading.unfolds)?;
        match judge(&name, &value)? {
            Line::Keep => {}
            Line::KeepInPlaceOfLength => drop(map.remove(CONTENT_LENGTH)),
            Line::Drop => continue,
        }
        if let Some(case) = &mut case {
            case.record(name.clone(), head.slice(line.name.clone()));
        }
        map.try_append(name, value).map_err(|_| Parse::TooLarge)?;
    }
    Ok(Fields { map, case })
}

fn value(head: &Bytes, at: &Place, unfolds: bool) -> Result<HeaderValue, Parse> {
    let bytes = if unfolds && memchr::memchr(b'\n', &head[at.clone()]).is_some() {
        unfold(&head[at.clone()])
    } else {
        head.slice(at.clone())
    };
    HeaderValue::from_maybe_shared(bytes).map_err(|_| Parse::Header(Header::Token))
}

/// Puts a folded value on one line: each fold becomes one space (RFC 9112, section 5.2).
fn unfold(value: &[u8]) -> Bytes {
    let mut line = BytesMut::with_capacity(value.len());
    for (nth, part) in value.split(|&byte| byte == b'\n').enumerate() {
        if nth > 0 {
            line.extend_from_slice(b" ");
        }
        line.extend_from_slice(part.trim_ascii());
    }
    line.freeze()
}

/// Parses a trailer section, its final empty line included (RFC 9112, section 7.1.2). Fields that
/// have no place there are left out, so that nobody mistakes them for the head's.
///
/// # Errors
///
/// What httparse says; `TooManyHeaders` beyond `lines`.
pub(crate) fn trailers(section: &Bytes, lines: usize) -> Result<HeaderMap, httparse::Error> {
    let mut slots = vec![httparse::EMPTY_HEADER; lines];
    let lines = match httparse::parse_headers(section, &mut slots)? {
        httparse::Status::Complete((_, lines)) => lines,
        httparse::Status::Partial => return Err(httparse::Error::NewLine),
    };
    let judge = |name: &HeaderName, _: &HeaderValue| {
        Ok(if is_forbidden_in_trailers(name) {
            Line::Drop
        } else {
            Line::Keep
        })
    };
    let mut found = Vec::new();
    locate(section, lines, &mut found);
    let fields = collect(section, &found, Reading::default(), judge)
        .map_err(|_| httparse::Error::HeaderName)?;
    Ok(fields.map)
}

#[cfg(test)]
mod tests;
