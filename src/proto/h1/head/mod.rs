//! The heads of messages (RFC 9112, sections 2 to 6): start line, fields, and what they say about the
//! body and the connection.

#[cfg(feature = "client")]
pub(crate) mod encode_request;
#[cfg(feature = "server")]
pub(crate) mod encode_response;
pub(crate) mod framing_fields;
pub(crate) mod message;
#[cfg(feature = "server")]
pub(crate) mod parse_request;
#[cfg(feature = "client")]
pub(crate) mod parse_response;
pub(crate) mod persistence;
pub(crate) mod search;
