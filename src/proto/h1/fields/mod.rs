//! Field lines, of heads and of trailer sections (RFC 9112, section 5).

pub(crate) mod located;
pub(crate) mod parse;
pub(crate) mod slots;
pub(crate) mod write;
