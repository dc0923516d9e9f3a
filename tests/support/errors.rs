//! Readings of hyper's errors, by what the public API shows of them.

use std::error::Error;

/// The kind of an error, by the name its `Debug` output gives (contract 2.1-2, 2.1-3).
pub fn kind(error: &hyper::Error) -> String {
    let text = format!("{error:?}");
    let inner = text
        .strip_prefix("hyper::Error(")
        .and_then(|text| text.strip_suffix(')'))
        .expect("the Debug output of an error is a tuple");
    let mut depth = 0;
    let end = inner.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    inner[..end.unwrap_or(inner.len())].to_owned()
}

/// The cause that stands directly below `error`, as text.
pub fn cause_text(error: &hyper::Error) -> String {
    let cause = error.source().expect("the error has a cause");
    cause.to_string()
}

/// The kind of the I/O error that stands directly below `error`.
pub fn io_cause(error: &hyper::Error) -> std::io::ErrorKind {
    let cause = error.source().expect("the error has a cause");
    let cause = cause.downcast_ref::<std::io::Error>();
    cause.expect("the cause is an I/O error").kind()
}
