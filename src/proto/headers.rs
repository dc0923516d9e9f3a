//! Field rules that depend on no connection: pure functions over a `HeaderMap`.
//!
//! Invariants: nothing here panics or fails on a value that is not ASCII (such a value is merely not understood),
//! and every rule looks at all lines of a field, never at the first alone.

use http::header::{
    HeaderMap, HeaderName, HeaderValue, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, MAX_FORWARDS, SET_COOKIE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};

/// The kind of head a rule is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "client", feature = "server")),
    allow(dead_code, reason = "a role sends one kind of message")
)]
pub(crate) enum Message {
    Request,
    Response,
}

/// What a head says about the length of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentLength {
    /// There is no `content-length` line.
    Absent,
    /// Every line gives this many octets.
    Valid(u64),
    /// A line is no decimal number, does not fit 64 bits, or contradicts another line.
    Invalid,
}

/// Reads the declared length of the content (RFC 9110, section 8.6).
///
/// Repeated lines are one declaration while they agree as numbers. A comma list within one line is `Invalid`, even
/// where its members agree: the RFC permits that reading but does not ask for it, and the strict one cannot be
/// understood differently by the next hop.
pub(crate) fn content_length(headers: &HeaderMap) -> ContentLength {
    let mut declared = ContentLength::Absent;
    for line in headers.get_all(CONTENT_LENGTH) {
        let Some(length) = parse_decimal(line.as_bytes()) else {
            return ContentLength::Invalid;
        };
        match declared {
            ContentLength::Valid(earlier) if earlier != length => return ContentLength::Invalid,
            _ => declared = ContentLength::Valid(length),
        }
    }
    declared
}

/// Declares `length` octets of content, unless a `content-length` line is there already, whatever it says.
pub(crate) fn set_content_length_if_missing(headers: &mut HeaderMap, length: u64) {
    headers
        .entry(CONTENT_LENGTH)
        .or_insert_with(|| HeaderValue::from(length));
}

/// Removes what has a meaning for one HTTP/1 connection only and is forbidden in HTTP/2 (RFC 9113, section 8.2.2):
/// `connection`, every field that any of its lines names, `keep-alive`, `proxy-connection`, `transfer-encoding` and
/// `upgrade`. `trailer` stays, since it speaks about the message.
///
/// `te` stays in a request only as `te: trailers`. If `trailers` is one member of a list, the list is cut down to it: the
/// codings it is mixed with are what HTTP/2 forbids, while dropping the whole field would take back that the
/// sender accepts trailers. A `te` that `connection` names goes all the same, because it was addressed to this hop
/// (RFC 9110, section 7.6.1). Responses never keep `te`.
pub(crate) fn strip_connection_fields(headers: &mut HeaderMap, message: Message) {
    const ALWAYS: [HeaderName; 4] = [
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        TRANSFER_ENCODING,
        UPGRADE,
    ];

    if headers.is_empty() {
        return;
    }
    if headers.contains_key(CONNECTION) {
        for name in listed_names(headers, &CONNECTION) {
            headers.remove(name);
        }
        headers.remove(CONNECTION);
    }
    for name in ALWAYS {
        headers.remove(name);
    }

    if headers.contains_key(TE) {
        if message == Message::Request && accepts_trailers(headers) {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        } else {
            headers.remove(TE);
        }
    }
}

/// Whether the sender of these fields takes trailers (RFC 9110, section 10.1.4).
pub(crate) fn accepts_trailers(headers: &HeaderMap) -> bool {
    lists(headers, &TE, b"trailers")
}

/// Whether a line of the list field `name` has `member`, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, member: &[u8]) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(list_members)
        .any(|listed| listed.eq_ignore_ascii_case(member))
}

/// The members of the list field `name`, without those of lines that have bytes beyond ASCII or control characters:
/// such a line is no list of tokens, and says nothing.
pub(crate) fn ascii_members<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .filter(|line| line.to_str().is_ok())
        .flat_map(list_members)
}

/// The field names that the list field `name` has. A member that is none is left out.
pub(crate) fn listed_names(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderName> {
    headers
        .get_all(name)
        .iter()
        .flat_map(list_members)
        .filter_map(|member| HeaderName::from_bytes(member).ok())
        .collect()
}

/// Whether the last transfer coding of this line is `chunked`, so that it frames the message (RFC 9112, section 6.1). Of a
/// line with bytes beyond ASCII nobody knows what the next hop makes of it, so it is not.
pub(crate) fn ends_chunked(line: &HeaderValue) -> bool {
    let last = list_members(line).last();
    line.as_bytes().is_ascii() && last.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

/// Whether `name` means something before the content is read, so that a sender must not put it into a trailer section and
/// a recipient does better without it there (RFC 9110, section 6.5.1).
pub(crate) fn is_forbidden_in_trailers(name: &HeaderName) -> bool {
    const FRAMING: [HeaderName; 4] = [CONTENT_LENGTH, TRANSFER_ENCODING, TE, TRAILER];
    const ROUTING_AND_CONTROL: [HeaderName; 3] = [HOST, MAX_FORWARDS, CACHE_CONTROL];
    const IDENTITY: [HeaderName; 2] = [AUTHORIZATION, SET_COOKIE];
    const CONTENT_FORMAT: [HeaderName; 3] = [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_RANGE];

    FRAMING.contains(name)
        || ROUTING_AND_CONTROL.contains(name)
        || IDENTITY.contains(name)
        || CONTENT_FORMAT.contains(name)
}

/// Splits a comma-separated list on bytes, since `HeaderValue::to_str` refuses a whole line for one octet above 0x7f.
pub(crate) fn list_members(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    line.as_bytes()
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
}

/// `str::parse` would take a leading plus sign, which the grammar does not know.
pub(crate) fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests;
