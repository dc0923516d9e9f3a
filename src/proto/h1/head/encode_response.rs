//! The head of a response, on a server.
//!
//! Invariant: the framing fields that are written and the encoder that is handed back say the same
//! about the body, whatever the caller had put into the head.

use bytes::BytesMut;
use http::header::{HeaderName, CONNECTION, DATE, TRAILER};
use http::{response, Method, Response, StatusCode};

use crate::body::length::Content;
use crate::error::kind::User;
use crate::ext::header_case::HeaderCase;
use crate::ext::ReasonPhrase;
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::write::{EmptyValues, FieldWriter, Spelling, Treatment};
use crate::proto::h1::framing::encoder::{Encoder, LAST_CHUNK};
use crate::proto::h1::head::framing_fields::{FramingFields, LengthLine};
use crate::proto::h1::head::message::{is_bodiless, opens_tunnel, Minor, Outgoing};
use crate::proto::h1::head::persistence::Wishes;
use crate::proto::h1::role::server::Exchange;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::{listed_names, ContentLength};

/// Writes `head` to the end of `dst`. `keep_alive` is what the connection would do by itself.
///
/// # Errors
///
/// `UnsupportedStatusCode` for a 1xx other than 101. `UnexpectedHeader` where framing fields
/// contradict each other, or have no place in such a response. Nothing is written then.
pub(crate) fn encode(
    head: &response::Parts,
    content: Content,
    exchange: &Exchange,
    keep_alive: KeepAlive,
    config: &Config,
    dst: &mut BytesMut,
) -> Result<Outgoing, User> {
    if head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(User::UnsupportedStatusCode);
    }
    let minor = exchange.minor.min(Minor::of(head.version));
    let framing = decide_framing(head, content, exchange, minor)?;
    let may_be_chunked = minor == Minor::Http11 && !is_bodiless(&exchange.method, head.status);
    let connection = Connection::decide(head, exchange, keep_alive, &framing);

    dst.extend_from_slice(minor.as_str().as_bytes());
    dst.extend_from_slice(b" ");
    dst.extend_from_slice(head.status.as_str().as_bytes());
    dst.extend_from_slice(b" ");
    dst.extend_from_slice(phrase(head));
    dst.extend_from_slice(b"\r\n");

    let spelling = Spelling {
        recorded: head.extensions.get::<HeaderCase>(),
        title: config.case.title,
        empty_values: EmptyValues::Spaced,
    };
    let mut fields = FieldWriter::new(dst, spelling);
    fields.all(&head.headers, |name| match *name {
        CONNECTION => Treatment::List {
            and: connection.member,
        },
        // Without chunks there is no section that it could announce.
        TRAILER if !may_be_chunked => Treatment::Nothing,
        TRAILER => Treatment::List { and: None },
        _ => framing.treatment(name),
    });
    if let (Some(member), false) = (connection.member, head.headers.contains_key(CONNECTION)) {
        fields.line(&CONNECTION, member.as_bytes());
    }
    framing.write(&mut fields);
    if let (Some(date), false) = (config.date, head.headers.contains_key(DATE)) {
        fields.line(&DATE, date().as_bytes());
    }
    fields.end();
    if framing.has_only_last_chunk {
        dst.extend_from_slice(LAST_CHUNK);
    }
    Ok(Outgoing {
        body: framing.encoder,
        keep_alive: connection.keep_alive,
    })
}

/// Writes a response that has nothing but its status, and is the last one.
pub(crate) fn encode_last(
    status: StatusCode,
    exchange: &Exchange,
    config: &Config,
    dst: &mut BytesMut,
) {
    let mut head = Response::new(()).into_parts().0;
    head.status = status;
    encode(&head, Content::None, exchange, KeepAlive::No, config, dst)
        .expect("nothing in an empty head contradicts anything");
}

/// An unknown status has no usual phrase; the place of one is never left empty.
fn phrase(head: &response::Parts) -> &[u8] {
    match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => phrase.as_bytes(),
        None => head
            .status
            .canonical_reason()
            .unwrap_or("<none>")
            .as_bytes(),
    }
}

