//! Turning requests into responses.
//!
//! A [`Service`] is an asynchronous function from a request to a response. A server calls one for
//! every request of a connection. [`service_fn`] makes one of a closure; implement the trait for
//! services with a name or a state.
//!
//! [`HttpService`] is the same for HTTP requests and responses, as a shorter bound; it cannot be
//! implemented directly.

mod http;
#[allow(
    clippy::module_inception,
    reason = "the file is named for its one trait"
)]
mod service;
mod util;

pub use self::http::HttpService;
pub use self::service::Service;
pub use self::util::service_fn;

#[cfg(test)]
mod tests;
