use std::error::Error as StdError;
use std::io;

use super::kind::{Header, Kind, Parse, User};
use super::{BoxError, Error};

type Predicate = fn(&Error) -> bool;

/// Every predicate of this build, by name.
fn predicates() -> Vec<(&'static str, Predicate)> {
    vec![
        ("is_parse", Error::is_parse),
        ("is_parse_status", Error::is_parse_status),
        #[cfg(all(feature = "http1", feature = "server"))]
        ("is_parse_too_large", Error::is_parse_too_large),
        #[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
        ("is_parse_version_h2", Error::is_parse_version_h2),
        ("is_user", Error::is_user),
        ("is_canceled", Error::is_canceled),
        ("is_closed", Error::is_closed),
        ("is_incomplete_message", Error::is_incomplete_message),
        ("is_body_write_aborted", Error::is_body_write_aborted),
        ("is_shutdown", Error::is_shutdown),
        ("is_timeout", Error::is_timeout),
    ]
}

/// Kind, its name in `Debug`, its text in `Display`, the predicates that hold.
type Row = (Kind, &'static str, &'static str, &'static [&'static str]);

const TABLE: &[Row] = &[
    (
        Kind::Parse(Parse::Method),
        "Parse(Method)",
        "invalid HTTP method parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::Version),
        "Parse(Version)",
        "invalid HTTP version parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::VersionH2),
        "Parse(VersionH2)",
        "invalid HTTP version parsed (found HTTP2 preface)",
        &["is_parse", "is_parse_version_h2"],
    ),
    (
        Kind::Parse(Parse::Uri),
        "Parse(Uri)",
        "invalid URI",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::UriTooLong),
        "Parse(UriTooLong)",
        "URI too long",
        &["is_parse", "is_parse_too_large"],
    ),
    (
        Kind::Parse(Parse::Header(Header::Token)),
        "Parse(Header(Token))",
        "invalid HTTP header parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::Header(Header::ContentLengthInvalid)),
        "Parse(Header(ContentLengthInvalid))",
        "invalid content-length parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::Header(Header::TransferEncodingInvalid)),
        "Parse(Header(TransferEncodingInvalid))",
        "invalid transfer-encoding parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::Header(Header::TransferEncodingUnexpected)),
        "Parse(Header(TransferEncodingUnexpected))",
        "unexpected transfer-encoding parsed",
        &["is_parse"],
    ),
    (
        Kind::Parse(Parse::TooLarge),
        "Parse(TooLarge)",
        "message head is too large",
        &["is_parse", "is_parse_too_large"],
    ),
    (
        Kind::Parse(Parse::Status),
        "Parse(Status)",
        "invalid HTTP status-code parsed",
        &["is_parse", "is_parse_status"],
    ),
    (
        Kind::Parse(Parse::Internal),
        "Parse(Internal)",
        "internal error inside Hyper and/or its dependencies, please report",
        &["is_parse"],
    ),
    (
        Kind::IncompleteMessage,
        "IncompleteMessage",
        "connection closed before message completed",
        &["is_incomplete_message"],
    ),
    (
        Kind::UnexpectedMessage,
        "UnexpectedMessage",
        "received unexpected message from connection",
        &[],
    ),
    (
        Kind::ChannelClosed,
        "ChannelClosed",
        "channel closed",
        &["is_closed"],
    ),
    (
        Kind::Canceled,
        "Canceled",
        "operation was canceled",
        &["is_canceled"],
    ),
    (
        Kind::HeaderTimeout,
        "HeaderTimeout",
        "read header from client timeout",
        &["is_timeout"],
    ),
    (
        Kind::Body,
        "Body",
        "error reading a body from connection",
        &[],
    ),
    (
        Kind::BodyWrite,
        "BodyWrite",
        "error writing a body to connection",
        &[],
    ),
    (
        Kind::Shutdown,
        "Shutdown",
        "error shutting down connection",
        &["is_shutdown"],
    ),
    (Kind::Http2, "Http2", "http2 error", &[]),
    (Kind::Io, "Io", "connection error", &[]),
    (
        Kind::User(User::Body),
        "User(Body)",
        "error from user's Body stream",
        &["is_user"],
    ),
    (
        Kind::User(User::BodyWriteAborted),
        "User(BodyWriteAborted)",
        "user body write aborted",
        &["is_user", "is_body_write_aborted"],
    ),
    (
        Kind::User(User::InvalidConnectWithBody),
        "User(InvalidConnectWithBody)",
        "user sent CONNECT request with non-zero body",
        &["is_user"],
    ),
    (
        Kind::User(User::Service),
        "User(Service)",
        "error from user's Service",
        &["is_user"],
    ),
    (
        Kind::User(User::UnexpectedHeader),
        "User(UnexpectedHeader)",
        "user sent unexpected header",
        &["is_user"],
    ),
    (
        Kind::User(User::UnsupportedStatusCode),
        "User(UnsupportedStatusCode)",
        "response has 1xx status code, not supported by server",
        &["is_user"],
    ),
    (
        Kind::User(User::NoUpgrade),
        "User(NoUpgrade)",
        "no upgrade available",
        &["is_user"],
    ),
    (
        Kind::User(User::ManualUpgrade),
        "User(ManualUpgrade)",
        "upgrade expected but low level API in use",
        &["is_user"],
    ),
    (
        Kind::User(User::DispatchGone),
        "User(DispatchGone)",
        "dispatch task is gone",
        &["is_user"],
    ),
];

