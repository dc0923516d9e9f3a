//! The one error type of the crate.
//!
//! Invariants:
//! - What went wrong is a private [`kind::Kind`]; callers see it through the predicates of
//!   [`Error`] only.
//! - [`Error`] is one pointer wide, so that `Poll<Result<T>>` stays small on the hot paths.
//! - `Display` prints this level's fixed text and nothing of the cause. The cause is `source()`,
//!   unchanged: an `h2::Error` stays an `h2::Error`, so that callers can read its reason.
//! - Every kind exists in every build. A protocol that is compiled out leaves its kinds unused, and
//!   the predicates about them false.

#[cfg(feature = "http2")]
#[allow(
    dead_code,
    reason = "a build with neither role has no HTTP/2 connection that could fail"
)]
mod h2_cause;
#[allow(
    dead_code,
    reason = "kinds of a protocol that is compiled out are never constructed"
)]
pub(crate) mod kind;
mod opaque;
#[allow(
    dead_code,
    reason = "only HTTP/2 pings time out through these types today"
)]
mod timed_out;

#[cfg(test)]
mod tests;

#[cfg(feature = "http2")]
#[allow(unused_imports, reason = "a build with neither role resets no stream")]
pub(crate) use self::h2_cause::reset_reason_of;
#[allow(
    unused_imports,
    reason = "a build with neither role takes no caller's errors"
)]
pub(crate) use self::opaque::BoxError;
pub use self::opaque::{Error, Result};
