//! What all of these tests need: runtimes that end, servers and certificates for loopback, and peers made of bytes.
//!
//! A test runs in [`real_time`], over loopback, or in [`virtual_time`], over pipes in memory: where a runtime skips the time
//! in which nothing happens, it skips what the kernel is about to deliver as well. Either bounds every wait in it.

pub mod bodies;
pub mod frames;
pub mod pipe;
pub mod runtime;
pub mod serving;
pub mod tls;

pub use bodies::{collect, empty, full, text, Body, BoxError};
pub use runtime::{real_time, settle, virtual_time};
pub use serving::{connection, listen, serve, serve_tls, Serving};

/// The first error of type `E` among `error` and its sources.
pub fn cause<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
