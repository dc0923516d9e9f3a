//! The CONNECT proxy, as one would write it: `upgrade::on` and `copy_bidirectional`.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpSocket};

use crate::adapters::{TokioExecutor, TokioTimer, TokioUpgraded};
use crate::meter::{ClientSocket, ClientTunnel, Meters, UpstreamSocket};
use crate::tasks::{Context, Crew, Event, Failure, Result};
use crate::units::KIB;
use crate::upstream;

/// Request field by which the client numbers its tunnels, for the counters.
pub const TUNNEL: &str = "tunnel";

/// Copy buffer from the client to the upstream: eight bytes go this way.
pub const UPLINK_BUFFER: usize = 8 * KIB as usize;

#[derive(Clone)]
pub struct Proxy {
    pub write_size: usize,
    pub send_buf: usize,
    pub nodelay: bool,
    pub meters: Arc<Meters>,
    pub crew: Crew,
}

impl Proxy {
    /// Serves the one connection that comes.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        let (socket, _) = listener.accept().await.context("proxy: accept")?;
        socket
            .set_nodelay(self.nodelay)
            .context("proxy: set_nodelay")?;
        let socket = ClientSocket::new(socket, self.meters.clone());
        let send_buf = self.send_buf;
        let service = service_fn(move |request| self.clone().connect(request));
        http2::Builder::new(TokioExecutor)
            .timer(TokioTimer)
            .max_send_buf_size(send_buf)
            .serve_connection(socket, service)
            .await
            .context("proxy: connection to the client")
    }

    async fn connect(self, mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>> {
        if request.method() != Method::CONNECT {
            return Err(Failure::new("proxy: a request that is not CONNECT"));
        }
        let index = self.tunnel(&request)?;
        let socket = self.dial(request.uri().authority()).await?;
        let upstream = UpstreamSocket {
            socket,
            meters: self.meters.clone(),
            index,
        };
        let upgrade = hyper::upgrade::on(&mut request);
        let crew = self.crew.clone();
        crew.spawn(async move {
            let upgraded = upgrade
                .await
                .context_with(|| format!("proxy: upgrade of tunnel {index}"))?;
            let client = ClientTunnel {
                upgraded: TokioUpgraded(upgraded),
                meters: self.meters.clone(),
                index,
            };
            self.relay(index, client, upstream).await
        });
        Ok(Response::new(Empty::new()))
    }

    async fn relay(
        &self,
        tunnel: usize,
        mut client: ClientTunnel,
        mut upstream: UpstreamSocket,
    ) -> Result<()> {
        let (_, bytes) = copy_bidirectional_with_sizes(
            &mut client,
            &mut upstream,
            UPLINK_BUFFER,
            self.write_size,
        )
        .await
        .context_with(|| format!("proxy: tunnel {tunnel}"))?;
        self.crew.report(Event::Relayed { tunnel, bytes });
        Ok(())
    }

    fn tunnel(&self, request: &Request<Incoming>) -> Result<usize> {
        request
            .headers()
            .get(TUNNEL)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .filter(|tunnel| *tunnel < self.meters.tunnels().len())
            .ok_or_else(|| Failure::new("proxy: a request without a tunnel's number"))
    }

    async fn dial(
        &self,
        authority: Option<&hyper::http::uri::Authority>,
    ) -> Result<tokio::net::TcpStream> {
        let address = authority
            .and_then(|authority| authority.as_str().parse().ok())
            .ok_or_else(|| Failure::new("proxy: CONNECT to something that is no address"))?;
        let socket = TcpSocket::new_v4().context("proxy: upstream socket")?;
        if let Some(size) = upstream::socket_buffer(self.write_size) {
            socket
                .set_recv_buffer_size(size)
                .context("proxy: receive buffer of the upstream socket")?;
        }
        socket
            .connect(address)
            .await
            .context("proxy: connect to the upstream")
    }
}
