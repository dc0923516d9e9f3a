//! Case 35: an executor that shuts down drops hyper's tasks where they stand. A tunnel does not wait for what is gone.

use std::convert::Infallible;
use std::future::Future;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use http::Response;
use hyper::rt::Executor;
use hyper::service::service_fn;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::support::gate::wire;
use crate::support::scripted_h2::{Frame, PeerSettings, RawPeer};
use crate::support::tokio_rt::{TokioIo, TokioTimer};
use crate::support::tunnels::{empty_body, AUTHORITY};
use crate::support::virtual_timer::{expect_soon, run_until_idle};
use crate::traffic::write_until_error;

/// Can drop all it was given.
#[derive(Clone, Default)]
struct Droppable(Arc<Mutex<Vec<AbortHandle>>>);

impl<F> Executor<F> for Droppable
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        let task = tokio::spawn(async { drop(future.await) });
        self.0.lock().expect("no panic").push(task.abort_handle());
    }
}

impl Droppable {
    fn drop_tasks(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().expect("no panic"));
        tasks.iter().for_each(AbortHandle::abort);
    }
}

// Case 35.
#[tokio::test(start_paused = true)]
async fn a_writer_whose_task_is_gone_fails_and_its_stream_is_reset() {
    let executor = Droppable::default();
    let (promised, mut promises) = mpsc::unbounded_channel();
    let service = service_fn(move |mut request| {
        let _ = promised.send(hyper::upgrade::on(&mut request));
        async { Ok::<_, Infallible>(Response::new(empty_body())) }
    });
    let (near, far) = wire();
    let mut builder = hyper::server::conn::http2::Builder::new(executor.clone());
    builder.timer(TokioTimer);
    tokio::spawn(builder.serve_connection(TokioIo::new(far), service));
    let settings = PeerSettings {
        stream_window: 0,
        ..PeerSettings::default()
    };
    let mut peer = RawPeer::client(near, &settings).await;
    let stream = peer.send_connect(AUTHORITY, &[]).await;
    assert_eq!(peer.expect_headers(stream).await.status(), 200);
    let promise = promises.recv().await.expect("the service was called");
    let upgraded = expect_soon("the upgrade", promise).await;
    let mut tunnel = TokioIo::new(upgraded.expect("agreed on"));
    let writer = tokio::spawn(async move { write_until_error(&mut tunnel).await });
    run_until_idle().await;
    assert!(!writer.is_finished());

    executor.drop_tasks();
    let err = expect_soon("the writer's error", writer).await;
    assert_eq!(err.expect("no panic").kind(), ErrorKind::BrokenPipe);
    let frames = peer.settled_frames().await;
    assert!(matches!(&frames[..], [Frame::Reset { .. }]), "{frames:?}");
}
