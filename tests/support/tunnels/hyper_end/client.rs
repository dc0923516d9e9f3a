//! hyper as the client of a link.

use hyper::client::conn::http2::SendRequest;
use hyper::upgrade::OnUpgrade;
use tokio::task::JoinHandle;

use super::{connect_request, HyperEnd, Side};
use crate::support::bodies::TestBody;
use crate::support::gate::WireEnd;
use crate::support::shaped::Shaped;
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::options::{ClientBuilder, Options, Timer};
use crate::support::virtual_timer::expect_soon;

/// Where requests are sent from, until it is closed.
#[derive(Debug)]
pub(super) struct ClientEnd(Option<SendRequest<TestBody>>);

impl ClientEnd {
    pub async fn open(
        io: Shaped<WireEnd>,
        options: &Options,
        executor: &CountingExecutor,
    ) -> (Self, JoinHandle<hyper::Result<()>>) {
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
        (ClientEnd(Some(requests)), executor.spawn(connection))
    }

    fn requests(&mut self) -> &mut SendRequest<TestBody> {
        self.0.as_mut().expect("the client is not closed")
    }

    /// Sends CONNECT and waits for the answer.
    pub async fn connect(&mut self) -> OnUpgrade {
        let response = self.requests().send_request(connect_request());
        let response = expect_soon("the answer to CONNECT", response).await;
        hyper::upgrade::on(response.expect("CONNECT is answered"))
    }

    /// Drops the sender.
    pub fn close(&mut self) {
        self.0 = None;
    }
}

impl HyperEnd {
    /// As a client: where requests are sent from.
    ///
    /// # Panics
    ///
    /// If hyper is the server here, or after [`close`](Self::close).
    pub fn requests(&mut self) -> &mut SendRequest<TestBody> {
        match &mut self.side {
            Side::Client(client) => client.requests(),
            Side::Server(_) => panic!("a server sends no requests"),
        }
    }
}
