//! How long a body is: on the wire, and in the words of the program that sends it.

use http_body::Body;

/// How the end of a body is found on an HTTP/1 connection (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// After this many octets. With 0, the message ends where its head does.
    Exact(u64),
    /// After the last chunk and its trailer section (RFC 9112, section 7.1).
    Chunked,
    /// Where the peer closes its half of the connection.
    #[cfg_attr(
        not(feature = "client"),
        allow(dead_code, reason = "no request that is received ends like that")
    )]
    CloseDelimited,
}

impl BodyLength {
    pub(crate) const EMPTY: BodyLength = BodyLength::Exact(0);

    pub(crate) fn is_empty(self) -> bool {
        self == BodyLength::EMPTY
    }
}

/// What a body to be sent says about itself before it is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// It is over already: there will be no frame at all.
    None,
    /// Its DATA frames will add up to this many octets.
    Known(u64),
    /// It says nothing.
    Unknown,
}

impl Content {
    pub(crate) fn of<B: Body>(body: &B) -> Content {
        if body.is_end_stream() {
            return Content::None;
        }
        match body.size_hint().exact() {
            Some(length) => Content::Known(length),
            None => Content::Unknown,
        }
    }
}
