//! The client: raw h2, one connection, one task.
//!
//! Connection and tunnels are polled in turn by one task, and the socket is read a little at a
//! time in between. So what has been read is hashed and gone before more is read, and the client
//! holds next to nothing in any phase: what this process holds is the proxy's.

use std::future::{poll_fn, Future};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{ready, Context as TaskContext, Poll};

use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use h2::{RecvStream, SendStream};
use hyper::http::{Method, Request, StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::meter::stream_of;
use crate::options::Stall;
use crate::pattern::Digest;
use crate::phase::Phase;
use crate::proxy::TUNNEL;
use crate::tasks::{Context, Crew, Event, Failure, Result};

/// Most bytes read off the socket before the tunnels get their turn. Few, since h2 keeps a record
/// many times its size for a frame of one byte.
const TURN: usize = 4 * 1024;

pub struct Plan {
    pub tunnels: usize,
    pub window: u32,
    pub stall: Stall,
    /// Where the tunnels lead to.
    pub upstream: SocketAddr,
}

/// Opens the tunnels over `socket` and reads them to their ends.
pub async fn run(
    socket: TcpStream,
    plan: Plan,
    mut phase: watch::Receiver<Phase>,
    crew: Crew,
) -> Result<()> {
    let mut client = open(socket, &plan, &crew).await?;
    crew.report(Event::Opened);
    loop {
        let stalled = *phase.borrow_and_update() == Phase::Stalled;
        if stalled && plan.stall == Stall::Socket {
            phase.changed().await.context("client: phase")?;
            continue;
        }
        client.set_releasing(!stalled)?;
        tokio::select! {
            biased;
            changed = phase.changed() => changed.context("client: phase")?,
            finished = poll_fn(|cx| client.poll(cx)) => return finished,
        }
    }
}

async fn open(socket: TcpStream, plan: &Plan, crew: &Crew) -> Result<Client> {
    let allowance = Arc::new(AtomicUsize::new(usize::MAX));
    let socket = Valve {
        socket,
        allowance: allowance.clone(),
    };
    let (requests, mut connection) = h2::client::Builder::new()
        .enable_push(false)
        .initial_window_size(plan.window)
        // The connection's window must not stop one tunnel on behalf of another.
        .initial_connection_window_size(plan.window * plan.tunnels as u32)
        // Tiny frames are expected here, by the thousand.
        .data_frame_budget(16 * 1024 * 1024)
        .handshake(socket)
        .await
        .context("client: handshake")?;
    let tunnels = tokio::select! {
        tunnels = open_tunnels(requests, plan) => tunnels?,
        ended = &mut connection => {
            ended.context("client: connection")?;
            return Err(Failure::new("client: the connection ended before the tunnels were open"));
        }
    };
    Ok(Client {
        connection,
        allowance,
        tunnels,
        releasing: true,
        crew: crew.clone(),
    })
}

async fn open_tunnels(mut requests: SendRequest<Bytes>, plan: &Plan) -> Result<Vec<Tunnel>> {
    let uri: Uri = plan
        .upstream
        .to_string()
        .parse()
        .context("client: target")?;
    let mut tunnels = Vec::with_capacity(plan.tunnels);
    for index in 0..plan.tunnels {
        let request = Request::builder()
            .method(Method::CONNECT)
            .uri(uri.clone())
            .header(TUNNEL, index)
            .body(())
            .context("client: request")?;
        requests = requests.ready().await.context("client: request")?;
        let (response, upload) = requests
            .send_request(request, false)
            .context("client: request")?;
        assert_eq!(
            upload.stream_id().as_u32(),
            stream_of(index),
            "streams are numbered in the order they are opened"
        );
        let response = response.await.context("client: response")?;
        if response.status() != StatusCode::OK {
            let status = response.status();
            return Err(Failure::new(format!(
                "client: CONNECT was answered {status}"
            )));
        }
        tunnels.push(Tunnel {
            index,
            upload,
            download: response.into_body(),
            digest: Digest::new(),
            withheld: 0,
            ended: false,
        });
    }
    // Only now, so that no upstream begins to send while other tunnels are being opened.
    for tunnel in &mut tunnels {
        let hello = Bytes::copy_from_slice(&(tunnel.index as u64).to_be_bytes());
        let sent = tunnel.upload.send_data(hello, false);
        sent.context("client: number the tunnel")?;
    }
    Ok(tunnels)
}

struct Client {
    connection: Connection<Valve, Bytes>,
    allowance: Arc<AtomicUsize>,
    tunnels: Vec<Tunnel>,
    /// Whether window is returned for what has been read.
    releasing: bool,
    crew: Crew,
}

struct Tunnel {
    index: usize,
    upload: SendStream<Bytes>,
    download: RecvStream,
    digest: Digest,
    /// Bytes read for which no window has been returned.
    withheld: usize,
    ended: bool,
}

impl Client {
    fn set_releasing(&mut self, releasing: bool) -> Result<()> {
        self.releasing = releasing;
        if releasing {
            for tunnel in &mut self.tunnels {
                tunnel.release()?;
            }
        }
        Ok(())
    }

    /// Ready once every tunnel has ended and the connection has closed.
    ///
    /// Woken by the socket, through the connection: the tunnels get bytes from nowhere else.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<()>> {
        loop {
            self.allowance.store(TURN, Relaxed);
            let connection = Pin::new(&mut self.connection).poll(cx);
            let mut progress = self.allowance.load(Relaxed) == 0;
            for tunnel in self.tunnels.iter_mut().filter(|tunnel| !tunnel.ended) {
                progress |= tunnel.read(cx, self.releasing)?;
                if tunnel.ended {
                    self.crew.report(Event::Received {
                        tunnel: tunnel.index,
                        all: tunnel.digest.fingerprint(),
                    });
                }
            }
            if let Poll::Ready(ended) = connection {
                ended.context("client: connection")?;
                if let Some(open) = self.tunnels.iter().find(|tunnel| !tunnel.ended) {
                    let index = open.index;
                    return Poll::Ready(Err(Failure::new(format!(
                        "client: the connection ended before tunnel {index} did"
                    ))));
                }
                return Poll::Ready(Ok(()));
            }
            if !progress {
                return Poll::Pending;
            }
        }
    }
}

