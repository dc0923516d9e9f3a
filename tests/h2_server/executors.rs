//! Contract 6.2-1, 6.2-7, 7.2-5: what runs where, and what an executor may do.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::Reason;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use tokio::task::LocalSet;

use crate::messages::{empty, head, text};
use crate::server::{server, BoxError};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{LocalExecutor, TokioIo};
use crate::support::virtual_timer::run_until_idle;

// Contract 6.2-1.
#[tokio::test(start_paused = true)]
async fn each_request_is_one_task() {
    let mut server = server().await;
    run_until_idle().await;
    let before = server.hyper.executor.spawned();
    let calls = [
        server.get(1).await,
        server.post(3, &[]).await,
        server.connect(5, &[]).await,
    ];
    assert_eq!(server.hyper.executor.spawned(), before + 3);
    let on_upgrades = calls.map(|mut call| {
        let on_upgrade = hyper::upgrade::on(&mut call.request);
        call.respond(text("answer"));
        on_upgrade
    });
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 2, "connection and tunnel");
    drop(on_upgrades);
    run_until_idle().await;
    assert_eq!(server.hyper.executor.live(), 1);
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Keeps the tasks it is given and runs none.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Vec<Task>>>);

impl Shelf {
    fn take(&self) -> Vec<Task> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with the lock"))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Shelf {
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().expect("nobody panics with the lock");
        tasks.push(Box::pin(task));
    }
}

/// A connection whose tasks are shelved, with a service that counts its calls.
async fn shelved() -> (RawPeer<WireEnd>, Shelf, Arc<Mutex<usize>>) {
    let (client, near) = wire();
    let shelf = Shelf::default();
    let calls = Arc::new(Mutex::new(0));
    let counter = calls.clone();
    let service = service_fn(move |_: Request<Incoming>| {
        *counter.lock().expect("nobody panics with the lock") += 1;
        async { Ok::<_, BoxError>(text("answer")) }
    });
    tokio::spawn(Builder::new(shelf.clone()).serve_connection(TokioIo::new(near), service));
    let peer = RawPeer::client(client, &PeerSettings::default()).await;
    (peer, shelf, calls)
}

// Contract 6.2-1: the service is called by the connection, its future is run by the executor.
#[tokio::test(start_paused = true)]
async fn the_service_is_called_by_the_connection_and_awaited_by_the_executor() {
    let (mut peer, shelf, calls) = shelved().await;
    peer.send_last_headers(1, &head("GET", &[])).await;
    assert!(peer.settled_frames().await.is_empty());
    assert_eq!(*calls.lock().unwrap(), 1);
    let mut tasks = shelf.take();
    assert_eq!(tasks.len(), 1);
    tokio::spawn(tasks.remove(0));
    assert_eq!(peer.expect_headers(1).await.status(), 200);
    assert_eq!(peer.read_to_end(1).await, "answer");
}

// Contract 6.2-7.
#[tokio::test(start_paused = true)]
async fn a_task_dropped_by_the_executor_cancels_its_stream() {
    let (mut peer, shelf, _) = shelved().await;
    peer.send_last_headers(1, &head("GET", &[])).await;
    peer.send_headers(3, &head("POST", &[])).await;
    assert!(peer.settled_frames().await.is_empty());
    let mut tasks = shelf.take();
    drop(tasks.remove(0));
    assert_eq!(peer.expect_reset(1).await, Reason::CANCEL);
    drop(tasks);
    assert_eq!(peer.expect_reset(3).await, Reason::CANCEL);

    peer.send_last_headers(5, &head("GET", &[])).await;
    run_until_idle().await;
    shelf.take().into_iter().for_each(|task| {
        tokio::spawn(task);
    });
    assert_eq!(peer.expect_headers(5).await.status(), 200);
}

// Contract 6.2-1: the connection may end while its tasks live.
#[tokio::test(start_paused = true)]
async fn tasks_may_outlive_their_connection() {
    let (mut peer, shelf, _) = shelved().await;
    peer.send_last_headers(1, &head("GET", &[])).await;
    run_until_idle().await;
    drop(peer);
    run_until_idle().await;
    for task in shelf.take() {
        let run = tokio::spawn(task);
        run_until_idle().await;
        assert!(run.is_finished(), "there is nobody left to wait for");
        run.await.expect("no panic");
    }
}

/// Serves with a service, futures and bodies that are not `Send`.
async fn serve_locally(calls: Rc<Cell<usize>>, near: WireEnd) -> hyper::Result<()> {
    let service = service_fn(move |request: Request<Incoming>| {
        let calls = calls.clone();
        async move {
            tokio::task::yield_now().await;
            calls.set(calls.get() + 1);
            let greeting = Rc::new(format!("call {}, {}", calls.get(), request.uri().path()));
            tokio::task::yield_now().await;
            let body = LocalBody {
                bytes: Full::new(Bytes::from(greeting.to_string())),
                _not_send: greeting,
            };
            Ok::<_, BoxError>(Response::new(body))
        }
    });
    let builder = Builder::new(LocalExecutor);
    builder.serve_connection(TokioIo::new(near), service).await
}

struct LocalBody {
    bytes: Full<Bytes>,
    _not_send: Rc<String>,
}

impl hyper::body::Body for LocalBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.bytes).poll_frame(cx)
    }
}

// Contract 6.2-1, 7.2-5, 1.3: nothing has to be `Send` for an executor that does not ask for it.
#[tokio::test(start_paused = true)]
async fn a_service_of_rc_is_served_on_a_local_executor() {
    let (client, near) = wire();
    let calls = Rc::new(Cell::new(0));
    let local = LocalSet::new();
    let connection = local.spawn_local(serve_locally(calls.clone(), near));
    let peer = async {
        let mut peer = RawPeer::client(client, &PeerSettings::default()).await;
        peer.send_last_headers(1, &head("GET", &[])).await;
        peer.send_last_headers(3, &head("GET", &[])).await;
        for stream in [1, 3] {
            assert_eq!(peer.expect_headers(stream).await.status(), 200);
            let body = peer.read_to_end(stream).await;
            assert!(body.starts_with(b"call ") && body.ends_with(b", /path"));
        }
        peer.eof().await;
        let ended = connection.await.expect("no panic");
        ended.expect("a clean end");
    };
    local.run_until(peer).await;
    assert_eq!(calls.get(), 2);
}

// Contract 6.2-1: many requests are served side by side, in whatever order they are answered.
#[tokio::test(start_paused = true)]
async fn requests_are_answered_in_any_order() {
    let mut server = server().await;
    let mut calls = Vec::new();
    for n in 0..10 {
        calls.push((2 * n + 1, server.get(2 * n + 1).await));
    }
    while let Some((stream, call)) = calls.pop() {
        call.respond(empty());
        assert_eq!(server.peer.expect_headers(stream).await.status(), 200);
    }
}
