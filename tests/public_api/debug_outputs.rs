//! Contract 1.2-12: what the types print that hold connections.

use std::convert::Infallible;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::support::gate::wire;
use crate::support::tokio_rt::{TokioExecutor, TokioIo};
use crate::support::tunnels::{empty_body, Link, Options, Role, TestBody};

// Contract 1.2-12.
#[tokio::test(start_paused = true)]
async fn the_clients_sender_and_connection_print_their_names() {
    let (near, _far) = wire();
    let handshake =
        hyper::client::conn::http2::handshake::<_, _, TestBody>(TokioExecutor, TokioIo::new(near));
    let (requests, connection) = handshake.await.expect("the transport takes the preface");
    assert_eq!(format!("{requests:?}"), "SendRequest");
    assert_eq!(format!("{connection:?}"), "Connection");
}

// Contract 1.2-12.
#[tokio::test(start_paused = true)]
async fn the_servers_connection_prints_its_name() {
    let (near, _far) = wire();
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(empty_body()))
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor)
        .serve_connection(TokioIo::new(near), service);
    assert_eq!(format!("{connection:?}"), "Connection");
}

// Contract 1.2-12.
#[tokio::test(start_paused = true)]
async fn tunnels_print_their_names() {
    let mut link = Link::raw(Role::Server, &Options::new()).await;
    link.peer.send_connect("target.example:443", &[]).await;
    let on_upgrade = link.hyper.next_upgrade().await;
    assert_eq!(format!("{on_upgrade:?}"), "OnUpgrade");
    let upgraded = on_upgrade.await.expect("a tunnel");
    assert_eq!(format!("{upgraded:?}"), "Upgraded");
}
