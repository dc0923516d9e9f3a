//! The `h2` crate as the peer.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::peer_settings::PeerSettings;
use crate::support::virtual_timer::expect_soon;

/// One end of an HTTP/2 connection, run by the `h2` crate in a task of its own.
pub struct H2Peer {
    side: Side,
    stream_window: mpsc::UnboundedSender<u32>,
    connection: JoinHandle<Ended>,
}

/// What a connection leaves behind. Its transport stays readable, as a kernel's would for a while, so that hyper's last
/// frames are not answered with an error.
struct Ended {
    result: Result<(), h2::Error>,
    _transport: Box<dyn Send>,
}

enum Side {
    Client(h2::client::SendRequest<Bytes>),
    Server(mpsc::UnboundedReceiver<Incoming>),
}

type Incoming = (Request<RecvStream>, h2::server::SendResponse<Bytes>);

impl H2Peer {
    /// Opens the connection as a client.
    pub async fn client<T>(io: T, settings: &PeerSettings) -> Self
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = h2::client::Builder::new();
        builder
            .initial_window_size(settings.stream_window)
            .initial_connection_window_size(settings.connection_window)
            .enable_push(false);
        if let Some(size) = settings.max_frame_size {
            builder.max_frame_size(size);
        }
        if let Some(streams) = settings.max_concurrent_streams {
            builder.max_concurrent_streams(streams);
        }
        let (requests, mut connection) = builder
            .handshake(io)
            .await
            .expect("the transport takes the preface");
        let (stream_window, mut resizes) = mpsc::unbounded_channel();
        let connection = tokio::spawn(async move {
            let result = loop {
                tokio::select! {
                    biased;
                    Some(size) = resizes.recv() => resized(connection.set_initial_window_size(size)),
                    ended = &mut connection => break ended,
                }
            };
            Ended {
                result,
                _transport: Box::new(connection),
            }
        });
        H2Peer {
            side: Side::Client(requests),
            stream_window,
            connection,
        }
    }

    /// Opens the connection as a server.
    pub async fn server<T>(io: T, settings: &PeerSettings) -> Self
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = h2::server::Builder::new();
        builder
            .initial_window_size(settings.stream_window)
            .initial_connection_window_size(settings.connection_window);
        if let Some(size) = settings.max_frame_size {
            builder.max_frame_size(size);
        }
        if let Some(streams) = settings.max_concurrent_streams {
            builder.max_concurrent_streams(streams);
        }
        if settings.enable_connect_protocol {
            builder.enable_connect_protocol();
        }
        let mut connection = builder
            .handshake::<_, Bytes>(io)
            .await
            .expect("the preface arrives");
        let (stream_window, mut resizes) = mpsc::unbounded_channel();
        let (accepted, requests) = mpsc::unbounded_channel();
        let connection = tokio::spawn(async move {
            let result = loop {
                tokio::select! {
                    biased;
                    Some(size) = resizes.recv() => resized(connection.set_initial_window_size(size)),
                    next = connection.accept() => match next {
                        // A request nobody takes any more is dropped, which resets it; the connection lives on.
                        Some(Ok(request)) => drop(accepted.send(request)),
                        Some(Err(error)) => break Err(error),
                        None => break Ok(()),
                    },
                }
            };
            Ended {
                result,
                _transport: Box::new(connection),
            }
        });
        H2Peer {
            side: Side::Server(requests),
            stream_window,
            connection,
        }
    }

    /// Changes the window of every stream, open ones included (SETTINGS_INITIAL_WINDOW_SIZE).
    ///
    /// `h2` allows one change at a time: let hyper acknowledge it (`run_until_idle`) before the next.
    pub fn set_stream_window(&self, bytes: u32) {
        // Fails only after the connection has ended, when there is no window left to set.
        let _ = self.stream_window.send(bytes);
    }

    /// As a client: where requests are sent from.
    ///
    /// # Panics
    ///
    /// If this peer is a server.
    pub fn requests(&mut self) -> &mut h2::client::SendRequest<Bytes> {
        match &mut self.side {
            Side::Client(requests) => requests,
            Side::Server(_) => panic!("a server sends no requests"),
        }
    }

    /// As a client: sends a CONNECT request and awaits the answer, whatever its status.
    pub async fn connect(&mut self, authority: &str) -> (Response<()>, H2Stream) {
        let request = Request::connect(authority).body(());
        let request = request.expect("an authority makes a CONNECT request");
        let requests = self.requests().clone();
        expect_soon("the answer to CONNECT", async {
            let mut requests = requests.ready().await.expect("the connection is open");
            let (response, send) = requests
                .send_request(request, false)
                .expect("the request is well-formed");
            let response = response.await.expect("the request is answered");
            let (head, recv) = response.into_parts();
            (Response::from_parts(head, ()), H2Stream { send, recv })
        })
        .await
    }

    /// As a server: the next request, not yet answered.
    ///
    /// # Panics
    ///
    /// If this peer is a client, or the connection ends first.
    pub async fn accept(&mut self) -> Incoming {
        match &mut self.side {
            Side::Client(_) => panic!("a client accepts no requests"),
            Side::Server(requests) => {
                let next = expect_soon("a request", requests.recv()).await;
                next.expect("a request comes before the connection ends")
            }
        }
    }

    /// As a server: accepts the next request and answers it with `status`, leaving both directions open.
    pub async fn accept_with(&mut self, status: u16) -> H2Stream {
        let (request, mut respond) = self.accept().await;
        let head = Response::builder().status(status).body(());
        let head = head.expect("the status is a valid one");
        let send = respond
            .send_response(head, false)
            .expect("the stream is open");
        let recv = request.into_body();
        H2Stream { send, recv }
    }

    /// Waits for the end of the connection.
    pub async fn ended(&mut self) -> Result<(), h2::Error> {
        let ended = expect_soon("the end of the peer's connection", &mut self.connection).await;
        ended.expect("the peer's task does not panic").result
    }

    /// Drops the connection and its transport where they stand.
    pub fn abort(&self) {
        self.connection.abort();
    }
}

