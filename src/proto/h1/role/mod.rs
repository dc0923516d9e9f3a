//! The two ends of a connection.

pub(crate) mod binding;
#[cfg(feature = "client")]
pub(crate) mod client;
#[cfg(feature = "server")]
pub(crate) mod server;

pub(crate) use self::binding::Role;
#[cfg(feature = "client")]
pub(crate) use self::client::Client;
#[cfg(feature = "server")]
pub(crate) use self::server::Server;
