//! What the tests of this target share: requests, a client whose connection the test polls itself, and readings of errors.

use std::error::Error;
use std::future::Future;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Connection, SendRequest};

pub use crate::support::errors::{cause_text, kind};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo, TokioTimer};
use crate::support::tunnels::{
    empty_body, test_body, ClientBuilder, Link, Options, Role, TestBody,
};
use crate::support::virtual_timer::expect_soon;

pub const URI: &str = "http://server.example/path?query";

pub type RawLink = Link<RawPeer<WireEnd>>;

/// A client with its connection in a task, against raw frames.
pub async fn link() -> RawLink {
    link_with(&Options::new()).await
}

pub async fn link_with(options: &Options) -> RawLink {
    Link::raw(Role::Client, options).await
}

/// Options that differ in hyper's own settings only.
pub fn tuned(tune: fn(&mut ClientBuilder)) -> Options {
    Options::new().tune(|_| {}, tune)
}

/// Options with a peer that takes this many streams at a time.
pub fn slots(streams: u32) -> Options {
    let mut options = Options::new();
    options.peer.max_concurrent_streams = Some(streams);
    options
}

// ----- requests -----

pub fn request(method: Method, body: TestBody) -> Request<TestBody> {
    let request = Request::builder().method(method).uri(URI).body(body);
    request.expect("the parts are valid")
}

pub fn get() -> Request<TestBody> {
    request(Method::GET, empty_body())
}

pub fn post<B>(body: B) -> Request<TestBody>
where
    B: hyper::body::Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    request(Method::POST, test_body(body))
}

pub fn full(bytes: impl Into<Bytes>) -> Full<Bytes> {
    Full::new(bytes.into())
}

// ----- answers -----

pub async fn response<E>(
    answer: impl Future<Output = Result<Response<Incoming>, E>>,
) -> Response<Incoming>
where
    E: std::fmt::Debug,
{
    let answer = expect_soon("the response", answer).await;
    answer.expect("the request succeeds")
}

pub async fn failure<E>(answer: impl Future<Output = Result<Response<Incoming>, E>>) -> E {
    let answer = expect_soon("the failure", answer).await;
    answer.expect_err("the request fails")
}

pub async fn bytes(response: Response<Incoming>) -> Bytes {
    let body = expect_soon("the body", response.into_body().collect()).await;
    body.expect("the body arrives whole").to_bytes()
}

/// One request and its empty answer: the connection works.
pub async fn assert_usable(link: &mut RawLink) {
    let answer = link.hyper.requests().send_request(get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "204")])
        .await;
    assert_eq!(response(answer).await.status(), 204);
}

// ----- errors -----

/// The `h2` error that stands directly below `error`, where reqwest and tonic look for it (contract 2.3-4).
pub fn h2_cause(error: &hyper::Error) -> &h2::Error {
    let cause = error.source().expect("the error has a cause");
    cause
        .downcast_ref()
        .unwrap_or_else(|| panic!("an h2 error, not {cause:?}"))
}

// ----- a client in the test's own hands -----

pub type HeldConnection = Connection<TokioIo<WireEnd>, TestBody, CountingExecutor>;

/// A client whose connection future is polled, kept or dropped by the test. Its I/O task runs on `executor`.
pub struct HeldClient {
    pub requests: SendRequest<TestBody>,
    pub connection: HeldConnection,
    pub executor: CountingExecutor,
}

/// A client whose peer has not said anything yet, and the peer's end of the wire.
pub async fn unanswered(tune: fn(&mut ClientBuilder)) -> (HeldClient, WireEnd) {
    let (near, far) = wire();
    let executor = CountingExecutor::new();
    let mut builder = ClientBuilder::new(executor.clone());
    builder.timer(TokioTimer);
    tune(&mut builder);
    let handshake = builder.handshake(TokioIo::new(near));
    let handshake = expect_soon("the handshake", handshake).await;
    let (requests, connection) = handshake.expect("the transport takes the preface");
    let client = HeldClient {
        requests,
        connection,
        executor,
    };
    (client, far)
}

/// A client and its peer after the exchange of SETTINGS.
pub async fn held(settings: &PeerSettings) -> (HeldClient, RawPeer<WireEnd>) {
    let (client, far) = unanswered(|_| {}).await;
    let peer = RawPeer::server(far, settings).await;
    (client, peer)
}
