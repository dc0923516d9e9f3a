//! Contract 2.4-18, 6.3-11, 7.1-6: requests whose connection or tasks are dropped under them.

use std::future::Future;
use std::sync::{Arc, Mutex};

use http_body_util::BodyExt;
use hyper::client::conn::http2::Builder;
use hyper::rt::Executor;
use tokio::task::JoinSet;

use crate::client::{cause_text, failure, get, held, kind, response};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::TestBody;
use crate::support::virtual_timer::{expect_soon, settle};

/// An executor whose tasks the test can drop where they stand, as a runtime does that is shut down.
#[derive(Clone, Default)]
struct DroppableExecutor(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for DroppableExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().expect("no panic under the lock");
        tasks.spawn(future);
    }
}

impl DroppableExecutor {
    async fn drop_tasks(&self) {
        let mut tasks = std::mem::take(&mut *self.0.lock().expect("no panic under the lock"));
        tasks.shutdown().await;
    }
}

struct Droppable {
    requests: hyper::client::conn::http2::SendRequest<TestBody>,
    connection: tokio::task::JoinHandle<hyper::Result<()>>,
    tasks: DroppableExecutor,
    peer: RawPeer<WireEnd>,
}

async fn droppable() -> Droppable {
    let (near, far) = wire();
    let tasks = DroppableExecutor::default();
    let handshake = Builder::new(tasks.clone()).handshake(TokioIo::new(near));
    let (requests, connection) = handshake.await.expect("the transport takes the preface");
    Droppable {
        requests,
        connection: tokio::spawn(connection),
        tasks,
        peer: RawPeer::server(far, &PeerSettings::default()).await,
    }
}

// Contract 2.4-18.
#[tokio::test(start_paused = true)]
async fn a_started_request_whose_tasks_are_dropped_fails_as_gone() {
    let mut client = droppable().await;
    let answer = client.requests.try_send_request(get());
    client.peer.expect_request().await;
    client.tasks.drop_tasks().await;
    let mut failed = failure(answer).await;
    assert!(failed.take_message().is_none());
    let failed = failed.into_error();
    assert_eq!(kind(&failed), "User(DispatchGone)");
    assert!(failed.is_user() && !failed.is_canceled());
    assert_eq!(failed.to_string(), "dispatch task is gone");
    assert_eq!(cause_text(&failed), "runtime dropped the dispatch task");
}

// Contract 6.3-10: without its I/O task the connection ends.
#[tokio::test(start_paused = true)]
async fn the_connection_ends_when_its_tasks_are_dropped() {
    let client = droppable().await;
    client.tasks.drop_tasks().await;
    let ended = expect_soon("the end of the connection", client.connection).await;
    let _either = ended.expect("no panic");
    assert!(client.requests.is_closed());
}

// Contract 7.1-6, 2.4-9: a body cut off does not look complete.
#[tokio::test(start_paused = true)]
async fn a_body_whose_tasks_are_dropped_fails() {
    let mut client = droppable().await;
    let answer = client.requests.send_request(get());
    let (stream, _) = client.peer.expect_request().await;
    client
        .peer
        .send_headers(stream, &[(":status", "200")])
        .await;
    let mut response = response(answer).await;
    client.tasks.drop_tasks().await;
    let frame = expect_soon("the end of the body", response.frame()).await;
    let failed = frame.expect("not a clean end").expect_err("not data");
    assert_eq!(kind(&failed), "Body");
}

// Contract 6.3-1, 2.4-18: what was started belongs to the executor's tasks, not to the dropped future.
#[tokio::test(start_paused = true)]
async fn a_started_request_is_answered_or_fails_when_the_connection_is_dropped() {
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let mut answer = Box::pin(client.requests.try_send_request(get()));
    assert!(settle(&mut client.connection).await.is_pending());
    let (stream, _) = peer.expect_request().await;
    drop(client.connection);
    if let std::task::Poll::Ready(failed) = settle(&mut answer).await {
        let failed = failed.expect_err("nothing was answered");
        assert!(failed.message().is_none());
        return;
    }
    peer.send_last_headers(stream, &[(":status", "200")]).await;
    response(answer).await;
}

// Contract 2.4-18, 6.3-10.
#[tokio::test(start_paused = true)]
async fn a_transport_lost_with_the_peer_fails_the_request() {
    let (mut client, mut peer) = held(&PeerSettings::default()).await;
    let answer = client.requests.try_send_request(get());
    assert!(settle(&mut client.connection).await.is_pending());
    peer.expect_request().await;
    drop(peer);
    let failed = failure(answer).await;
    assert!(failed.message().is_none());
    assert!(!failed.error().is_canceled());
    let _either = expect_soon("the end of the connection", &mut client.connection).await;
    drop(client.connection);
    assert!(client.requests.is_closed());
}
