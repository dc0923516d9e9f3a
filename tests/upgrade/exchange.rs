//! A server whose requests are handed to the test, to be answered when it likes.

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::tunnels::{empty_body, test_body, ServerBuilder, TestBody};
use crate::support::virtual_timer::expect_soon;

pub struct Served {
    pub peer: RawPeer<WireEnd>,
    requests: mpsc::UnboundedReceiver<Asked>,
    pub connection: JoinHandle<hyper::Result<()>>,
    /// Counts the tasks of the streams.
    pub executor: CountingExecutor,
}

/// A request and the way to answer it. Dropping that way fails the service.
pub struct Asked {
    pub request: Request<Incoming>,
    pub answer: oneshot::Sender<Response<TestBody>>,
}

pub async fn serve() -> Served {
    let (far, near) = wire();
    let executor = CountingExecutor::new();
    let (asked, requests) = mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, answered) = oneshot::channel();
        // A test that has ended asks no more.
        let _ = asked.send(Asked { request, answer });
        answered
    });
    let mut builder = ServerBuilder::new(executor.clone());
    builder.enable_connect_protocol();
    let connection = builder.serve_connection(TokioIo::new(near), service);
    let connection = tokio::spawn(connection);
    Served {
        peer: RawPeer::client(far, &PeerSettings::default()).await,
        requests,
        connection,
        executor,
    }
}

impl Served {
    pub async fn next(&mut self) -> Asked {
        let next = expect_soon("a request", self.requests.recv()).await;
        next.expect("a request comes before the connection ends")
    }

    /// Sends CONNECT and returns its stream and the request as hyper hands it over.
    pub async fn connect(&mut self) -> (u32, Asked) {
        let stream = self.peer.send_connect("target.example:443", &[]).await;
        (stream, self.next().await)
    }
}

pub fn response(status: StatusCode) -> Response<TestBody> {
    let mut response = Response::new(empty_body());
    *response.status_mut() = status;
    response
}

pub fn response_with_body(status: StatusCode, body: &'static str) -> Response<TestBody> {
    let mut response = response(status);
    *response.body_mut() = test_body(http_body_util::Full::new(body.into()));
    response
}

impl Asked {
    pub fn answer(self, response: Response<TestBody>) {
        let answered = self.answer.send(response);
        answered.expect("the service waits for its answer");
    }
}

/// Checks that a promised upgrade came to nothing, as contract 2.4-5 (d) has it.
pub fn assert_not_kept(error: &hyper::Error) {
    use std::error::Error;
    assert!(error.is_canceled());
    assert_eq!(error.to_string(), "operation was canceled");
    let cause = error.source().expect("a cause").to_string();
    assert_eq!(cause, "upgrade expected but not completed");
}

/// Checks that there was no upgrade to wait for, as contract 2.4-16 has it.
pub fn assert_none_expected(error: &hyper::Error) {
    assert!(error.is_user());
    assert_eq!(error.to_string(), "no upgrade available");
    assert_eq!(format!("{error:?}"), "hyper::Error(User(NoUpgrade))");
}
