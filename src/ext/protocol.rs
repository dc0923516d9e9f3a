//! The protocol an extended CONNECT asks for.
//!
//! Invariant: the `h2` crate's type of the same name stays inside; messages carry this one only.

use std::fmt;

/// The `:protocol` pseudo-header field of an extended CONNECT request (RFC 8441, section 4).
///
/// - A server finds it in the extensions of a request that has one, such as `websocket`. Such
///   requests arrive only if the server's builder enabled them.
/// - A client puts it into the extensions of a CONNECT request over HTTP/2 to ask for that
///   protocol. The server must have enabled them.
///
/// HTTP/1 ignores it.
#[derive(Clone, PartialEq, Eq)]
pub struct Protocol(h2::ext::Protocol);

impl Protocol {
    /// The protocol of that name.
    pub const fn from_static(value: &'static str) -> Self {
        Protocol(h2::ext::Protocol::from_static(value))
    }

    /// The protocol's name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[allow(dead_code, reason = "a server uses the one, a client the other")]
impl Protocol {
    pub(crate) fn from_h2(protocol: h2::ext::Protocol) -> Self {
        Protocol(protocol)
    }

    pub(crate) fn into_h2(self) -> h2::ext::Protocol {
        self.0
    }
}

impl<'proto> From<&'proto str> for Protocol {
    fn from(value: &'proto str) -> Self {
        Protocol(h2::ext::Protocol::from(value))
    }
}

impl AsRef<[u8]> for Protocol {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
