use std::error::Error as StdError;
use std::future::Future;
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};
use std::{fmt, io};

use h2::Reason;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::reset_reason_of;
use crate::error::kind::{Kind, User};
use crate::error::Error;

/// A transport on which nothing works.
struct Broken;

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cable cut")
}

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(broken()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(broken()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(broken()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(broken()))
    }
}

/// An `h2::Error` that wraps an `io::Error`; h2 makes one only while it drives a transport.
fn h2_io_error() -> h2::Error {
    let mut handshake = pin!(h2::client::handshake(Broken));
    match handshake
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(Err(err)) => err,
        _ => panic!("a handshake cannot succeed or wait on a transport that fails at once"),
    }
}

/// An error of the caller's that has a cause.
#[derive(Debug)]
struct Wrapper(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapper")
    }
}

impl StdError for Wrapper {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause: &(dyn StdError + 'static) = &*self.0;
        Some(cause)
    }
}

#[test]
fn an_h2_error_becomes_the_direct_source() {
    let cases = [
        (
            Error::from_h2(Reason::REFUSED_STREAM.into()),
            Kind::Http2,
            Reason::REFUSED_STREAM,
        ),
        (
            Error::from_h2_body(Reason::CANCEL.into()),
            Kind::Body,
            Reason::CANCEL,
        ),
    ];
    for (err, kind, reason) in cases {
        assert_eq!(err.kind(), kind);
        let source = err.source().and_then(|e| e.downcast_ref::<h2::Error>());
        assert_eq!(source.and_then(h2::Error::reason), Some(reason));
        assert!(!err.is_timeout());
    }
}

#[test]
fn an_io_error_inside_h2_is_unwrapped() {
    let err = Error::from_h2(h2_io_error());
    assert_eq!(err.kind(), Kind::Io);
    let source = err.source().and_then(|e| e.downcast_ref::<io::Error>());
    assert_eq!(
        source.map(io::Error::kind),
        Some(io::ErrorKind::ConnectionReset)
    );
}

#[test]
fn an_io_error_inside_h2_stays_wrapped_for_a_body() {
    let err = Error::from_h2_body(h2_io_error());
    assert_eq!(err.kind(), Kind::Body);
    assert!(err.source().is_some_and(|e| e.is::<h2::Error>()));
}

#[test]
fn a_keep_alive_timeout_has_the_whole_chain() {
    let err = Error::keep_alive_timed_out();
    assert_eq!(err.kind(), Kind::Http2);
    assert!(err.is_timeout());
    let mut texts = vec![err.to_string()];
    let mut next = err.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    assert_eq!(
        texts,
        ["http2 error", "keep-alive timed out", "operation timed out"]
    );
}

#[test]
fn a_timeout_is_found_behind_other_causes() {
    let buried = Wrapper(Box::new(Error::keep_alive_timed_out()));
    let err = Error::new(Kind::User(User::Service)).with(buried);
    assert!(err.is_timeout());
    assert!(err.is_user());
}

#[test]
fn the_first_h2_error_of_the_chain_names_the_reset_reason() {
    let user =
        |cause: Box<dyn StdError + Send + Sync>| Error::new(Kind::User(User::Service)).with(cause);
    let cases = [
        (
            "nothing to find",
            Error::new(Kind::Body),
            Reason::INTERNAL_ERROR,
        ),
        ("text only", user("boom".into()), Reason::INTERNAL_ERROR),
        (
            "direct",
            user(Box::new(h2::Error::from(Reason::ENHANCE_YOUR_CALM))),
            Reason::ENHANCE_YOUR_CALM,
        ),
        (
            "behind a wrapper",
            user(Box::new(Wrapper(Box::new(h2::Error::from(Reason::CANCEL))))),
            Reason::CANCEL,
        ),
        (
            "behind another error of this crate",
            user(Box::new(Error::from_h2(Reason::REFUSED_STREAM.into()))),
            Reason::REFUSED_STREAM,
        ),
        (
            "an h2 error without a reason",
            user(Box::new(h2_io_error())),
            Reason::INTERNAL_ERROR,
        ),
    ];
    for (name, err, reason) in cases {
        assert_eq!(err.reset_reason(), reason, "{name}");
    }
}

#[test]
fn a_bare_h2_error_is_found_without_an_error_around_it() {
    let err = h2::Error::from(Reason::INADEQUATE_SECURITY);
    assert_eq!(reset_reason_of(&err), Reason::INADEQUATE_SECURITY);
}
