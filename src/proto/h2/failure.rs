//! Why a tunnel cannot send any more, in a form that can be told again and again.

use std::io;

use h2::Reason;

use crate::proto::h2::transport::outlet::Outlet;

/// The end of a tunnel's sending half that nobody asked for.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// RST_STREAM or GOAWAY, from either side.
    Reset(Reason),
    /// The transport failed.
    Io(io::ErrorKind, String),
    /// The task that serves the tunnel was dropped before its time.
    TaskGone,
}

impl Failure {
    /// What h2 told a stream, and where that was a broken connection, what broke it.
    pub(crate) fn new(err: h2::Error, outlet: &Outlet) -> Failure {
        if let Some(reason) = err.reason() {
            return Failure::Reset(reason);
        }
        match (err.get_io(), outlet.error()) {
            (Some(_), Some((kind, message))) => Failure::Io(kind, message.to_owned()),
            (Some(io), None) => Failure::Io(io.kind(), io.to_string()),
            // h2 refuses a call on a stream that is over.
            (None, _) => Failure::Reset(Reason::STREAM_CLOSED),
        }
    }

    /// The error that write, flush and shutdown report: for a reset, the `h2::Error` with its
    /// reason is the `source()`.
    pub(crate) fn to_io(&self) -> io::Error {
        match self {
            Failure::Reset(reason) => {
                let err = crate::Error::from_h2((*reason).into());
                io::Error::new(kind_of(*reason), err)
            }
            Failure::Io(kind, message) => {
                let cause = io::Error::new(*kind, message.as_str());
                let err = crate::Error::new(crate::error::kind::Kind::Io).with(cause);
                io::Error::new(*kind, err)
            }
            Failure::TaskGone => io::Error::new(io::ErrorKind::BrokenPipe, "tunnel task is gone"),
        }
    }
}

/// `BrokenPipe` where the peer merely went away, `Other` where something was wrong.
pub(crate) fn kind_of(reason: Reason) -> io::ErrorKind {
    match reason {
        Reason::NO_ERROR | Reason::CANCEL | Reason::STREAM_CLOSED => io::ErrorKind::BrokenPipe,
        _ => io::ErrorKind::Other,
    }
}
