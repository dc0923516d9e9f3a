//! What the tests of this target share: a server whose service leaves every answer to the test.

use std::error::Error;
use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::{service_fn, Service};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::messages::{connect_head, head, text};
use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::scripted_h2::{Fields, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{Options, ServerBuilder, TestBody, Timer};
use crate::support::virtual_timer::expect_soon;

pub type BoxError = Box<dyn Error + Send + Sync>;
type Outcome = Result<Response<TestBody>, BoxError>;

// ----- requests as the service gets them -----

/// One call of the service, not yet answered.
#[derive(Debug)]
pub struct Call {
    pub request: Request<Incoming>,
    pub answer: Answer,
}

impl Call {
    /// Drops the request and answers.
    pub fn respond(self, response: Response<TestBody>) {
        self.answer.respond(response);
    }

    /// The whole body of the request.
    pub async fn read(&mut self) -> Bytes {
        let body = expect_soon("the request's body", self.request.body_mut().collect()).await;
        body.expect("the body arrives whole").to_bytes()
    }
}

/// What the service's future waits for. Dropped, it makes the service fail.
#[derive(Debug)]
pub struct Answer(oneshot::Sender<Outcome>);

impl Answer {
    pub fn respond(self, response: Response<TestBody>) {
        let sent = self.0.send(Ok(response));
        assert!(sent.is_ok(), "the service's future waits for the answer");
    }

    pub fn fail(self, error: impl Into<BoxError>) {
        let sent = self.0.send(Err(error.into()));
        assert!(sent.is_ok(), "the service's future waits for the answer");
    }

    /// Whether the service's future has been dropped.
    pub fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }

    /// Resolves when the service's future has been dropped.
    pub async fn abandoned(&mut self) {
        expect_soon("the end of the service's future", self.0.closed()).await;
    }
}

fn handing_service(
    calls: mpsc::UnboundedSender<Call>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<TestBody>,
    Error = BoxError,
    Future = impl Future<Output = Outcome> + Send,
> + Send
       + 'static {
    service_fn(move |request| {
        let (answer, outcome) = oneshot::channel();
        // A test that has ended takes no more calls.
        let _ = calls.send(Call {
            request,
            answer: Answer(answer),
        });
        async move {
            outcome
                .await
                .unwrap_or_else(|_| Err("the test gave no answer".into()))
        }
    })
}

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
        let (handed, calls) = mpsc::unbounded_channel();
        let connection = builder.serve_connection(TokioIo::new(io), handing_service(handed));
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
