//! A connection between hyper and a peer, and the tunnels on it.

use std::future::Future;

use http::StatusCode;
use hyper::upgrade::Upgraded;

use super::hyper_end::{HyperEnd, AUTHORITY};
use super::options::Options;
use super::role::Role;
use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::scripted_h2::{H2Peer, H2Stream, RawPeer};
use crate::support::shaped::{Handle, Shaped};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::virtual_timer::expect_soon;

/// One connection: hyper, the peer, and the wire between them.
#[derive(Debug)]
pub struct Link<P> {
    pub hyper: HyperEnd,
    pub peer: P,
    /// What the peer sends.
    pub to_hyper: Flow,
    /// What hyper sends: stop reading it, or count it.
    pub to_peer: Flow,
    /// hyper's transport.
    pub transport: Handle,
    /// Counts hyper's tasks, its connection included.
    pub executor: CountingExecutor,
    connect_status: StatusCode,
}

/// An open tunnel. `S` is the peer's end: an [`H2Stream`], or the stream's id on a [`RawPeer`].
#[derive(Debug)]
pub struct Tunnel<S> {
    pub upgraded: TokioIo<Upgraded>,
    pub stream: S,
}

impl Link<RawPeer<WireEnd>> {
    /// hyper in `role` against a peer scripted frame by frame.
    pub async fn raw(role: Role, options: &Options) -> Self {
        match role {
            Role::Server => {
                Self::open(role, options, |io| RawPeer::client(io, &options.peer)).await
            }
            Role::Client => {
                Self::open(role, options, |io| RawPeer::server(io, &options.peer)).await
            }
        }
    }

    /// Opens a tunnel.
    pub async fn tunnel(&mut self) -> Tunnel<u32> {
        let status = self.connect_status;
        let (upgraded, stream) = match self.hyper.role() {
            Role::Server => {
                let stream = self.peer.send_connect(AUTHORITY, &[]).await;
                let answered = self.peer.expect_headers(stream).await.status();
                assert_eq!(answered, status.as_u16());
                (self.hyper.accept().await, stream)
            }
            Role::Client => {
                let peer = &mut self.peer;
                let answer = async move {
                    let (stream, _) = peer.expect_request().await;
                    peer.send_headers(stream, &[(":status", status.as_str())])
                        .await;
                    stream
                };
                tokio::join!(self.hyper.connect(), answer)
            }
        };
        Tunnel {
            upgraded: TokioIo::new(upgraded),
            stream,
        }
    }
}

impl Link<H2Peer> {
    /// hyper in `role` against the `h2` crate.
    pub async fn h2(role: Role, options: &Options) -> Self {
        match role {
            Role::Server => Self::open(role, options, |io| H2Peer::client(io, &options.peer)).await,
            Role::Client => Self::open(role, options, |io| H2Peer::server(io, &options.peer)).await,
        }
    }

    /// Opens a tunnel.
    pub async fn tunnel(&mut self) -> Tunnel<H2Stream> {
        let status = self.connect_status;
        let (upgraded, stream) = match self.hyper.role() {
            Role::Server => {
                let (response, stream) = self.peer.connect(AUTHORITY).await;
                assert_eq!(response.status(), status);
                (self.hyper.accept().await, stream)
            }
            Role::Client => {
                tokio::join!(self.hyper.connect(), self.peer.accept_with(status.as_u16()))
            }
        };
        Tunnel {
            upgraded: TokioIo::new(upgraded),
            stream,
        }
    }
}

impl<P> Link<P> {
    async fn open<F>(role: Role, options: &Options, peer: impl FnOnce(WireEnd) -> F) -> Self
    where
        F: Future<Output = P>,
    {
        let (client, server) = wire();
        let (own, other) = match role {
            Role::Server => (server, client),
            Role::Client => (client, server),
        };
        let (to_hyper, to_peer) = (own.incoming(), own.outgoing());
        to_hyper.set_buffer(options.socket_buffer);
        to_peer.set_buffer(options.socket_buffer);
        let (own, transport) = Shaped::new(own, options.shape);
        let executor = CountingExecutor::new();
        let opening =
            async { tokio::join!(HyperEnd::open(role, own, options, &executor), peer(other)) };
        let (hyper, peer) = expect_soon("the HTTP/2 handshake", opening).await;
        Link {
            hyper,
            peer,
            to_hyper,
            to_peer,
            transport,
            executor,
            connect_status: options.connect_status,
        }
    }
}
