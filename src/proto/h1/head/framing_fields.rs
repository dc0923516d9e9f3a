//! `content-length` and `transfer-encoding` on their way out (RFC 9112, section 6).
//!
//! Invariant: a value of [`FramingFields`] is made by one method that sets the two fields and the
//! encoder together, so they cannot contradict each other.

use http::header::{HeaderMap, HeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};

use crate::proto::h1::fields::write::{FieldWriter, Treatment};
use crate::proto::h1::framing::encoder::Encoder;
use crate::proto::headers::{content_length, ends_chunked, ContentLength};

#[derive(Debug)]
pub(crate) struct FramingFields {
    // What the caller has put into the head.
    pub(crate) declared: ContentLength,
    pub(crate) has_codings: bool,
    ends_chunked: bool,
    // What is made of it.
    length: LengthLine,
    codings: CodingsLine,
    /// `None` where the message ends with its head.
    pub(crate) encoder: Option<Encoder>,
    /// The body is chunked and has no chunk but the last.
    pub(crate) has_only_last_chunk: bool,
}

/// What is written of `content-length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LengthLine {
    /// The caller's line; the first of several, as they say the same.
    Keep,
    /// Nothing.
    Leave,
    Write(u64),
}

/// What is written of `transfer-encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CodingsLine {
    /// The caller's codings, which end with `chunked`.
    Keep,
    /// The caller's codings, and `chunked`.
    Extend,
    /// Nothing.
    Leave,
    Write,
}

impl FramingFields {
    /// What the head has, and nothing decided yet: an empty message without either field.
    pub(crate) fn of(headers: &HeaderMap) -> FramingFields {
        let last_codings = headers.get_all(TRANSFER_ENCODING).iter().next_back();
        FramingFields {
            declared: content_length(headers),
            has_codings: last_codings.is_some(),
            ends_chunked: last_codings.is_some_and(ends_chunked),
            length: LengthLine::Leave,
            codings: CodingsLine::Leave,
            encoder: None,
            has_only_last_chunk: false,
        }
    }

    /// The caller's line where it says that already.
    pub(crate) fn keep_or_write(&self, length: u64) -> LengthLine {
        if self.declared == ContentLength::Valid(length) {
            LengthLine::Keep
        } else {
            LengthLine::Write(length)
        }
    }

    // ===== decisions =====

    /// No body, and a `content-length` that does not speak about this message.
    pub(crate) fn without_body(mut self, length: LengthLine) -> FramingFields {
        self.length = length;
        self
    }

    /// An empty body that is declared as such.
    pub(crate) fn empty(mut self) -> FramingFields {
        self.length = LengthLine::Write(0);
        self
    }

    pub(crate) fn exact(mut self, length: u64) -> FramingFields {
        self.length = self.keep_or_write(length);
        self.encoder = (length > 0).then_some(Encoder::Exact(length));
        self
    }

    /// Chunked, and nothing else.
    pub(crate) fn chunked(mut self, trailers: Vec<HeaderName>) -> FramingFields {
        self.codings = CodingsLine::Write;
        self.encoder = Some(Encoder::Chunked { trailers });
        self
    }

    /// With the caller's codings, which `chunked` comes last of.
    pub(crate) fn chunked_as_given(mut self, trailers: Vec<HeaderName>) -> FramingFields {
        self.codings = if self.ends_chunked {
            CodingsLine::Keep
        } else {
            CodingsLine::Extend
        };
        self.encoder = Some(Encoder::Chunked { trailers });
        self
    }

    /// The body is over before it began, but was announced as chunked.
    pub(crate) fn with_only_last_chunk(mut self) -> FramingFields {
        self.encoder = None;
        self.has_only_last_chunk = true;
        self
    }

    pub(crate) fn close_delimited(mut self) -> FramingFields {
        self.encoder = Some(Encoder::CloseDelimited);
        self
    }

    // ===== writing =====

    /// What becomes of the caller's lines of that name.
    pub(crate) fn treatment(&self, name: &HeaderName) -> Treatment {
        if name == CONTENT_LENGTH {
            match self.length {
                LengthLine::Keep => Treatment::First,
                LengthLine::Leave | LengthLine::Write(_) => Treatment::Nothing,
            }
        } else if name == TRANSFER_ENCODING {
            match self.codings {
                CodingsLine::Keep => Treatment::List { and: None },
                CodingsLine::Extend => Treatment::List {
                    and: Some("chunked"),
                },
                CodingsLine::Leave | CodingsLine::Write => Treatment::Nothing,
            }
        } else {
            Treatment::Lines
        }
    }

    /// Writes the lines that the caller's head has not.
    pub(crate) fn write(&self, fields: &mut FieldWriter<'_>) {
        if let LengthLine::Write(length) = self.length {
            fields.line(
                &CONTENT_LENGTH,
                itoa::Buffer::new().format(length).as_bytes(),
            );
        }
        if self.codings == CodingsLine::Write {
            fields.line(&TRANSFER_ENCODING, b"chunked");
        }
    }
}
