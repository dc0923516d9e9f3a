//! The head of a response, on a client.

use bytes::Bytes;
use http::header::{HeaderMap, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{response, Method, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};

use crate::body::length::BodyLength;
use crate::error::kind::{Header, Parse};
use crate::ext::ReasonPhrase;
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::located::{self, place, LineAt, Place};
use crate::proto::h1::fields::parse::{collect, Fields, Line, Reading};
use crate::proto::h1::fields::slots::with_slots;
use crate::proto::h1::head::message::{
    is_bodiless, opens_tunnel, Incoming, Located, Minor, Parsed,
};
use crate::proto::h1::head::persistence::Wishes;
use crate::proto::h1::role::client::Exchange;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::{ends_chunked, list_members, parse_decimal};

/// The first line of a response.
#[derive(Debug)]
pub(crate) struct StatusLine {
    minor: Minor,
    code: u16,
    phrase: Place,
}

/// See [`Role::locate`](crate::proto::h1::role::binding::Role::locate).
pub(crate) fn locate(
    buf: &[u8],
    lines: usize,
    config: &Config,
    found: &mut Vec<LineAt>,
) -> Result<Option<Located<StatusLine>>, Parse> {
    with_slots(lines, config.limits.max_headers, |slots| {
        let mut response = httparse::Response::new(&mut []);
        let parsed = parser(config).parse_response_with_uninit_headers(&mut response, buf, slots);
        let Status::Complete(length) = parsed.map_err(fault)? else {
            return Ok(None);
        };
        let (Some(code), Some(minor)) = (response.code, response.version) else {
            return Err(Parse::Internal);
        };
        located::locate(buf, response.headers, found);
        Ok(Some(Located {
            length,
            first_line: StatusLine {
                minor: Minor::from_digit(minor),
                code,
                phrase: place(buf, response.reason.unwrap_or("").as_bytes()),
            },
        }))
    })
}

fn parser(config: &Config) -> ParserConfig {
    let leniency = &config.leniency;
    let mut parser = ParserConfig::default();
    parser
        .allow_spaces_after_header_name_in_responses(leniency.spaces_after_header_name)
        .allow_obsolete_multiline_headers_in_responses(leniency.obsolete_multiline_headers)
        .ignore_invalid_headers_in_responses(leniency.ignore_invalid_headers);
    parser
}

fn fault(error: httparse::Error) -> Parse {
    match error {
        httparse::Error::Version => Parse::Version,
        httparse::Error::Status => Parse::Status,
        httparse::Error::TooManyHeaders => Parse::TooLarge,
        httparse::Error::Token
        | httparse::Error::HeaderName
        | httparse::Error::HeaderValue
        | httparse::Error::NewLine => Parse::Header(Header::Token),
    }
}

/// Understands a complete head, of an interim response or of the final one.
pub(crate) fn understand(
    head: &Bytes,
    line: StatusLine,
    fields: &[LineAt],
    config: &Config,
    exchange: &mut Exchange,
) -> Result<Parsed<response::Parts>, Parse> {
    let status = StatusCode::from_u16(line.code).map_err(|_| Parse::Status)?;
    let minor = line.minor;
    let reading = Reading {
        records_case: config.case.preserve,
        unfolds: config.leniency.obsolete_multiline_headers,
    };
    let Fields { map, case } = collect(head, fields, reading, |_, _| Ok(Line::Keep))?;

    let mut parts = Response::new(()).into_parts().0;
    parts.status = status;
    parts.version = minor.version();
    parts.headers = map;
    if let Some(case) = case {
        parts.extensions.insert(case);
    }
    let phrase = &head[line.phrase.clone()];
    if status.canonical_reason().map(str::as_bytes) != Some(phrase) {
        // httparse takes the same bytes for a phrase, so it is one.
        if let Ok(phrase) = ReasonPhrase::try_from(head.slice(line.phrase)) {
            parts.extensions.insert(phrase);
        }
    }

    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Parsed::Interim(parts));
    }
    exchange.received(minor);
    let switches =
        status == StatusCode::SWITCHING_PROTOCOLS || opens_tunnel(exchange.method(), status);
    let body = if is_bodiless(exchange.method(), status) {
        BodyLength::EMPTY
    } else {
        body_length(&parts.headers, minor)?
    };
    let keep_alive = if switches {
        KeepAlive::Switch
    } else if body == BodyLength::CloseDelimited {
        KeepAlive::No
    } else {
        Wishes::of(&parts.headers).decide(minor)
    };
    Ok(Parsed::Final(Incoming {
        head: parts,
        body,
        keep_alive,
        expects_continue: false,
        upgrade: switches,
    }))
}

/// A response of the time before there were heads, and methods that have no body in return:
/// everything is its body.
pub(crate) fn http09(exchange: &mut Exchange) -> Parsed<response::Parts> {
    exchange.received(Minor::Http10);
    let body = if exchange.method() == Method::HEAD {
        BodyLength::EMPTY
    } else {
        BodyLength::CloseDelimited
    };
    let mut parts = Response::new(()).into_parts().0;
    parts.version = Version::HTTP_09;
    Parsed::Final(Incoming {
        head: parts,
        body,
        keep_alive: KeepAlive::No,
        expects_continue: false,
        upgrade: false,
    })
}

/// How long the body of a response is that may have one (RFC 9112, section 6.3).
fn body_length(headers: &HeaderMap, minor: Minor) -> Result<BodyLength, Parse> {
    if let Some(last) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
        return match minor {
            Minor::Http10 => Err(Parse::Header(Header::TransferEncodingUnexpected)),
            Minor::Http11 if ends_chunked(last) => Ok(BodyLength::Chunked),
            Minor::Http11 => Ok(BodyLength::CloseDelimited),
        };
    }
    let mut length = None;
    let members = headers
        .get_all(CONTENT_LENGTH)
        .iter()
        .flat_map(list_members);
    for member in members {
        // The two greatest numbers were never lengths to this crate's callers, and nobody means them.
        let declared = parse_decimal(member).filter(|length| *length < u64::MAX - 1);
        match (declared, length) {
            (Some(declared), None) => length = Some(declared),
            (Some(declared), Some(earlier)) if declared == earlier => {}
            _ => return Err(Parse::Header(Header::ContentLengthInvalid)),
        }
    }
    Ok(length.map_or(BodyLength::CloseDelimited, BodyLength::Exact))
}
