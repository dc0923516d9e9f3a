//! hyper as an HTTP/1 server, with a scripted peer.

use std::future::Future;
use std::pin::{pin, Pin};

use http::{Response, StatusCode};
use hyper::server::conn::http1;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::peer::Peer;
use super::recorded_io::{HyperIo, Record};
use crate::support::bodies::{empty_body, TestBody};
use crate::support::calls::{handing_service, Call, HandingService};
use crate::support::gate::wire;
use crate::support::tokio_rt::CountingExecutor;
use crate::support::virtual_timer::expect_soon;

pub type ServerBuilder = http1::Builder;
pub type ServerConnection = http1::Connection<HyperIo, HandingService>;

/// A server whose connection is polled, kept or dropped by the test, and its peer.
#[derive(Debug)]
pub struct HeldServer {
    pub connection: ServerConnection,
    pub calls: mpsc::UnboundedReceiver<Call>,
    /// What hyper called on its transport.
    pub io: Record,
    pub peer: Peer,
}

/// A server whose connection runs in a task, and its peer.
#[derive(Debug)]
pub struct Server {
    pub hyper: HyperServer,
    pub peer: Peer,
}

/// hyper's end of a [`Server`].
#[derive(Debug)]
pub struct HyperServer {
    calls: mpsc::UnboundedReceiver<Call>,
    shutdown: mpsc::UnboundedSender<()>,
    connection: JoinHandle<hyper::Result<()>>,
    executor: CountingExecutor,
    /// What hyper called on its transport.
    pub io: Record,
}

impl HeldServer {
    pub fn new(tune: impl FnOnce(&mut ServerBuilder)) -> Self {
        Self::on(|io| io, tune)
    }

    /// With a transport that differs from the default.
    pub fn on(
        transport: impl FnOnce(HyperIo) -> HyperIo,
        tune: impl FnOnce(&mut ServerBuilder),
    ) -> Self {
        let (far, near) = wire();
        let io = transport(HyperIo::new(near));
        let record = io.record();
        let mut builder = ServerBuilder::new();
        tune(&mut builder);
        let (service, calls) = handing_service();
        HeldServer {
            connection: builder.serve_connection(io, service),
            calls,
            io: record,
            peer: Peer::new(far),
        }
    }

    /// Has a task drive the connection.
    pub fn drive(self) -> Server {
        let shut_down = http1::Connection::graceful_shutdown;
        spawn(self.connection, shut_down, self.calls, self.io, self.peer)
    }

    /// Has a task drive the connection, which takes part in upgrades.
    pub fn drive_upgradeable(self) -> Server {
        let shut_down = http1::UpgradeableConnection::graceful_shutdown;
        let connection = self.connection.with_upgrades();
        spawn(connection, shut_down, self.calls, self.io, self.peer)
    }
}

fn spawn<C>(
    connection: C,
    shut_down: fn(Pin<&mut C>),
    calls: mpsc::UnboundedReceiver<Call>,
    io: Record,
    peer: Peer,
) -> Server
where
    C: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let executor = CountingExecutor::new();
    let (shutdown, mut shutdowns) = mpsc::unbounded_channel();
    let connection = executor.spawn(async move {
        let mut connection = pin!(connection);
        loop {
            tokio::select! {
                biased;
                Some(()) = shutdowns.recv() => shut_down(connection.as_mut()),
                ended = connection.as_mut() => return ended,
            }
        }
    });
    let hyper = HyperServer {
        calls,
        shutdown,
        connection,
        executor,
        io,
    };
    Server { hyper, peer }
}

impl Server {
    /// With hyper's defaults, which are no timer and no upgrades.
    pub fn start() -> Self {
        Self::tuned(|_| {})
    }

    pub fn tuned(tune: impl FnOnce(&mut ServerBuilder)) -> Self {
        HeldServer::new(tune).drive()
    }

    pub fn upgradeable() -> Self {
        HeldServer::new(|_| {}).drive_upgradeable()
    }

    /// Sends a request, and gives the call it leads to.
    pub async fn request(&mut self, bytes: impl AsRef<[u8]>) -> Call {
        self.peer.send(bytes).await;
        self.hyper.next_call().await
    }

    /// Sends a GET, and gives the call it leads to.
    pub async fn get(&mut self) -> Call {
        self.request("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await
    }

    /// Sends a request, has it answered with `response`, and gives all that hyper sends then.
    pub async fn answer(
        &mut self,
        request: impl AsRef<[u8]>,
        response: Response<TestBody>,
    ) -> String {
        self.request(request).await.respond(response);
        self.peer.settled_text().await
    }

    /// One request and its answer: the connection works.
    pub async fn assert_usable(&mut self) {
        let mut response = Response::new(empty_body());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let call = self
            .request("GET /usable HTTP/1.1\r\nhost: a\r\n\r\n")
            .await;
        assert_eq!(call.request.uri(), "/usable");
        call.respond(response);
        let head = self.peer.expect_head().await;
        assert_eq!(head.status(), 204);
        assert!(!head.says_close(), "{head:?}");
        self.peer.expect_nothing().await;
    }

    /// hyper's connection ends well, and closes its direction of the transport as it should.
    pub async fn assert_ends_well(&mut self) {
        self.hyper.ended().await.expect("the connection ends well");
        self.peer.expect_eof().await;
        assert_eq!(self.hyper.io.shutdowns(), 1);
        assert_eq!(self.hyper.io.unflushed_at_shutdown(), 0);
    }
}

impl HyperServer {
    pub async fn next_call(&mut self) -> Call {
        let call = expect_soon("a request", self.calls.recv()).await;
        call.expect("a request comes before the connection ends")
    }

    /// The call that is there already, if any.
    pub fn waiting_call(&mut self) -> Option<Call> {
        self.calls.try_recv().ok()
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

    /// How often the connection's task was polled.
    pub fn polls(&self) -> usize {
        self.executor.polls()
    }
}