/// How long the response is, and which fields say so (RFC 9112, section 6.3).
fn decide_framing(
    head: &response::Parts,
    content: Content,
    exchange: &Exchange,
    minor: Minor,
) -> Result<FramingFields, User> {
    let framing = FramingFields::of(&head.headers);
    let declares_length = framing.declared != ContentLength::Absent;
    if opens_tunnel(&exchange.method, head.status) && (framing.has_codings || declares_length) {
        return Err(User::UnexpectedHeader);
    }
    if framing.has_codings && declares_length {
        return Err(User::UnexpectedHeader);
    }
    if is_bodiless(&exchange.method, head.status) {
        return bodiless(framing, head.status, content, exchange);
    }
    // Elsewhere codings are left out, so they cannot contradict anything.
    if framing.has_codings && minor == Minor::Http11 {
        let framing = framing.chunked_as_given(announced_trailers(head, exchange));
        return Ok(match content {
            Content::None => framing.with_only_last_chunk(),
            Content::Known(_) | Content::Unknown => framing,
        });
    }
    match (content, framing.declared) {
        (Content::None, _) => Ok(framing.empty()),
        (Content::Known(length), ContentLength::Absent) => Ok(framing.exact(length)),
        // Whichever of the two is wrong, the peer would be told something that is not so.
        (Content::Known(length), declared) if declared != ContentLength::Valid(length) => {
            Err(User::UnexpectedHeader)
        }
        (_, ContentLength::Valid(length)) => Ok(framing.exact(length)),
        (_, ContentLength::Invalid) => Err(User::UnexpectedHeader),
        (_, ContentLength::Absent) => Ok(match minor {
            Minor::Http11 => framing.chunked(announced_trailers(head, exchange)),
            Minor::Http10 => framing.close_delimited(),
        }),
    }
}

/// A response without a body may still say how long it would be, to HEAD and with 304 (RFC 9110,
/// section 8.6).
fn bodiless(
    framing: FramingFields,
    status: StatusCode,
    content: Content,
    exchange: &Exchange,
) -> Result<FramingFields, User> {
    let may_declare = match status {
        StatusCode::NOT_MODIFIED => true,
        StatusCode::NO_CONTENT => false,
        _ => exchange.method == Method::HEAD && !status.is_informational(),
    };
    let line = match (framing.declared, content) {
        (ContentLength::Invalid, Content::Unknown) => return Err(User::UnexpectedHeader),
        _ if !may_declare => LengthLine::Leave,
        (ContentLength::Valid(length), _) => framing.keep_or_write(length),
        (_, Content::Known(length @ 1..)) if status != StatusCode::NOT_MODIFIED => {
            LengthLine::Write(length)
        }
        (ContentLength::Absent | ContentLength::Invalid, _) => LengthLine::Leave,
    };
    Ok(framing.without_body(line))
}

fn announced_trailers(head: &response::Parts, exchange: &Exchange) -> Vec<HeaderName> {
    if exchange.accepts_trailers {
        listed_names(&head.headers, &TRAILER)
    } else {
        Vec::new()
    }
}

/// What becomes of the connection, and what is said about that.
struct Connection {
    /// To be added to the `connection` field.
    member: Option<&'static str>,
    keep_alive: KeepAlive,
}

impl Connection {
    fn decide(
        head: &response::Parts,
        exchange: &Exchange,
        keep_alive: KeepAlive,
        framing: &FramingFields,
    ) -> Connection {
        let accepts_upgrade = head.status == StatusCode::SWITCHING_PROTOCOLS;
        if accepts_upgrade || opens_tunnel(&exchange.method, head.status) {
            // A 101 that nobody asked for is followed by nothing that anybody could understand.
            let keep_alive = if exchange.upgrade {
                KeepAlive::Switch
            } else {
                KeepAlive::No
            };
            return Connection {
                member: None,
                keep_alive,
            };
        }
        let wishes = Wishes::of(&head.headers);
        let lasts_until_close = matches!(framing.encoder, Some(Encoder::CloseDelimited));
        let is_last = keep_alive != KeepAlive::Yes
            || wishes.close
            || lasts_until_close
            // Between two peers of HTTP/1.0 the response has to ask for it, too.
            || exchange.minor == Minor::Http10
                && wishes.decide(Minor::of(head.version)) == KeepAlive::No;
        if is_last {
            // HTTP/1.0 takes it for granted, unless the request has asked for more and only the body forbids it.
            let was_to_stay = keep_alive == KeepAlive::Yes && lasts_until_close;
            let is_silent_about_it =
                exchange.minor == Minor::Http10 && !wishes.keep_alive && !was_to_stay;
            Connection {
                member: (!wishes.close && !is_silent_about_it).then_some("close"),
                keep_alive: KeepAlive::No,
            }
        } else {
            let has_to_say_so = exchange.minor == Minor::Http10 && !wishes.keep_alive;
            Connection {
                member: has_to_say_so.then_some("keep-alive"),
                keep_alive: KeepAlive::Yes,
            }
        }
    }
}

#[cfg(test)]
mod tests;