#[test]
fn each_kind_has_its_name_text_and_predicates() {
    for &(kind, name, text, holding) in TABLE {
        let err = Error::new(kind);
        assert_eq!(err.kind(), kind);
        assert_eq!(format!("{err:?}"), format!("hyper::Error({name})"));
        assert_eq!(err.to_string(), text);
        assert!(err.source().is_none(), "{name}");
        for (predicate, holds) in predicates() {
            assert_eq!(
                holds(&err),
                holding.contains(&predicate),
                "{predicate} of {name}"
            );
        }
    }
}

#[test]
fn a_cause_shows_in_debug_and_source_but_not_in_display() {
    let err = Error::new(Kind::User(User::Service)).with("boom");
    assert_eq!(format!("{err:?}"), r#"hyper::Error(User(Service), "boom")"#);
    assert_eq!(err.to_string(), "error from user's Service");
    assert_eq!(
        err.source().map(ToString::to_string).as_deref(),
        Some("boom")
    );
}

#[test]
fn a_later_cause_replaces_an_earlier_one() {
    let err = Error::new(Kind::Canceled).with("first").with("second");
    assert_eq!(
        err.source().map(ToString::to_string).as_deref(),
        Some("second")
    );
}

#[test]
fn a_cause_keeps_its_type() {
    let err = Error::new(Kind::Io).with(io::Error::from(io::ErrorKind::BrokenPipe));
    let io = err.source().and_then(|e| e.downcast_ref::<io::Error>());
    assert_eq!(io.map(io::Error::kind), Some(io::ErrorKind::BrokenPipe));
}

#[test]
fn predicates_do_not_look_at_causes() {
    let err = Error::new(Kind::Body).with(Error::new(Kind::IncompleteMessage));
    for (predicate, holds) in predicates() {
        assert!(!holds(&err), "{predicate}");
    }
}

#[test]
fn a_timeout_of_the_transport_is_not_a_timeout_of_the_crate() {
    let err = Error::new(Kind::Io).with(io::Error::from(io::ErrorKind::TimedOut));
    assert!(!err.is_timeout());
}

#[test]
fn an_error_is_one_pointer_wide_and_can_travel() {
    fn travels<T: Send + Sync + Unpin + 'static>() {}
    travels::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<super::Result<()>>(), size_of::<usize>());
}

#[test]
fn an_error_may_be_returned_from_a_service() {
    let boxed: BoxError = Error::new(Kind::IncompleteMessage).into();
    assert!(boxed
        .downcast_ref::<Error>()
        .is_some_and(Error::is_incomplete_message));
}
