//! The head of a request, on a server.

use bytes::Bytes;
use http::header::{
    HeaderMap, HeaderName, HeaderValue, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE,
};
use http::{request, Method, Request, Uri};
use httparse::{ParserConfig, Status};

use crate::body::length::BodyLength;
use crate::error::kind::{Header, Parse};
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::parse::{collect, Fields, Line};
use crate::proto::h1::fields::slots::with_slots;
use crate::proto::h1::head::message::{Incoming, Minor, Parsed};
use crate::proto::h1::head::persistence::Wishes;
use crate::proto::h1::role::server::Exchange;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::{accepts_trailers, ends_chunked, parse_decimal};

/// The longest target that `http::Uri` holds.
const MAX_TARGET: usize = 65_534;

/// The connection preface of HTTP/2 (RFC 9113, section 3.4).
pub(crate) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether the beginning of a head has an error already. It has `lines` line feeds.
pub(crate) fn check(partial: &[u8], lines: usize, config: &Config) -> Result<(), Parse> {
    with_slots(lines, config.limits.max_headers, |slots| {
        let mut request = httparse::Request::new(&mut []);
        parser(config)
            .parse_request_with_uninit_headers(&mut request, partial, slots)
            .map(drop)
            .map_err(|error| fault(error, request.method, request.path))
    })
}

/// Parses a complete head, and remembers what its response depends on.
pub(crate) fn parse(
    head: &Bytes,
    lines: usize,
    config: &Config,
    exchange: &mut Exchange,
) -> Result<Parsed<request::Parts>, Parse> {
    with_slots(lines, config.limits.max_headers, |slots| {
        let mut request = httparse::Request::new(&mut []);
        match parser(config).parse_request_with_uninit_headers(&mut request, head, slots) {
            Ok(Status::Complete(_)) => {}
            Ok(Status::Partial) => return Err(Parse::Internal),
            Err(error) => return Err(fault(error, request.method, request.path)),
        }
        understand(head, &request, config, exchange)
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

fn understand(
    head: &Bytes,
    request: &httparse::Request<'_, '_>,
    config: &Config,
    exchange: &mut Exchange,
) -> Result<Parsed<request::Parts>, Parse> {
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
    else {
        return Err(Parse::Internal);
    };
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| Parse::Method)?;
    if target.len() > MAX_TARGET {
        return Err(Parse::UriTooLong);
    }
    let uri = Uri::from_maybe_shared(head.slice_ref(target.as_bytes())).map_err(|_| Parse::Uri)?;
    let minor = match minor {
        0 => Minor::Http10,
        _ => Minor::Http11,
    };

    let mut framing = Framing::new(minor);
    let Fields { mut map, case } = collect(
        head,
        request.headers,
        config.case.preserve,
        |name, value| framing.judge(name, value),
    )?;
    let body = framing.length()?;
    let mut keep_alive = Wishes::of(&map).decide(minor);
    if framing.is_ambiguous {
        // Whoever forwarded this may have believed the other field (RFC 9112, section 6.1).
        map.remove(CONTENT_LENGTH);
        keep_alive = KeepAlive::No;
    }
    let upgrade = method == Method::CONNECT || minor == Minor::Http11 && map.contains_key(UPGRADE);
    let expects_continue = minor == Minor::Http11 && !body.is_empty() && expects_continue(&map);

    *exchange = Exchange {
        method: method.clone(),
        minor,
        accepts_trailers: minor == Minor::Http11 && accepts_trailers(&map),
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
            self.is_ambiguous |= self.content_length.is_some();
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
