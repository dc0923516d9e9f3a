//! hyper as an HTTP/1 client, with a scripted peer.

use std::future::Future;

use futures_util::FutureExt;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use tokio::task::{JoinError, JoinHandle};

use super::peer::Peer;
use super::recorded_io::{HyperIo, Record};
use crate::support::bodies::{empty_body, TestBody};
use crate::support::gate::wire;
use crate::support::tokio_rt::CountingExecutor;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

pub type ClientBuilder = http1::Builder;
pub type ClientConnection = http1::Connection<HyperIo, TestBody>;

/// A client whose connection is polled, kept or dropped by the test, and its peer.
#[derive(Debug)]
pub struct HeldClient {
    pub requests: SendRequest<TestBody>,
    pub connection: ClientConnection,
    /// What hyper called on its transport.
    pub io: Record,
    pub peer: Peer,
}

/// A client whose connection runs in a task, and its peer.
#[derive(Debug)]
pub struct Client {
    requests: Option<SendRequest<TestBody>>,
    connection: JoinHandle<hyper::Result<()>>,
    executor: CountingExecutor,
    /// What hyper called on its transport.
    pub io: Record,
    pub peer: Peer,
}

/// A request under way. Its future runs in a task, so that no test need poll it.
#[derive(Debug)]
pub struct Exchange(JoinHandle<hyper::Result<Response<Incoming>>>);

impl HeldClient {
    pub fn new(tune: impl FnOnce(&mut ClientBuilder)) -> Self {
        Self::on(|io| io, tune)
    }

    /// With a transport that differs from the default.
    pub fn on(
        transport: impl FnOnce(HyperIo) -> HyperIo,
        tune: impl FnOnce(&mut ClientBuilder),
    ) -> Self {
        let (near, far) = wire();
        let io = transport(HyperIo::new(near));
        let record = io.record();
        let mut builder = ClientBuilder::new();
        tune(&mut builder);
        let handshake = builder.handshake(io).now_or_never();
        let (requests, connection) = handshake
            .expect("a handshake waits for nothing")
            .expect("a handshake does not fail");
        HeldClient {
            requests,
            connection,
            io: record,
            peer: Peer::new(far),
        }
    }

    /// Has a task drive the connection.
    pub fn drive(self) -> Client {
        let connection = self.connection;
        spawn(connection, self.requests, self.io, self.peer)
    }

    /// Has a task drive the connection, which takes part in upgrades.
    pub fn drive_upgradeable(self) -> Client {
        let connection = self.connection.with_upgrades();
        spawn(connection, self.requests, self.io, self.peer)
    }
}

fn spawn<C>(connection: C, requests: SendRequest<TestBody>, io: Record, peer: Peer) -> Client
where
    C: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let executor = CountingExecutor::new();
    Client {
        requests: Some(requests),
        connection: executor.spawn(connection),
        executor,
        io,
        peer,
    }
}

impl Client {
    /// With hyper's defaults, which are no upgrades.
    pub fn start() -> Self {
        Self::tuned(|_| {})
    }

    pub fn tuned(tune: impl FnOnce(&mut ClientBuilder)) -> Self {
        HeldClient::new(tune).drive()
    }

    pub fn upgradeable() -> Self {
        HeldClient::new(|_| {}).drive_upgradeable()
    }

    /// Where requests are sent from.
    ///
    /// # Panics
    ///
    /// After [`close`](Self::close).
    pub fn requests(&mut self) -> &mut SendRequest<TestBody> {
        self.requests.as_mut().expect("the client is not closed")
    }

    /// Says that no further request is wanted.
    pub fn close(&mut self) {
        self.requests = None;
    }

    /// Sends a request, from a task of its own.
    pub fn send(&mut self, request: Request<TestBody>) -> Exchange {
        Exchange(tokio::spawn(self.requests().send_request(request)))
    }

    /// Sends a GET whose head the peer receives.
    pub async fn get(&mut self) -> Exchange {
        let request = Request::new(empty_body());
        let exchange = self.send(request);
        self.peer.expect_text("GET / HTTP/1.1\r\n\r\n").await;
        exchange
    }

    /// Sends a GET, has the peer answer it with `response`, and gives what the caller gets.
    pub async fn answer(
        &mut self,
        response: impl AsRef<[u8]>,
    ) -> hyper::Result<Response<Incoming>> {
        let exchange = self.get().await;
        self.peer.send(response).await;
        exchange.outcome().await
    }

    /// One request and its answer: the connection works.
    pub async fn assert_usable(&mut self) {
        run_until_idle().await;
        assert!(self.requests().is_ready(), "the connection is not ready");
        let response = self.answer("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(response.expect("the request succeeds").status(), 204);
        self.peer.expect_nothing().await;
    }

    /// Waits for the connection to end by itself.
    pub async fn ended(&mut self) -> hyper::Result<()> {
        let outcome = self.outcome().await;
        outcome.expect("hyper's connection neither panics nor is aborted")
    }

    /// Waits for the connection's task to end, by a panic or otherwise.
    pub async fn outcome(&mut self) -> Result<hyper::Result<()>, JoinError> {
        expect_soon("the end of hyper's connection", &mut self.connection).await
    }

    pub fn has_ended(&self) -> bool {
        self.connection.is_finished()
    }

    /// Drops the connection where it stands.
    pub fn abort(&self) {
        self.connection.abort();
    }

    /// How often the connection's task was polled.
    pub fn polls(&self) -> usize {
        self.executor.polls()
    }
}

impl Exchange {
    pub async fn outcome(self) -> hyper::Result<Response<Incoming>> {
        let outcome = expect_soon("the response", self.0).await;
        outcome.expect("the request's future does not panic")
    }

    pub async fn response(self) -> Response<Incoming> {
        self.outcome().await.expect("the request succeeds")
    }

    pub async fn failure(self) -> hyper::Error {
        self.outcome().await.expect_err("the request fails")
    }

    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Drops the response's future.
    pub fn cancel(self) {
        self.0.abort();
    }
}
