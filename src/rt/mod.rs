//! What this crate needs from an async runtime.
//!
//! The crate starts no threads, opens no sockets and reads no clock but through the traits of this
//! module, so it runs on any runtime for which they are implemented:
//!
//! - [`Read`] and [`Write`]: a transport, such as a TCP or TLS stream.
//! - [`Timer`] and [`Sleep`]: the passing of time. Needed by those options only that have a
//!   duration.
//! - [`Executor`]: somewhere to run the tasks of an HTTP/2 connection.
//!
//! The `hyper-util` crate has implementations for Tokio.

pub mod bounds;
#[cfg(any(feature = "http1", feature = "http2"))]
#[allow(
    dead_code,
    reason = "a facade over `Timer`, kept whole; with neither role nothing tells the time"
)]
pub(crate) mod clock;
mod executor;
pub(crate) mod io;
mod timer;

pub use self::executor::Executor;
pub use self::io::{Read, ReadBuf, ReadBufCursor, Write};
pub use self::timer::{Sleep, Timer};
