//! A hyper server with a service of the test's own, against a scripted client.

use std::error::Error;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};

use crate::support::gate::{wire, Flow, WireEnd};
use crate::support::scripted_h2::RawPeer;
use crate::support::shaped::{Handle, Shaped};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{Options, ServerBuilder, TestBody, Timer};
use crate::support::virtual_timer::expect_soon;

/// One connection to such a server.
pub struct Served {
    pub peer: RawPeer<WireEnd>,
    /// What hyper sends.
    pub to_peer: Flow,
    /// hyper's transport.
    pub transport: Handle,
    /// Counts hyper's tasks, its connection included.
    pub executor: CountingExecutor,
}

/// Serves one connection with `service`. Of `options`, the answer to CONNECT is the service's own matter.
pub async fn serve<S>(options: &Options, service: S) -> Served
where
    S: Service<Request<Incoming>, Response = Response<TestBody>> + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send + 'static,
{
    let (near, far) = wire();
    let to_peer = far.outgoing();
    to_peer.set_buffer(options.socket_buffer);
    let (far, transport) = Shaped::new(far, options.shape);
    let executor = CountingExecutor::new();
    let mut builder = ServerBuilder::new(executor.clone());
    if options.timer == Timer::Tokio {
        builder.timer(TokioTimer);
    }
    if let Some(bytes) = options.max_send_buf_size {
        builder.max_send_buf_size(bytes);
    }
    (options.tune_server)(&mut builder);
    executor.spawn(builder.serve_connection(TokioIo::new(far), service));
    let handshake = RawPeer::client(near, &options.peer);
    let peer = expect_soon("the handshake", handshake).await;
    Served {
        peer,
        to_peer,
        transport,
        executor,
    }
}
