//! hyper in either role, and the frames of an attacker, which hyper meets all at once.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::Reason;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::service::service_fn;
use tokio::task::JoinHandle;

use crate::support::errors::kind;
use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::heap::mark;
use crate::support::linear::{Cost, Meter};
use crate::support::scripted_h2::{encode, Frame, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{
    empty_body, test_body, ClientBuilder, Options, Role, ServerBuilder, TestBody,
};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// One connection under attack.
pub struct Victim {
    pub role: Role,
    pub peer: RawPeer<WireEnd>,
    pub to_hyper: Flow,
    pub to_peer: Flow,
    /// Counts hyper's tasks, its connection included.
    pub executor: CountingExecutor,
    pub requests: Option<SendRequest<TestBody>>,
    calls: Arc<AtomicUsize>,
    connection: JoinHandle<hyper::Result<()>>,
}

/// What an attack came to.
#[derive(Clone, Copy, Debug)]
pub struct Toll {
    /// Most heap while it lasted, beyond that before it, in bytes.
    pub peak: usize,
    /// Heap that is still held, in bytes.
    pub held: isize,
    /// Bytes that hyper read.
    pub read: u64,
    pub polls: usize,
}

impl Victim {
    pub async fn new(role: Role) -> Self {
        Self::with(role, &Options::new()).await
    }

    pub async fn with(role: Role, options: &Options) -> Self {
        let (client, server) = wire();
        let executor = CountingExecutor::new();
        let calls = Arc::<AtomicUsize>::default();
        match role {
            Role::Server => {
                let (to_hyper, to_peer) = (server.incoming(), server.outgoing());
                let mut builder = ServerBuilder::new(executor.clone());
                builder.timer(TokioTimer);
                (options.tune_server)(&mut builder);
                let counted = calls.clone();
                let service = service_fn(move |request| {
                    counted.fetch_add(1, Ordering::SeqCst);
                    answer(request)
                });
                let connection = builder.serve_connection(TokioIo::new(server), service);
                let connection = executor.spawn(connection);
                let peer = RawPeer::client(client, &options.peer);
                Victim {
                    role,
                    peer: expect_soon("the handshake", peer).await,
                    to_hyper,
                    to_peer,
                    executor,
                    requests: None,
                    calls,
                    connection,
                }
            }
            Role::Client => {
                let (to_hyper, to_peer) = (client.incoming(), client.outgoing());
                let mut builder = ClientBuilder::new(executor.clone());
                builder.timer(TokioTimer);
                (options.tune_client)(&mut builder);
                let handshake = builder.handshake(TokioIo::new(client));
                let peer = RawPeer::server(server, &options.peer);
                let both = async { tokio::join!(handshake, peer) };
                let (handshake, peer) = expect_soon("the handshake", both).await;
                let (requests, connection) = handshake.expect("the transport works");
                let connection = executor.spawn(connection);
                Victim {
                    role,
                    peer,
                    to_hyper,
                    to_peer,
                    executor,
                    requests: Some(requests),
                    calls,
                    connection,
                }
            }
        }
    }

    /// How often the service was called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Opens stream 1 and leaves it so: a request whose body nobody reads, or a response whose body nobody reads.
    pub async fn with_open_stream(mut self) -> Self {
        match self.role {
            Role::Server => {
                self.peer.send_headers(1, &held_head("POST")).await;
                run_until_idle().await;
            }
            Role::Client => {
                let response = self.request("/held");
                let (stream, _) = self.peer.expect_request().await;
                assert_eq!(stream, 1);
                self.peer.send_headers(1, &[(":status", "200")]).await;
                let response = expect_soon("the response", response).await;
                let response = response.expect("no panic").expect("a response");
                tokio::spawn(async move {
                    pending::<()>().await;
                    drop(response);
                });
                run_until_idle().await;
            }
        }
        self
    }

    /// As a client: sends a GET from a task of its own.
    pub fn request(&mut self, path: &str) -> JoinHandle<hyper::Result<Response<Incoming>>> {
        let uri = format!("http://a.example{path}");
        let request = Request::get(uri).body(empty_body()).expect("a request");
        let requests = self.requests.as_mut().expect("a client");
        tokio::spawn(requests.send_request(request))
    }

    /// Has hyper meet `bytes` at once, while the peer reads nothing of what hyper says to it.
    pub async fn meet(&mut self, bytes: &[u8]) -> Toll {
        run_until_idle().await;
        self.to_hyper.stop_reading();
        self.to_hyper.set_buffer(bytes.len() + (64 << 10));
        self.peer.send_bytes(bytes).await;
        let polls = self.executor.polls();
        let read = self.to_hyper.delivered();
        let mark = mark();
        self.to_hyper.resume();
        run_until_idle().await;
        Toll {
            peak: mark.peak(),
            held: mark.grown(),
            read: self.to_hyper.delivered() - read,
            polls: self.executor.polls() - polls,
        }
    }

    /// Has hyper meet `bytes` at once, with room for whatever it says, and tells what that cost.
    pub async fn bear(&mut self, bytes: &[u8]) -> Cost {
        run_until_idle().await;
        self.to_hyper.stop_reading();
        self.to_hyper.set_buffer(bytes.len() + (64 << 10));
        self.to_peer.set_buffer(usize::MAX);
        self.peer.send_bytes(bytes).await;
        let polls = self.executor.polls();
        let meter = Meter::start();
        self.to_hyper.resume();
        run_until_idle().await;
        let left = self.to_hyper.buffered();
        assert_eq!(
            left,
            0,
            "all of it was read: {} polls",
            self.executor.polls() - polls
        );
        meter.stop(self.executor.polls() - polls)
    }

    /// Reads all that hyper says, while it has something to say; gives the code it says goodbye with, if it does.
    pub async fn goodbye(&mut self) -> Option<Reason> {
        // What waits to be sent leaves before more is read.
        const QUIET: usize = 3;
        let mut goodbye = None;
        let mut quiet = 0;
        while quiet < QUIET && goodbye.is_none() {
            let before = (self.to_hyper.buffered(), self.to_peer.taken());
            for frame in self.peer.settled_frames().await {
                if let Frame::GoAway { code, .. } = frame {
                    goodbye = Some(code);
                }
            }
            let moved = before != (self.to_hyper.buffered(), self.to_peer.taken());
            quiet = if moved { 0 } else { quiet + 1 };
        }
        goodbye
    }

    pub fn has_ended(&self) -> bool {
        self.connection.is_finished()
    }

    /// Gives the connection up with `reason`, and nothing stays behind.
    pub async fn assert_given_up(mut self, reason: Reason) {
        assert_eq!(self.goodbye().await, Some(reason));
        let ended = expect_soon("the end of hyper's connection", &mut self.connection).await;
        let ended = ended.expect("hyper's connection does not panic");
        if self.role == Role::Server {
            let error = ended.expect_err("the reason");
            assert_eq!(kind(&error), "Http2");
        }
        // Streams that are still held by their users need no task.
        run_until_idle().await;
        self.requests = None;
        run_until_idle().await;
        let allowed = usize::from(self.role == Role::Server);
        assert!(self.executor.live() <= allowed, "{}", self.executor.live());
    }

    /// One request and its answer, on `stream`: the connection works.
    pub async fn assert_usable(&mut self, stream: u32) {
        match self.role {
            Role::Server => {
                self.peer.send_last_headers(stream, &head("GET")).await;
                // Not decoded: the heads before it may not have been.
                let answer = expect_soon("an answer", self.peer.next_on(stream)).await;
                assert!(matches!(answer, Some(Frame::Headers { .. })), "{answer:?}");
            }
            Role::Client => {
                let response = self.request("/");
                loop {
                    let (stream, _) = self.peer.expect_request().await;
                    self.peer
                        .send_last_headers(stream, &[(":status", "200")])
                        .await;
                    run_until_idle().await;
                    if response.is_finished() {
                        break;
                    }
                }
                let response = response.await.expect("no panic").expect("a response");
                assert_eq!(response.status(), 200);
            }
        }
    }
}

/// `/held` is never answered, `/large` with a body of 1 MiB, everything else with nothing.
async fn answer(request: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    match request.uri().path() {
        "/held" => {
            pending::<()>().await;
            drop(request);
            Ok(Response::new(empty_body()))
        }
        "/large" => {
            static LARGE: [u8; 1 << 20] = [b'x'; 1 << 20];
            let body = http_body_util::Full::new(Bytes::from_static(&LARGE));
            Ok(Response::new(test_body(body)))
        }
        _ => Ok(Response::new(empty_body())),
    }
}

pub fn head(method: &str) -> [(&str, &str); 4] {
    head_for(method, "/")
}

pub fn held_head(method: &str) -> [(&str, &str); 4] {
    head_for(method, "/held")
}

pub fn head_for<'a>(method: &'a str, path: &'a str) -> [(&'a str, &'a str); 4] {
    [
        (":method", method),
        (":scheme", "http"),
        (":authority", "a.example"),
        (":path", path),
    ]
}

/// The bytes of `frames`, one behind the other.
pub fn burst(frames: impl IntoIterator<Item = Frame>) -> BytesMut {
    let mut bytes = BytesMut::new();
    for frame in frames {
        frame.encode(&mut bytes);
    }
    bytes
}

pub fn headers(stream: u32, fields: &[(&str, &str)], end_stream: bool) -> Frame {
    Frame::Headers {
        stream,
        block: encode(fields),
        end_stream,
        end_headers: true,
    }
}

pub fn data(stream: u32, payload: &'static [u8], end_stream: bool) -> Frame {
    Frame::Data {
        stream,
        payload: Bytes::from_static(payload),
        padding: None,
        end_stream,
    }
}

pub fn reset(stream: u32) -> Frame {
    Frame::Reset {
        stream,
        code: Reason::CANCEL,
    }
}
