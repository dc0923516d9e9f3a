//! hyper as the server of a link.

use std::convert::Infallible;
use std::pin::pin;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::support::bodies::{empty_body, test_body, TestBody};
use crate::support::gate::WireEnd;
use crate::support::shaped::Shaped;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::options::{Options, ServerBuilder, Timer};
use crate::support::virtual_timer::expect_soon;

#[derive(Debug)]
pub(super) struct ServerEnd {
    upgrades: mpsc::UnboundedReceiver<OnUpgrade>,
    shutdown: mpsc::UnboundedSender<()>,
}

impl ServerEnd {
    /// Serves CONNECT with the status of `options`, handing its `OnUpgrade` to the test, and anything else with an echo.
    pub async fn open(
        io: Shaped<WireEnd>,
        options: &Options,
        executor: &CountingExecutor,
    ) -> (Self, JoinHandle<hyper::Result<()>>) {
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
        (ServerEnd { upgrades, shutdown }, connection)
    }

    /// The `OnUpgrade` of the next CONNECT request.
    pub async fn next_upgrade(&mut self) -> OnUpgrade {
        let next = expect_soon("a CONNECT request", self.upgrades.recv()).await;
        next.expect("a CONNECT request comes before the connection ends")
    }

    /// Asks for a graceful shutdown.
    pub fn close(&mut self) {
        // Fails only after the connection has ended.
        let _ = self.shutdown.send(());
    }
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
