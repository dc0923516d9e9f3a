//! A transport and the bytes on their way through it.
//!
//! Nothing in here knows HTTP: [`read_buf`] holds what came in, [`write_buf`] what is to go out, and [`transport`]
//! joins both to the caller's transport.

pub(crate) mod read_buf;
pub(crate) mod transport;
pub(crate) mod write_buf;
