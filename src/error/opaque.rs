//! [`Error`] itself: construction inside the crate, predicates for everybody.
//!
//! Invariant: apart from [`Error::is_timeout`], a predicate looks at this error's own kind only,
//! never at its causes.

use std::error::Error as StdError;
use std::{fmt, iter};

use crate::error::kind::{Kind, Parse, User};
use crate::error::timed_out::TimedOut;

/// A `Result` whose error is [`hyper::Error`](Error).
pub type Result<T> = std::result::Result<T, Error>;

/// Whatever a caller's service or body fails with.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// An error of an HTTP connection, or of one exchange on it.
///
/// The kinds are private, so that they may grow; the predicates below tell those apart that a
/// program may want to handle. A predicate whose protocol is compiled out is always false.
///
/// # Formatting
///
/// `Display` prints a fixed text for what failed at this level and says nothing of the cause. The
/// cause, where there is one, is [`source()`](std::error::Error::source): the caller's own error
/// for a failed body or service, an [`io::Error`](std::io::Error) for a failed transport, the `h2`
/// crate's error for a failure of HTTP/2. Print the whole chain to see both.
pub struct Error(Box<ErrorImpl>);

struct ErrorImpl {
    kind: Kind,
    cause: Option<BoxError>,
}

impl Error {
    /// True for any malformed HTTP/1 message head.
    pub fn is_parse(&self) -> bool {
        matches!(self.kind(), Kind::Parse(_))
    }

    /// True if an HTTP/1 message head, or the target in its request line, is longer than the limits
    /// in force allow.
    #[cfg(all(feature = "http1", feature = "server"))]
    pub fn is_parse_too_large(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Parse(Parse::TooLarge) | Kind::Parse(Parse::UriTooLong)
        )
    }

    /// True if the status code of an HTTP/1 response is malformed.
    pub fn is_parse_status(&self) -> bool {
        matches!(self.kind(), Kind::Parse(Parse::Status))
    }

    /// True if an HTTP/1 connection met the preface of an HTTP/2 one (RFC 9113, section 3.4).
    #[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
    pub fn is_parse_version_h2(&self) -> bool {
        matches!(self.kind(), Kind::Parse(Parse::VersionH2))
    }

    /// True if the error comes from code outside this crate (a service or a body), or from misuse
    /// of this crate.
    pub fn is_user(&self) -> bool {
        matches!(self.kind(), Kind::User(_))
    }

    /// True if a queued request or an expected upgrade was given up.
    pub fn is_canceled(&self) -> bool {
        self.kind() == Kind::Canceled
    }

    /// True if a handle was used whose connection has ended.
    pub fn is_closed(&self) -> bool {
        self.kind() == Kind::ChannelClosed
    }

    /// True if the transport ended before the message did.
    pub fn is_incomplete_message(&self) -> bool {
        self.kind() == Kind::IncompleteMessage
    }

    /// True if an outgoing body ended before the length it had declared.
    pub fn is_body_write_aborted(&self) -> bool {
        matches!(self.kind(), Kind::User(User::BodyWriteAborted))
    }

    /// True if the exchange was over but closing the transport failed.
    pub fn is_shutdown(&self) -> bool {
        self.kind() == Kind::Shutdown
    }

    /// True if a timeout of this crate has elapsed: for a request head, or for the answer to an
    /// HTTP/2 keep-alive ping.
    ///
    /// This one looks along the chain of causes too. A timeout of the transport itself, an
    /// `io::Error` of kind [`TimedOut`](std::io::ErrorKind::TimedOut), is not meant.
    pub fn is_timeout(&self) -> bool {
        self.kind() == Kind::HeaderTimeout || chain(self).any(|error| error.is::<TimedOut>())
    }
}

#[allow(
    dead_code,
    reason = "a build without a protocol has nothing that could fail"
)]
impl Error {
    pub(crate) fn new(kind: Kind) -> Error {
        Error(Box::new(ErrorImpl { kind, cause: None }))
    }

    /// Sets what `source()` yields, in place of any earlier cause.
    pub(crate) fn with(mut self, cause: impl Into<BoxError>) -> Error {
        self.0.cause = Some(cause.into());
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }
}

/// `error`, then its causes from the nearest to the root.
pub(super) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("hyper::Error");
        tuple.field(&self.0.kind);
        if let Some(cause) = &self.0.cause {
            tuple.field(cause);
        }
        tuple.finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().description())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause: &(dyn StdError + 'static) = self.0.cause.as_deref()?;
        Some(cause)
    }
}
