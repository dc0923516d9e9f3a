//! Addresses that are listened on.
//!
//! Invariants:
//! - No error of accepting ends a listener; what will last a while, like having no file descriptor left, is waited out.
//! - Connections above the limit are accepted up to a number of their own, so that they are told; beyond, nothing is accepted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, Instant};

use crate::connection::Place;
use crate::limits::EXCESS_CONNECTIONS;
use crate::proxy::Proxy;
use crate::serving::{self, Arrival, Server};
use crate::tls::Tls;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;
/// How long accepting pauses when there is no file descriptor or memory for a connection.
const PAUSE: Duration = Duration::from_millis(250);

/// An address that is listened on.
pub struct Listener {
    tcp: TcpListener,
    pub address: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    pub fn bind(address: SocketAddr, tls: Option<Tls>) -> io::Result<Listener> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A proxy that is started again need not wait for connections of the last one.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let tcp = socket.listen(BACKLOG)?;
        let address = tcp.local_addr()?;
        Ok(Listener { tcp, address, tls })
    }

    pub fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Accepts connections, and serves them, until the proxy drains.
    pub async fn run(self, acceptance: Acceptance) {
        let Acceptance {
            proxy,
            room,
            server,
        } = acceptance;
        let accepting = async {
            loop {
                let permit = Arc::clone(&room).acquire_owned().await;
                let permit = permit.expect("the semaphore is never closed");
                let (tcp, peer) = self.accept().await;
                proxy.metrics.accepted(self.scheme());
                let place = Place::new(proxy.connections.enter(), permit);
                let arrival = Arrival {
                    proxy: Arc::clone(&proxy),
                    accepted: Instant::now(),
                    server: Arc::clone(&server),
                    tls: self.tls.clone(),
                };
                proxy.drain.spawn(arrival.serve(tcp, peer, place));
            }
        };
        tokio::select! {
            () = accepting => {}
            () = proxy.drain.begun() => {}
        }
    }

    pub async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.tcp.accept().await {
                Ok(accepted) => return accepted,
                // The client left while it waited to be accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::error!(address = %self.address, "cannot accept: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// What listeners share.
#[derive(Clone)]
pub struct Acceptance {
    proxy: Arc<Proxy>,
    /// Connections within the limit, those that are told that they are above it, and one that each listener waits for.
    room: Arc<Semaphore>,
    server: Arc<Server>,
}

impl Acceptance {
    pub fn new(proxy: Arc<Proxy>, listeners: usize) -> Acceptance {
        let room = proxy.settings.max_connections + EXCESS_CONNECTIONS + listeners;
        Acceptance {
            room: Arc::new(Semaphore::new(room)),
            server: Arc::new(serving::server(&proxy.settings)),
            proxy,
        }
    }
}
