//! What the tests of this target share: whole conversations, and the answers hyper gives by itself.

pub use crate::support::conversation::{
    accepted, assert_bad_request, assert_refused, converse, refusal, Seen, BAD_REQUEST, LAST_OK,
    OK, TOO_LARGE, URI_TOO_LONG,
};
pub use crate::support::errors::{cause_text, io_cause, kind};
pub use crate::support::reading::Reading;
pub use crate::support::responses::{empty, text, with_body, with_field, with_status};
