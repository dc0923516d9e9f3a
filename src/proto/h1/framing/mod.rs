//! Where a body begins and ends among the bytes of a connection (RFC 9112, sections 6 and 7).

pub(crate) mod chunk_line;
pub(crate) mod decoder;
pub(crate) mod encoded;
pub(crate) mod encoder;
pub(crate) mod trailer_section;
