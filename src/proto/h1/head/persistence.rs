//! Whether a connection outlives the message (RFC 9112, section 9.3).

use http::header::{HeaderMap, CONNECTION};

use crate::proto::h1::head::message::Minor;
use crate::proto::h1::state::KeepAlive;
use crate::proto::headers::ascii_members;

/// What the `connection` lines of a message ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
}

impl Wishes {
    pub(crate) fn of(headers: &HeaderMap) -> Wishes {
        let mut wishes = Wishes::default();
        for wish in ascii_members(headers, &CONNECTION) {
            wishes.close |= wish.eq_ignore_ascii_case(b"close");
            wishes.keep_alive |= wish.eq_ignore_ascii_case(b"keep-alive");
        }
        wishes
    }

    /// A message of HTTP/1.1 keeps the connection unless it says otherwise, one of HTTP/1.0 only if it
    /// says so. `close` wins.
    pub(crate) fn decide(self, minor: Minor) -> KeepAlive {
        let keeps = match minor {
            Minor::Http11 => true,
            Minor::Http10 => self.keep_alive,
        };
        if keeps && !self.close {
            KeepAlive::Yes
        } else {
            KeepAlive::No
        }
    }
}
