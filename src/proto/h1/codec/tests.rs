//! What a codec makes of bytes. Every input is fed whole, a byte at a time, and in two pieces with each
//! cut there is, and has to be understood the same way each time.

#[cfg(feature = "server")]
mod bodies;
#[cfg(feature = "client")]
mod client_exchanges;
#[cfg(feature = "server")]
mod drip;
#[cfg(feature = "server")]
mod exchanges;
#[cfg(all(feature = "client", feature = "server"))]
mod hostile;
#[cfg(feature = "server")]
mod limits;
#[cfg(feature = "server")]
mod rejections;
#[cfg(feature = "server")]
mod requests;
#[cfg(feature = "client")]
mod responses;
#[cfg(feature = "server")]
mod trailers;
mod transcript;
