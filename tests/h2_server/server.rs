//! What the tests of this target share: a server whose service leaves every answer to the test.

use std::pin::pin;

use http::Response;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::messages::{connect_head, head, text};
use crate::support::calls::handing_service;
pub use crate::support::calls::{BoxError, Call};
use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::scripted_h2::{Fields, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{Options, ServerBuilder, TestBody, Timer};
use crate::support::virtual_timer::expect_soon;

// ----- the server -----

/// hyper's end, its connection in a task.
#[derive(Debug)]
pub struct Hyper {
    calls: mpsc::UnboundedReceiver<Call>,
    shutdown: mpsc::UnboundedSender<()>,
    connection: JoinHandle<hyper::Result<()>>,
    /// Counts hyper's tasks, its connection included.
    pub executor: CountingExecutor,
}

impl Hyper {
    pub fn serve(io: WireEnd, options: &Options) -> Self {
        let executor = CountingExecutor::new();
        let builder = builder(options, &executor);
        let (service, calls) = handing_service();
        let connection = builder.serve_connection(TokioIo::new(io), service);
        let (shutdown, mut shutdowns) = mpsc::unbounded_channel();
        let connection = executor.spawn(async move {
            let mut connection = pin!(connection);
            loop {
                tokio::select! {
                    biased;
                    Some(()) = shutdowns.recv() => connection.as_mut().graceful_shutdown(),
                    ended = connection.as_mut() => return ended,
                }
            }
        });
        Hyper {
            calls,
            shutdown,
            connection,
            executor,
        }
    }

    pub async fn next_call(&mut self) -> Call {
        let call = expect_soon("a request", self.calls.recv()).await;
        call.expect("a request comes before the connection ends")
    }

    /// Whether the service has been called and the test has not looked.
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Has the connection's task call `graceful_shutdown`.
    pub fn graceful_shutdown(&self) {
        // Fails only after the connection has ended.
        let _ = self.shutdown.send(());
    }

    /// Drops the connection where it stands.
    pub fn abort(&self) {
        self.connection.abort();
    }

    /// Waits for the connection to end by itself.
    pub async fn ended(&mut self) -> hyper::Result<()> {
        let ended = expect_soon("the end of hyper's connection", &mut self.connection).await;
        ended.expect("hyper's connection neither panics nor is aborted")
    }

    pub fn has_ended(&self) -> bool {
        self.connection.is_finished()
    }
}

pub fn builder(options: &Options, executor: &CountingExecutor) -> ServerBuilder {
    let mut builder = ServerBuilder::new(executor.clone());
    if options.timer == Timer::Tokio {
        builder.timer(TokioTimer);
    }
    if let Some(bytes) = options.max_send_buf_size {
        builder.max_send_buf_size(bytes);
    }
    (options.tune_server)(&mut builder);
    builder
}

/// A server against raw frames.
#[derive(Debug)]
pub struct Server {
    pub hyper: Hyper,
    pub peer: RawPeer<WireEnd>,
    /// What the peer sends.
    pub to_hyper: Flow,
    /// What hyper sends.
    pub to_peer: Flow,
}

pub async fn server() -> Server {
    server_with(&Options::new()).await
}

/// A server that differs from the default in hyper's own settings only.
pub async fn tuned(tune: fn(&mut ServerBuilder)) -> Server {
    server_with(&Options::new().tune(tune, |_| {})).await
}

pub async fn server_with(options: &Options) -> Server {
    let (client, server) = wire();
    let (to_hyper, to_peer) = (server.incoming(), server.outgoing());
    to_hyper.set_buffer(options.socket_buffer);
    to_peer.set_buffer(options.socket_buffer);
    let hyper = Hyper::serve(server, options);
    let peer = RawPeer::client(client, &options.peer);
    Server {
        hyper,
        peer: expect_soon("the HTTP/2 handshake", peer).await,
        to_hyper,
        to_peer,
    }
}

impl Server {
    /// Sends a request without a body, and gives the call it leads to.
    pub async fn get(&mut self, stream: u32) -> Call {
        self.request(stream, "GET", &[]).await
    }

    /// Like [`get`](Self::get), with a method and more fields.
    pub async fn request(&mut self, stream: u32, method: &str, more: &[(&str, &str)]) -> Call {
        self.peer
            .send_last_headers(stream, &head(method, more))
            .await;
        self.hyper.next_call().await
    }

    /// Sends the head of a POST whose body is to follow, and gives the call it leads to.
    pub async fn post(&mut self, stream: u32, more: &[(&str, &str)]) -> Call {
        self.peer.send_headers(stream, &head("POST", more)).await;
        self.hyper.next_call().await
    }

    /// Sends CONNECT, and gives the call it leads to.
    pub async fn connect(&mut self, stream: u32, more: &[(&str, &str)]) -> Call {
        self.peer.send_headers(stream, &connect_head(more)).await;
        self.hyper.next_call().await
    }

    /// The head of the answer to a GET on `stream`.
    pub async fn answered(&mut self, stream: u32, response: Response<TestBody>) -> Fields {
        self.get(stream).await.respond(response);
        self.peer.expect_headers(stream).await
    }

    /// One request and its answer: the connection works.
    pub async fn assert_usable(&mut self, stream: u32) {
        let fields = self.answered(stream, text("still here")).await;
        assert_eq!(fields.status(), 200);
        assert_eq!(self.peer.read_to_end(stream).await, "still here");
    }
}
