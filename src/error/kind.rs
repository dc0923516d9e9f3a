//! What went wrong, as plain data.
//!
//! Invariant: the derived `Debug` of [`Kind`] is the stable name of a kind (`User(Service)`), and
//! [`Kind::description`] its stable text. Both end up in the logs and tests of dependants; neither
//! is reworded.

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The head of an HTTP/1 message could not be parsed.
    Parse(Parse),
    /// The caller's code, or the way it used this crate, is at fault.
    User(User),
    /// The transport ended in the middle of a message.
    IncompleteMessage,
    /// The peer sent bytes while no message was due.
    UnexpectedMessage,
    /// A queued request or an expected upgrade will not happen any more.
    Canceled,
    /// The connection task behind a handle has ended.
    ChannelClosed,
    /// The transport failed.
    Io,
    /// A request head did not arrive in time.
    HeaderTimeout,
    /// Receiving a body failed.
    Body,
    /// Sending a body failed.
    BodyWrite,
    /// Closing the transport failed.
    Shutdown,
    /// Any other failure of HTTP/2: protocol, stream or misuse.
    Http2,
}

/// Which part of an HTTP/1 head is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parse {
    // In the start line.
    Method,
    Uri,
    UriTooLong,
    Status,
    Version,
    /// The peer speaks HTTP/2 with prior knowledge (RFC 9113, section 3.4).
    VersionH2,
    // Behind it.
    Header(Header),
    TooLarge,
    /// The parser contradicted itself; a bug on this side.
    Internal,
}

/// Which header field of an HTTP/1 head is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Token,
    ContentLengthInvalid,
    TransferEncodingInvalid,
    TransferEncodingUnexpected,
}

/// What the caller did, or failed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The outgoing body yielded an error.
    Body,
    /// The outgoing body ended before its declared length.
    BodyWriteAborted,
    /// A CONNECT request carries content (RFC 9110, section 9.3.6 gives it no meaning).
    InvalidConnectWithBody,
    /// The service yielded an error.
    Service,
    /// An outgoing message has framing fields that contradict its body.
    UnexpectedHeader,
    /// A service answered with an interim status other than 101.
    UnsupportedStatusCode,
    /// No upgrade was expected on this message.
    NoUpgrade,
    /// The upgrade went to whoever drives the connection by hand.
    ManualUpgrade,
    /// The connection future was dropped while a request was under way.
    DispatchGone,
}

impl Kind {
    /// The text `Display` shows: fixed, lowercase where no name forbids it, nothing of the cause.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Kind::Parse(parse) => parse.description(),
            Kind::User(user) => user.description(),
            Kind::IncompleteMessage => "connection closed before message completed",
            Kind::UnexpectedMessage => "received unexpected message from connection",
            Kind::Canceled => "operation was canceled",
            Kind::ChannelClosed => "channel closed",
            Kind::Io => "connection error",
            Kind::HeaderTimeout => "read header from client timeout",
            Kind::Body => "error reading a body from connection",
            Kind::BodyWrite => "error writing a body to connection",
            Kind::Shutdown => "error shutting down connection",
            Kind::Http2 => "http2 error",
        }
    }
}

impl Parse {
    fn description(self) -> &'static str {
        match self {
            Parse::Method => "invalid HTTP method parsed",
            Parse::Version => "invalid HTTP version parsed",
            Parse::VersionH2 => "invalid HTTP version parsed (found HTTP2 preface)",
            Parse::Uri => "invalid URI",
            Parse::UriTooLong => "URI too long",
            Parse::Header(header) => header.description(),
            Parse::TooLarge => "message head is too large",
            Parse::Status => "invalid HTTP status-code parsed",
            Parse::Internal => "internal error inside Hyper and/or its dependencies, please report",
        }
    }
}

impl Header {
    fn description(self) -> &'static str {
        match self {
            Header::Token => "invalid HTTP header parsed",
            Header::ContentLengthInvalid => "invalid content-length parsed",
            Header::TransferEncodingInvalid => "invalid transfer-encoding parsed",
            Header::TransferEncodingUnexpected => "unexpected transfer-encoding parsed",
        }
    }
}

impl User {
    fn description(self) -> &'static str {
        match self {
            User::Body => "error from user's Body stream",
            User::BodyWriteAborted => "user body write aborted",
            User::InvalidConnectWithBody => "user sent CONNECT request with non-zero body",
            User::Service => "error from user's Service",
            User::UnexpectedHeader => "user sent unexpected header",
            User::UnsupportedStatusCode => "response has 1xx status code, not supported by server",
            User::NoUpgrade => "no upgrade available",
            User::ManualUpgrade => "upgrade expected but low level API in use",
            User::DispatchGone => "dispatch task is gone",
        }
    }
}