fn resized(result: Result<(), h2::Error>) {
    result.expect("hyper acknowledged the window before");
}

/// The peer's end of a stream. Take it apart to use both directions at once.
#[derive(Debug)]
pub struct H2Stream {
    pub send: SendStream<Bytes>,
    pub recv: RecvStream,
}

impl H2Stream {
    /// See [`send_all`].
    pub async fn send_all(&mut self, bytes: impl Into<Bytes>) -> Result<(), h2::Error> {
        send_all(&mut self.send, bytes).await
    }

    /// Sends END_STREAM.
    pub fn finish(&mut self) -> Result<(), h2::Error> {
        self.send.send_data(Bytes::new(), true)
    }

    pub fn reset(&mut self, code: Reason) {
        self.send.send_reset(code);
    }

    /// See [`receive`].
    pub async fn receive(&mut self, len: usize) -> Result<Bytes, h2::Error> {
        receive(&mut self.recv, len).await
    }

    /// See [`receive_to_end`].
    pub async fn receive_to_end(&mut self) -> Result<Bytes, h2::Error> {
        receive_to_end(&mut self.recv).await
    }

    /// The next DATA, its window kept until [`grant`](Self::grant); `None` at END_STREAM.
    pub async fn receive_kept(&mut self) -> Option<Result<Bytes, h2::Error>> {
        self.recv.data().await
    }

    /// Gives back window for bytes received before. More than those cannot be granted: see
    /// [`H2Peer::set_stream_window`] for opening a window that is still empty.
    pub fn grant(&mut self, bytes: usize) -> Result<(), h2::Error> {
        self.recv.flow_control().release_capacity(bytes)
    }
}

/// Sends `bytes` as the window allows; returns when `h2` holds the last of them.
pub async fn send_all(
    stream: &mut SendStream<Bytes>,
    bytes: impl Into<Bytes>,
) -> Result<(), h2::Error> {
    let mut bytes = bytes.into();
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let granted = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(granted) => granted?,
            None => return Err(Reason::STREAM_CLOSED.into()),
        };
        let piece = bytes.split_to(granted.min(bytes.len()));
        stream.send_data(piece, false)?;
    }
    Ok(())
}

/// Receives DATA until `len` bytes have come (or the stream ends), giving back the window as it goes. The last frame may
/// bring more than `len`.
pub async fn receive(stream: &mut RecvStream, len: usize) -> Result<Bytes, h2::Error> {
    let mut bytes = BytesMut::new();
    while bytes.len() < len {
        let Some(data) = stream.data().await else {
            break;
        };
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// Receives DATA up to END_STREAM, giving back the window as it goes.
pub async fn receive_to_end(stream: &mut RecvStream) -> Result<Bytes, h2::Error> {
    receive(stream, usize::MAX).await
}
