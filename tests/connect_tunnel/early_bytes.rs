//! Case 43: a peer need not wait for the answer to CONNECT, or for anybody to take the tunnel, before it sends.

use std::convert::Infallible;
use std::sync::Arc;

use http::StatusCode;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, Semaphore};

use crate::support::own_service::{serve, Served};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{connect_request, empty_body, Link, Options, Role, AUTHORITY};
use crate::support::virtual_timer::{expect_soon, run_until_idle, settle};
use crate::traffic::pattern;

// Case 43: the service thinks it over while bytes, and even the end, are there already.
#[tokio::test(start_paused = true)]
async fn a_server_keeps_what_came_before_its_answer() {
    let answers = Arc::new(Semaphore::new(0));
    let (promised, mut promises) = mpsc::unbounded_channel();
    let gate = answers.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (promised, gate) = (promised.clone(), gate.clone());
        async move {
            let _ = promised.send(hyper::upgrade::on(&mut request));
            gate.acquire().await.expect("never closed").forget();
            Ok::<_, Infallible>(Response::new(empty_body()))
        }
    });
    let mut peer = serve(&Options::new(), service).await.peer;
    let bytes = pattern(30_000);
    let stream = peer.send_connect(AUTHORITY, &[]).await;
    for piece in bytes.chunks(7000) {
        peer.send_data(stream, piece.to_vec()).await;
    }
    peer.send_last_data(stream, "").await;
    assert!(peer.settled_frames().await.is_empty());
    let mut promise = promises.recv().await.expect("the service was called");
    assert!(settle(&mut promise).await.is_pending());

    answers.add_permits(1);
    let upgraded = expect_soon("the upgrade", promise).await;
    let mut tunnel = TokioIo::new(upgraded.expect("agreed on"));
    assert_eq!(peer.expect_headers(stream).await.status(), 200);
    let mut read = Vec::new();
    let ended = expect_soon("the end", tunnel.read_to_end(&mut read)).await;
    ended.expect("a clean end");
    assert!(read == bytes);
    tunnel.write_all(b"thanks").await.expect("open");
    drop(tunnel);
    assert_eq!(peer.read_to_end(stream).await, "thanks");
}

// Case 43: the tunnel stands for a while before the caller takes it.
#[tokio::test(start_paused = true)]
async fn a_client_keeps_what_came_with_the_answer() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let mut response = Box::pin(link.hyper.requests().send_request(connect_request()));
    assert!(settle(&mut response).await.is_pending());
    let (stream, _) = link.peer.expect_request().await;
    let bytes = pattern(30_000);
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    for piece in bytes.chunks(7000) {
        link.peer.send_data(stream, piece.to_vec()).await;
    }
    link.peer.send_last_data(stream, "").await;
    run_until_idle().await;

    let response = expect_soon("the answer", response).await;
    let response = response.expect("an answer");
    run_until_idle().await;
    let upgraded = hyper::upgrade::on(response).await.expect("agreed on");
    let mut tunnel = TokioIo::new(upgraded);
    let mut read = Vec::new();
    let ended = expect_soon("the end", tunnel.read_to_end(&mut read)).await;
    ended.expect("a clean end");
    assert!(read == bytes);
}

// Case 43: bytes sent towards a tunnel that is refused cost the connection nothing.
#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_returns_the_credit_of_what_came_before() {
    const WINDOW: u64 = 65_535;
    const BURST: usize = 16_000;
    let service = service_fn(|_: Request<Incoming>| async {
        let mut response = Response::new(empty_body());
        *response.status_mut() = StatusCode::FORBIDDEN;
        Ok::<_, Infallible>(response)
    });
    let tight = Options::new().tune(
        |server| {
            server.initial_connection_window_size(65_535);
        },
        |_| {},
    );
    let Served {
        mut peer, executor, ..
    } = serve(&tight, service).await;
    let without_stream = executor.live();
    let mut sent = 0;
    for round in 0..20 {
        let owed = sent - peer.credit(0);
        assert!(owed + BURST as u64 <= WINDOW, "round {round}: {owed} owed");
        let stream = peer.send_connect(AUTHORITY, &[]).await;
        peer.send_data(stream, vec![1; BURST]).await;
        sent += BURST as u64;
        assert_eq!(peer.expect_headers(stream).await.status(), 403);
        peer.settled_frames().await;
        assert_eq!(executor.live(), without_stream);
    }
}

// Case 43: reset before the answer, the promise is broken, and the service's answer goes nowhere.
#[tokio::test(start_paused = true)]
async fn a_reset_before_the_answer_breaks_the_promise() {
    let answers = Arc::new(Semaphore::new(0));
    let (promised, mut promises) = mpsc::unbounded_channel();
    let gate = answers.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (promised, gate) = (promised.clone(), gate.clone());
        async move {
            let _ = promised.send(hyper::upgrade::on(&mut request));
            gate.acquire().await.expect("never closed").forget();
            Ok::<_, Infallible>(Response::new(empty_body()))
        }
    });
    let Served {
        mut peer, executor, ..
    } = serve(&Options::new(), service).await;
    let without_stream = executor.live();
    let stream = peer.send_connect(AUTHORITY, &[]).await;
    let promise = promises.recv().await.expect("the service was called");
    peer.reset(stream, h2::Reason::CANCEL).await;
    let broken = expect_soon("the promise", promise).await;
    assert!(broken.expect_err("no tunnel").is_canceled());
    answers.add_permits(1);
    assert!(peer.settled_frames().await.is_empty());
    assert_eq!(executor.live(), without_stream);
}
