//! The end of a link that is under test.

use std::convert::Infallible;
use std::pin::pin;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::options::{ClientBuilder, Options, ServerBuilder, Timer};
use super::role::Role;
use crate::support::bodies::{empty_body, test_body, TestBody};
use crate::support::gate::WireEnd;
use crate::support::shaped::Shaped;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::virtual_timer::expect_soon;

/// The authority every CONNECT of this module asks for.
pub const AUTHORITY: &str = "target.example:443";

/// hyper's end of a [`Link`](super::Link), its connection running in a task.
#[derive(Debug)]
pub struct HyperEnd {
    side: Side,
    connection: JoinHandle<hyper::Result<()>>,
}

#[derive(Debug)]
enum Side {
    Server {
        upgrades: mpsc::UnboundedReceiver<OnUpgrade>,
        shutdown: mpsc::UnboundedSender<()>,
    },
    Client(Option<SendRequest<TestBody>>),
}

impl HyperEnd {
    pub(super) async fn open(
        role: Role,
        io: Shaped<WireEnd>,
        options: &Options,
        executor: &CountingExecutor,
    ) -> Self {
        match role {
            Role::Server => Self::serve(io, options, executor),
            Role::Client => Self::handshake(io, options, executor).await,
        }
    }

    /// Serves CONNECT with the status of `options`, handing its `OnUpgrade` to the test, and anything else with an echo.
    fn serve(io: Shaped<WireEnd>, options: &Options, executor: &CountingExecutor) -> Self {
        let mut builder = ServerBuilder::new(executor.clone());
        if options.timer == Timer::Tokio {
            builder.timer(TokioTimer);
        }
        if let Some(bytes) = options.max_send_buf_size {
            builder.max_send_buf_size(bytes);
        }
        (options.tune_server)(&mut builder);

        let (on_upgrade, upgrades) = mpsc::unbounded_channel();
        let connect_status = options.connect_status;
        let service = service_fn(move |request: Request<Incoming>| {
            let on_upgrade = on_upgrade.clone();
            async move { Ok::<_, Infallible>(answer(request, connect_status, &on_upgrade)) }
        });
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
        let side = Side::Server { upgrades, shutdown };
        HyperEnd { side, connection }
    }

    async fn handshake(
        io: Shaped<WireEnd>,
        options: &Options,
        executor: &CountingExecutor,
    ) -> Self {
        let mut builder = ClientBuilder::new(executor.clone());
        if options.timer == Timer::Tokio {
            builder.timer(TokioTimer);
        }
        if let Some(bytes) = options.max_send_buf_size {
            builder.max_send_buf_size(bytes);
        }
        (options.tune_client)(&mut builder);

        let handshake = builder.handshake(TokioIo::new(io)).await;
        let (requests, connection) = handshake.expect("the transport takes the preface");
        HyperEnd {
            side: Side::Client(Some(requests)),
            connection: executor.spawn(connection),
        }
    }

    pub fn role(&self) -> Role {
        match self.side {
            Side::Server { .. } => Role::Server,
            Side::Client(_) => Role::Client,
        }
    }

    /// As a server: the `OnUpgrade` of the next CONNECT request.
    ///
    /// # Panics
    ///
    /// If hyper is the client here, or no CONNECT can come any more.
    pub async fn next_upgrade(&mut self) -> OnUpgrade {
        match &mut self.side {
            Side::Server { upgrades, .. } => {
                let next = expect_soon("a CONNECT request", upgrades.recv()).await;
                next.expect("a CONNECT request comes before the connection ends")
            }
            Side::Client(_) => panic!("a client is sent no CONNECT"),
        }
    }

    /// As a client: where requests are sent from.
    ///
    /// # Panics
    ///
    /// If hyper is the server here, or after [`close`](Self::close).
    pub fn requests(&mut self) -> &mut SendRequest<TestBody> {
        match &mut self.side {
            Side::Client(Some(requests)) => requests,
            Side::Client(None) => panic!("the client was closed"),
            Side::Server { .. } => panic!("a server sends no requests"),
        }
    }

    /// As a client: sends CONNECT and takes the tunnel.
    pub(super) async fn connect(&mut self) -> Upgraded {
        let response = self.requests().send_request(connect_request());
        let response = expect_soon("the answer to CONNECT", response).await;
        let response = response.expect("CONNECT is answered");
        upgraded(hyper::upgrade::on(response)).await
    }

    /// As a server: takes the tunnel of the next CONNECT.
    pub(super) async fn accept(&mut self) -> Upgraded {
        upgraded(self.next_upgrade().await).await
    }

    /// Says that no further stream is wanted: graceful shutdown as a server, the sender's drop as a client.
    pub fn close(&mut self) {
        match &mut self.side {
            // Fails only after the connection has ended.
            Side::Server { shutdown, .. } => drop(shutdown.send(())),
            Side::Client(requests) => *requests = None,
        }
    }

    /// Drops hyper's connection future where it stands.
    pub fn abort(&self) {
        self.connection.abort();
    }

    /// Waits for hyper's connection to end.
    ///
    /// # Panics
    ///
    /// If it cannot end any more, panicked or was aborted.
    pub async fn ended(&mut self) -> hyper::Result<()> {
        let ended = expect_soon("the end of hyper's connection", &mut self.connection).await;
        ended.expect("hyper's connection neither panics nor is aborted")
    }

    pub fn has_ended(&self) -> bool {
        self.connection.is_finished()
    }
}

/// The request with which a client opens a tunnel.
pub fn connect_request() -> Request<TestBody> {
    let request = Request::connect(AUTHORITY).body(empty_body());
    request.expect("an authority makes a CONNECT request")
}

fn answer(
    mut request: Request<Incoming>,
    connect_status: StatusCode,
    on_upgrade: &mpsc::UnboundedSender<OnUpgrade>,
) -> Response<TestBody> {
    if request.method() != Method::CONNECT {
        return Response::new(test_body(request.into_body()));
    }
    // A test that has ended no longer takes tunnels.
    let _ = on_upgrade.send(hyper::upgrade::on(&mut request));
    let mut response = Response::new(empty_body());
    *response.status_mut() = connect_status;
    response
}

async fn upgraded(on_upgrade: OnUpgrade) -> Upgraded {
    let upgraded = expect_soon("the upgrade", on_upgrade).await;
    upgraded.expect("a tunnel was agreed on")
}
