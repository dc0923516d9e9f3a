//! What heads come down to.

use http::{response, Method, StatusCode};

use crate::body::length::BodyLength;
use crate::proto::h1::framing::encoder::Encoder;
use crate::proto::h1::state::KeepAlive;

/// A head that was received.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is alive at a time, on the stack"
)]
pub(crate) enum Parsed<H> {
    /// An interim response.
    #[cfg_attr(
        not(feature = "client"),
        allow(dead_code, reason = "only clients receive any")
    )]
    Interim(response::Parts),
    Final(Incoming<H>),
}

/// A complete head of which it is known where its parts stand.
#[derive(Debug)]
pub(crate) struct Located<L> {
    /// In bytes, its empty line included.
    pub(crate) length: usize,
    pub(crate) first_line: L,
}

#[derive(Debug)]
pub(crate) struct Incoming<H> {
    pub(crate) head: H,
    pub(crate) body: BodyLength,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) expects_continue: bool,
    pub(crate) upgrade: bool,
}

/// What a head that was written leaves to be done.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// `None` where the message is complete.
    pub(crate) body: Option<Encoder>,
    pub(crate) keep_alive: KeepAlive,
}

/// The versions that are spoken here. HTTP/1.0 neither frames nor persists as its successor does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Minor {
    Http10,
    #[default]
    Http11,
}

impl Minor {
    /// What stands for a message of that version on the wire: later versions are spoken as the latest
    /// one that this protocol has (RFC 9110, section 6.2), so that messages can be passed on.
    pub(crate) fn of(version: http::Version) -> Minor {
        match version {
            http::Version::HTTP_09 | http::Version::HTTP_10 => Minor::Http10,
            _ => Minor::Http11,
        }
    }

    /// For the digit behind `HTTP/1.`.
    pub(crate) fn from_digit(digit: u8) -> Minor {
        match digit {
            0 => Minor::Http10,
            _ => Minor::Http11,
        }
    }

    pub(crate) fn version(self) -> http::Version {
        match self {
            Minor::Http10 => http::Version::HTTP_10,
            Minor::Http11 => http::Version::HTTP_11,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Minor::Http10 => "HTTP/1.0",
            Minor::Http11 => "HTTP/1.1",
        }
    }
}

/// Whether a response with that status to a request with that method never has a body, whatever its
/// fields say (RFC 9112, section 6.3).
pub(crate) fn is_bodiless(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || opens_tunnel(method, status)
}

/// Whether a response with that status turns the connection into a tunnel (RFC 9110, section 9.3.6).
pub(crate) fn opens_tunnel(method: &Method, status: StatusCode) -> bool {
    method == Method::CONNECT && status.is_success()
}
