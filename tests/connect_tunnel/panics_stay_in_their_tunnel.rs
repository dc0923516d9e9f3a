//! Case 35: what goes wrong in one tunnel's task is that tunnel's matter.

use h2::Reason;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::gate::WireEnd;
use crate::support::own_service::serve;
use crate::support::scripted_h2::RawPeer;
use crate::support::tunnels::{both_roles, empty_body, Link, Options, Role, Tunnel, AUTHORITY};
use crate::support::virtual_timer::run_until_idle;

both_roles!(
    a_task_that_panics_leaves_its_siblings_alone,
    a_task_that_is_cancelled_leaves_its_siblings_alone,
);

async fn assert_echoes(link: &mut Link<RawPeer<WireEnd>>, tunnel: &mut Tunnel<u32>) {
    link.peer.send_data(tunnel.stream, "ping").await;
    let mut ping = [0; 4];
    let read = tunnel.upgraded.read_exact(&mut ping).await;
    read.expect("open");
    tunnel.upgraded.write_all(&ping).await.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "ping");
}

// Case 35.
async fn a_task_that_panics_leaves_its_siblings_alone(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut sibling = link.tunnel().await;
    let doomed = link.tunnel().await;
    let stream = doomed.stream;
    let panicked = tokio::spawn(async move {
        let _doomed = doomed;
        std::panic::resume_unwind(Box::new("the task panics"));
    });
    panicked.await.expect_err("the task panics");
    assert_eq!(link.peer.expect_reset(stream).await, Reason::INTERNAL_ERROR);
    assert_echoes(&mut link, &mut sibling).await;
    let mut later = link.tunnel().await;
    assert_echoes(&mut link, &mut later).await;
}

// Case 35.
async fn a_task_that_is_cancelled_leaves_its_siblings_alone(role: Role) {
    let mut link = Link::raw(role, &Options::new()).await;
    let mut sibling = link.tunnel().await;
    let mut doomed = link.tunnel().await;
    let stream = doomed.stream;
    let task = tokio::spawn(async move {
        let mut byte = [0];
        doomed.upgraded.read(&mut byte).await
    });
    run_until_idle().await;
    task.abort();
    task.await.expect_err("it was cancelled");
    link.peer.expect_end(stream).await;
    assert_echoes(&mut link, &mut sibling).await;
}

/// A request without a tunnel, on the stream after the first.
const SIBLING: u32 = 3;
const GET: &[(&str, &str)] = &[
    (":method", "GET"),
    (":scheme", "http"),
    (":authority", "server.example"),
    (":path", "/"),
];

// Case 35: the service itself, before there is a tunnel.
#[tokio::test(start_paused = true)]
async fn a_service_that_panics_resets_its_own_stream() {
    let service = service_fn(|request: Request<Incoming>| async move {
        if request.headers().contains_key("panic") {
            std::panic::resume_unwind(Box::new("the service panics"));
        }
        Ok::<_, std::convert::Infallible>(Response::new(empty_body()))
    });
    let mut peer = serve(&Options::new(), service).await.peer;
    let doomed = peer.send_connect(AUTHORITY, &[("panic", "now")]).await;
    peer.send_last_headers(SIBLING, GET).await;
    assert_eq!(peer.expect_headers(SIBLING).await.status(), 200);
    assert_eq!(peer.expect_reset(doomed).await, Reason::CANCEL);
}

// Case 35.
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_resets_its_own_stream() {
    let service = service_fn(|request: Request<Incoming>| async move {
        if request.headers().contains_key("fail") {
            return Err(h2::Error::from(Reason::CONNECT_ERROR));
        }
        Ok(Response::new(empty_body()))
    });
    let mut peer = serve(&Options::new(), service).await.peer;
    let doomed = peer.send_connect(AUTHORITY, &[("fail", "now")]).await;
    peer.send_last_headers(SIBLING, GET).await;
    assert_eq!(peer.expect_headers(SIBLING).await.status(), 200);
    assert_eq!(peer.expect_reset(doomed).await, Reason::CONNECT_ERROR);
}
