//! What the error of a failed tunnel says about its cause.

use std::error::Error;
use std::io::{self, ErrorKind};

use h2::Reason;

/// Every error code of RFC 9113, section 7, and one that no RFC knows.
pub fn all_codes() -> impl Iterator<Item = Reason> {
    (0..=0xd).chain([0xdead]).map(Reason::from)
}

/// The kind a writer gets for a reset: a peer that merely went away breaks the pipe, anything else is an error of its own.
pub fn kind_for(code: Reason) -> ErrorKind {
    match code {
        Reason::NO_ERROR | Reason::CANCEL | Reason::STREAM_CLOSED => ErrorKind::BrokenPipe,
        _ => ErrorKind::Other,
    }
}

/// The code of the `h2::Error` found by walking `source()` from a writer's error.
pub fn reason_behind(err: &io::Error) -> Option<Reason> {
    let mut cause = err.source();
    while let Some(err) = cause {
        if let Some(h2) = err.downcast_ref::<h2::Error>() {
            return h2.reason();
        }
        cause = err.source();
    }
    None
}

/// The code of the `h2::Error` that a reader's error carries itself.
pub fn reason_inside(err: &io::Error) -> Option<Reason> {
    err.get_ref()?.downcast_ref::<h2::Error>()?.reason()
}

/// Asserts that a writer's error stands for a reset with `code`.
#[track_caller]
pub fn assert_reset_with(err: &io::Error, code: Reason) {
    assert_eq!(
        (err.kind(), reason_behind(err)),
        (kind_for(code), Some(code)),
        "{err:?}"
    );
}
