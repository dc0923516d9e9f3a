//! hyper-util: its client with a pool, its server that tells HTTP/1 from HTTP/2, and what lies around them.
//!
//! Contract 9-1 to 9-6.

mod auto_server;
mod client_retries;
mod graceful;
mod legacy_client;
mod timers;

use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_downstream::{empty, virtual_time, Body};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulShutdown;

/// What has `tunnel_linger` is this hyper, and what hyper-util takes for a connection of hyper's comes from the same: the patch
/// is in force, or this does not compile.
#[test]
fn hyper_util_stands_on_this_hyper() {
    virtual_time(async {
        let (near, far) = tokio::io::duplex(1024);
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, hyper::Error>(Response::new(empty()))
        });
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .tunnel_linger(Duration::from_secs(1))
            .serve_connection(TokioIo::new(near), service);
        let (_, client) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .tunnel_linger(Duration::from_secs(1))
            .handshake::<_, Body>(TokioIo::new(far))
            .await
            .expect("a client");
        tokio::spawn(client);
        let graceful = GracefulShutdown::new();
        let watched = tokio::spawn(graceful.watch(connection));
        graceful.shutdown().await;
        watched.await.expect("no panic").expect("a clean end");
    });
}