impl Tunnel {
    /// Hashes what is there; true if there was anything.
    fn read(&mut self, cx: &mut TaskContext<'_>, releasing: bool) -> Result<bool> {
        let mut any = false;
        while let Poll::Ready(item) = self.download.poll_data(cx) {
            any = true;
            match item {
                Some(Ok(bytes)) => {
                    self.digest.update(&bytes);
                    self.withheld += bytes.len();
                }
                Some(Err(error)) => {
                    let index = self.index;
                    return Err(error).context_with(|| format!("client: tunnel {index}"));
                }
                None => {
                    self.ended = true;
                    let end = self.upload.send_data(Bytes::new(), true);
                    end.context("client: end of a tunnel")?;
                    break;
                }
            }
        }
        if releasing {
            self.release()?;
        }
        Ok(any)
    }

    fn release(&mut self) -> Result<()> {
        let withheld = std::mem::take(&mut self.withheld);
        if withheld == 0 || self.ended {
            return Ok(());
        }
        self.download
            .flow_control()
            .release_capacity(withheld)
            .context("client: return window")
    }
}

/// A socket that hands out no more than an allowance of bytes.
///
/// With the allowance used up a read is `Pending` and nothing will wake it: who sets the allowance
/// polls again.
struct Valve {
    socket: TcpStream,
    allowance: Arc<AtomicUsize>,
}

impl AsyncRead for Valve {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let allowance = self.allowance.load(Relaxed);
        if allowance == 0 {
            return Poll::Pending;
        }
        let room = allowance.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        self.allowance.store(allowance - read, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Valve {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
