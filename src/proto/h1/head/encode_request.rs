//! The head of a request, on a client.
//!
//! Invariant: the framing fields that are written and the encoder that is handed back say the same
//! about the body, whatever the caller had put into the head.

use std::fmt::Write;

use bytes::BytesMut;
use http::header::{CONNECTION, TRAILER};
use http::{request, Method};

use crate::body::length::Content;
use crate::error::kind::User;
use crate::ext::header_case::HeaderCase;
use crate::proto::h1::config::Config;
use crate::proto::h1::fields::write::{EmptyValues, FieldWriter, Spelling};
use crate::proto::h1::head::framing_fields::{FramingFields, LengthLine};
use crate::proto::h1::head::message::{Minor, Outgoing};
use crate::proto::h1::head::persistence::Wishes;
use crate::proto::h1::role::client::Exchange;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::{listed_names, ContentLength};

/// Writes `head` to the end of `dst`, and remembers what its response depends on. `keep_alive` is
/// what the connection would do by itself.
///
/// # Errors
///
/// `UnexpectedHeader` where the length in the head is not that of the body. Nothing is written then.
pub(crate) fn encode(
    head: &request::Parts,
    content: Content,
    exchange: &mut Exchange,
    keep_alive: KeepAlive,
    config: &Config,
    dst: &mut BytesMut,
) -> Result<Outgoing, User> {
    let asked = Minor::of(head.version);
    let minor = asked.min(exchange.peer());
    let framing = decide_framing(head, content, minor)?;
    let wishes = Wishes::of(&head.headers);
    // Where both are of HTTP/1.0, a connection is kept only if somebody asks for it.
    let is_old = asked.max(exchange.peer()) == Minor::Http10;
    let is_last = wishes.close || keep_alive != KeepAlive::Yes || is_old && !wishes.keep_alive;
    let member = if is_last {
        (!wishes.close && minor == Minor::Http11).then_some("close")
    } else {
        // A request that was written for HTTP/1.1 takes the connection to stay.
        let is_downgraded = minor < asked;
        (is_downgraded && !wishes.keep_alive).then_some("keep-alive")
    };

    dst.extend_from_slice(head.method.as_str().as_bytes());
    write!(dst, " {} ", head.uri).expect("a BytesMut grows");
    dst.extend_from_slice(minor.as_str().as_bytes());
    dst.extend_from_slice(b"\r\n");

    let recorded = head.extensions.get::<HeaderCase>();
    let spelling = Spelling {
        recorded,
        title: config.case.title,
        empty_values: match recorded {
            Some(_) => EmptyValues::Bare,
            None => EmptyValues::Spaced,
        },
    };
    let mut fields = FieldWriter::new(dst, spelling);
    fields.all(&head.headers, |name| framing.treatment(name));
    if let Some(member) = member {
        fields.line(&CONNECTION, member.as_bytes());
    }
    framing.write(&mut fields);
    fields.end();

    exchange.sent(head.method.clone());
    Ok(Outgoing {
        body: framing.encoder,
        keep_alive: if is_last {
            KeepAlive::No
        } else {
            KeepAlive::Yes
        },
    })
}

/// How long the request is, and which fields say so (RFC 9112, section 6.3).
fn decide_framing(
    head: &request::Parts,
    content: Content,
    minor: Minor,
) -> Result<FramingFields, User> {
    let framing = FramingFields::of(&head.headers);
    Ok(match (content, framing.declared) {
        (Content::None, ContentLength::Absent) => framing.without_body(LengthLine::Leave),
        // A length that is never sent would keep the server waiting.
        (Content::None, _) => framing.exact(0),
        _ if framing.has_codings && minor == Minor::Http11 => {
            framing.chunked_as_given(listed_names(&head.headers, &TRAILER))
        }
        // Whichever of the two is wrong, the peer would be told something that is not so.
        (Content::Known(known), ContentLength::Valid(length)) if known != length => {
            return Err(User::UnexpectedHeader);
        }
        (_, ContentLength::Valid(length)) => framing.exact(length),
        (Content::Known(length), _) => framing.exact(length),
        (Content::Unknown, _) if minor == Minor::Http10 || is_usually_empty(&head.method) => {
            framing.without_body(LengthLine::Leave)
        }
        (Content::Unknown, _) => framing.chunked(listed_names(&head.headers, &TRAILER)),
    })
}

/// Methods whose requests have no content as a rule. A body that does not know its length is most
/// likely one that was passed along empty.
fn is_usually_empty(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::CONNECT)
}

#[cfg(test)]
mod tests;
