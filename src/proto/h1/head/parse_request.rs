//! The head of a request, on a server.

use bytes::Bytes;
use http::header::{
    HeaderMap, HeaderName, HeaderValue, CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{request, Method, Request, Uri};
use httparse::{ParserConfig, Status};

use crate::body::length::BodyLength;
use crate::error::kind::{Header, Parse};
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::{self, place, LineAt, Place};
use crate::proto::h1::fields::parse::{collect, Fields, Line, Reading};
use crate::proto::h1::fields::slots::with_slots;
use crate::proto::h1::head::message::{Incoming, Located, Minor, Parsed};
use crate::proto::h1::head::persistence::Wishes;
use crate::proto::h1::role::server::Exchange;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::{ascii_members, ends_chunked, parse_decimal};

/// The longest target that `http::Uri` holds.
const MAX_TARGET: usize = 65_534;

/// The connection preface of HTTP/2 (RFC 9113, section 3.4).
pub(crate) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first line of a request.
#[derive(Debug)]
pub(crate) struct RequestLine {
    method: Place,
    target: Place,
    minor: Minor,
}

/// See [`Role::locate`](crate::proto::h1::role::binding::Role::locate).
pub(crate) fn locate(
    buf: &[u8],
    lines: usize,
    config: &Config,
    found: &mut Vec<LineAt>,
) -> Result<Option<Located<RequestLine>>, Parse> {
    with_slots(lines, config.limits.max_headers, |slots| {
        let mut request = httparse::Request::new(&mut []);
        let length =
            match parser(config).parse_request_with_uninit_headers(&mut request, buf, slots) {
                Ok(Status::Complete(length)) => length,
                Ok(Status::Partial) => return Ok(None),
                Err(error) => return Err(fault(error, request.method, request.path)),
            };
        let (Some(method), Some(target), Some(minor)) =
            (request.method, request.path, request.version)
        else {
            return Err(Parse::Internal);
        };
        located::locate(buf, request.headers, found);
        Ok(Some(Located {
            length,
            first_line: RequestLine {
                method: place(buf, method.as_bytes()),
                target: place(buf, target.as_bytes()),
                minor: Minor::from_digit(minor),
            },
        }))
    })
}

fn parser(config: &Config) -> ParserConfig {
    let leniency = &config.leniency;
    let mut parser = ParserConfig::default();
    parser
        .allow_multiple_spaces_in_request_line_delimiters(leniency.multiple_spaces_in_request_line)
        .ignore_invalid_headers_in_requests(leniency.ignore_invalid_headers);
    parser
}

/// httparse has one error for a bad method and for a bad target; how far it came tells them apart.
fn fault(error: httparse::Error, method: Option<&str>, target: Option<&str>) -> Parse {
    match error {
        httparse::Error::Token if method.is_none() => Parse::Method,
        httparse::Error::Token if target.is_none() => Parse::Uri,
        httparse::Error::Version => Parse::Version,
        httparse::Error::TooManyHeaders => Parse::TooLarge,
        httparse::Error::Status => Parse::Status,
        httparse::Error::Token
        | httparse::Error::HeaderName
        | httparse::Error::HeaderValue
        | httparse::Error::NewLine => Parse::Header(Header::Token),
    }
}

/// Understands a complete head, and remembers what its response depends on.
pub(crate) fn understand(
    head: &Bytes,
    line: RequestLine,
    fields: &[LineAt],
    config: &Config,
    exchange: &mut Exchange,
) -> Result<Parsed<request::Parts>, Parse> {
    let method = Method::from_bytes(&head[line.method]).map_err(|_| Parse::Method)?;
    if line.target.len() > MAX_TARGET {
        return Err(Parse::UriTooLong);
    }
    let uri = Uri::from_maybe_shared(head.slice(line.target)).map_err(|_| Parse::Uri)?;
    let minor = line.minor;

    let mut framing = Framing::new(minor);
    let mut seen = Seen::default();
    let reading = Reading {
        records_case: config.case.preserve,
        unfolds: false,
    };
    let Fields { map, case } = collect(head, fields, reading, |name, value| {
        seen.note(name);
        framing.judge(name, value)
    })?;
    let body = framing.length()?;
    let wishes = if seen.connection {
        Wishes::of(&map)
    } else {
        Wishes::default()
    };
    let mut keep_alive = wishes.decide(minor);
    if framing.is_ambiguous {
        // Whoever forwarded this may have believed the other field (RFC 9112, section 6.1).
        keep_alive = KeepAlive::No;
    }
    let upgrade = method == Method::CONNECT || minor == Minor::Http11 && seen.upgrade;
    let expects_continue = minor == Minor::Http11 && !body.is_empty() && expects_continue(&map);

    *exchange = Exchange {
        method: method.clone(),
        minor,
        accepts_trailers: minor == Minor::Http11 && seen.te && accepts_trailers(&map),
        upgrade,
    };
    let mut parts = Request::new(()).into_parts().0;
    parts.method = method;
    parts.uri = uri;
    parts.version = minor.version();
    parts.headers = map;
    if let Some(case) = case {
        parts.extensions.insert(case);
    }
    Ok(Parsed::Final(Incoming {
        head: parts,
        body,
        keep_alive,
        expects_continue,
        upgrade,
    }))
}

/// Which fields there are that a map need not be searched for in vain: most requests have none.
#[derive(Default)]
struct Seen {
    connection: bool,
    te: bool,
    upgrade: bool,
}

impl Seen {
    fn note(&mut self, name: &HeaderName) {
        self.connection |= name == CONNECTION;
        self.te |= name == TE;
        self.upgrade |= name == UPGRADE;
    }
}

/// Whether the sender of these fields takes trailers (RFC 9110, section 10.1.4). A line with bytes beyond ASCII is no list of
/// tokens, and says nothing.
fn accepts_trailers(headers: &HeaderMap) -> bool {
    ascii_members(headers, &TE).any(|member| member.eq_ignore_ascii_case(b"trailers"))
}

/// The one expectation there is (RFC 9110, section 10.1.1).
fn expects_continue(headers: &HeaderMap) -> bool {
    let last = headers.get_all(EXPECT).iter().next_back();
    last.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// What the lines of a request say about the length of its body (RFC 9112, section 6.3). A request
/// that says it in two ways could be understood differently by the next hop, so nothing is guessed.
struct Framing {
    minor: Minor,
    /// Whether the last coding of the last `transfer-encoding` line is `chunked`.
    chunked: Option<bool>,
    content_length: Option<u64>,
    /// Both fields were there.
    is_ambiguous: bool,
}

impl Framing {
    fn new(minor: Minor) -> Framing {
        Framing {
            minor,
            chunked: None,
            content_length: None,
            is_ambiguous: false,
        }
    }

    fn judge(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<Line, Parse> {
        if name == TRANSFER_ENCODING {
            if self.minor == Minor::Http10 {
                return Err(Parse::Header(Header::TransferEncodingUnexpected));
            }
            self.chunked = Some(ends_chunked(value));
            if self.content_length.is_some() {
                self.is_ambiguous = true;
                return Ok(Line::KeepInPlaceOfLength);
            }
        } else if name == CONTENT_LENGTH {
            if self.chunked.is_some() {
                self.is_ambiguous = true;
                return Ok(Line::Drop);
            }
            let length = content_length(value)?;
            match self.content_length {
                None => self.content_length = Some(length),
                Some(earlier) if earlier == length => return Ok(Line::Drop),
                Some(_) => return Err(Parse::Header(Header::ContentLengthInvalid)),
            }
        }
        Ok(Line::Keep)
    }

    fn length(&self) -> Result<BodyLength, Parse> {
        match (self.chunked, self.content_length) {
            (Some(true), _) => Ok(BodyLength::Chunked),
            (Some(false), _) => Err(Parse::Header(Header::TransferEncodingInvalid)),
            (None, Some(length)) => Ok(BodyLength::Exact(length)),
            (None, None) => Ok(BodyLength::EMPTY),
        }
    }
}

/// Digits only. The two greatest numbers were never lengths to this crate's callers, and nobody means
/// them.
fn content_length(value: &HeaderValue) -> Result<u64, Parse> {
    parse_decimal(value.as_bytes())
        .filter(|length| *length < u64::MAX - 1)
        .ok_or(Parse::Header(Header::ContentLengthInvalid))
}
