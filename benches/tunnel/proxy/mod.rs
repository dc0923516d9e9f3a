//! The proxies that are measured: a row for each implementation, all on the same relay.

mod h2_row;
mod relay;
#[cfg(feature = "released")]
mod released;
mod runtime;
mod tcp_row;
mod this_crate;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

pub use self::runtime::Runtime;
use crate::load::Load;
use crate::socket::prepare;

/// What a client may have in flight towards us: hyper's defaults, which all rows are given.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// How much a stream may have waiting to be sent.
const SEND_BUFFER: usize = 400 << 10;

/// An implementation of the proxy's side towards the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// CONNECT tunnels of this crate.
    ThisCrate,
    /// CONNECT tunnels of a released hyper.
    #[cfg(feature = "released")]
    Released,
    /// CONNECT tunnels on the `h2` crate, used directly.
    H2,
    /// No HTTP at all: a TCP connection for each tunnel.
    Tcp,
}

impl Subject {
    pub fn name(self) -> &'static str {
        match self {
            Subject::ThisCrate => "this crate",
            #[cfg(feature = "released")]
            Subject::Released => concat!("hyper ", env!("CARGO_PKG_VERSION")),
            Subject::H2 => "h2",
            Subject::Tcp => "tcp",
        }
    }

    /// What the client has to speak.
    pub fn protocol(self) -> &'static str {
        match self {
            Subject::Tcp => "tcp",
            _ => "h2",
        }
    }

    /// Starts a proxy that lives as long as the runtime, and tells where it listens.
    pub fn start(self, load: Load, runtime: &Runtime) -> io::Result<SocketAddr> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        prepare(&listener)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let _entered = runtime.handle().enter();
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                match self {
                    Subject::ThisCrate => drop(tokio::spawn(this_crate::row::serve(socket, load))),
                    #[cfg(feature = "released")]
                    Subject::Released => drop(tokio::spawn(released::row::serve(socket, load))),
                    Subject::H2 => drop(tokio::spawn(h2_row::serve(socket, load))),
                    Subject::Tcp => drop(tokio::spawn(tcp_row::serve(socket, load))),
                }
            }
        });
        Ok(address)
    }
}
