//! Contract 1.2-5, 1.2-6, 7.2-5: executors, of `Send` futures and of others.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Uri};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;

use crate::support::gate::wire;
use crate::support::tokio_rt::{LocalExecutor, TokioExecutor, TokioIo};
use crate::support::tunnels::{empty_body, TestBody};
use crate::support::virtual_timer::expect_soon;

/// A body that no other thread may touch.
struct LocalBody(Option<Rc<str>>);

impl Body for LocalBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let text = self.0.take();
        Poll::Ready(text.map(|text| Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |text| text.len() as u64))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// Has hyper serve hyper on one thread with futures that are not `Send`, and sends one request of each kind.
async fn exchange_of_local_futures() {
    let (near, far) = wire();
    let greeting = Rc::<str>::from("local");
    let service = service_fn(move |mut request: Request<Incoming>| {
        let greeting = greeting.clone();
        async move {
            if request.method() == Method::CONNECT {
                let on_upgrade = hyper::upgrade::on(&mut request);
                tokio::task::spawn_local(async move {
                    let mut tunnel = TokioIo::new(on_upgrade.await.expect("a tunnel"));
                    tunnel.write_all(greeting.as_bytes()).await.expect("open");
                    tunnel.shutdown().await.expect("open");
                });
                return Ok::<_, Infallible>(Response::new(LocalBody(None)));
            }
            let body = request.into_body().collect().await.expect("a body");
            assert_eq!(body.to_bytes(), "request");
            Ok(Response::new(LocalBody(Some(greeting))))
        }
    });
    let server = hyper::server::conn::http2::Builder::new(LocalExecutor)
        .serve_connection(TokioIo::new(far), service);
    let server = tokio::task::spawn_local(server);

    let handshake = hyper::client::conn::http2::handshake(LocalExecutor, TokioIo::new(near));
    let (mut requests, connection) = handshake.await.expect("the transport takes the preface");
    let client = tokio::task::spawn_local(connection);

    let mut request = Request::post("http://server.example/").body(LocalBody(None));
    let body = request.as_mut().expect("the parts are valid").body_mut();
    body.0 = Some(Rc::from("request"));
    let response = requests.send_request(request.expect("as above")).await;
    let body = response.expect("a response").into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), "local");

    let mut request = Request::new(LocalBody(None));
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from_static("target.example:443");
    let response = requests.send_request(request).await.expect("a response");
    let tunnel = hyper::upgrade::on(response).await.expect("a tunnel");
    let mut tunnel = TokioIo::new(tunnel);
    let mut read = String::new();
    tunnel.read_to_string(&mut read).await.expect("EOF");
    assert_eq!(read, "local");

    drop((tunnel, requests));
    client.await.expect("no panic").expect("a graceful end");
    server.await.expect("no panic").expect("a graceful end");
}

// Contract 1.2-6.
#[tokio::test(start_paused = true)]
async fn both_roles_run_on_an_executor_of_local_futures() {
    let exchange = LocalSet::new();
    let exchange = exchange.run_until(exchange_of_local_futures());
    expect_soon("the exchange", exchange).await;
}

/// Executes on tokio, and keeps a clone of itself in each of its tasks.
#[derive(Clone, Default)]
struct Chained(Arc<Mutex<Vec<String>>>);

impl<F> Executor<F> for Chained
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let clone = self.clone();
        let names = &mut self.0.lock().expect("no panic under the lock");
        names.push(std::any::type_name::<F>().to_owned());
        tokio::spawn(async move {
            future.await;
            drop(clone);
        });
    }
}

// Contract 1.2-5, 7.2-5: an executor is shared by what it runs, and is only ever asked through a shared reference.
#[tokio::test(start_paused = true)]
async fn an_executor_lives_as_long_as_its_tasks_and_no_longer() {
    let (near, far) = wire();
    let executor = Chained::default();
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(empty_body()))
    });
    let server = hyper::server::conn::http2::Builder::new(executor.clone())
        .serve_connection(TokioIo::new(far), service);
    let server = tokio::spawn(server);
    let handshake = hyper::client::conn::http2::handshake::<_, _, TestBody>(
        executor.clone(),
        TokioIo::new(near),
    );
    let (mut requests, connection) = handshake.await.expect("the transport takes the preface");
    let client = tokio::spawn(connection);
    let uri = Uri::from_static("http://server.example/");
    let mut request = Request::new(empty_body());
    *request.uri_mut() = uri;
    let response = requests.send_request(request).await.expect("a response");
    assert_eq!(response.status(), 200);

    drop((response, requests));
    client.await.expect("no panic").expect("a graceful end");
    server.await.expect("no panic").expect("a graceful end");
    crate::support::virtual_timer::run_until_idle().await;
    assert_eq!(Arc::strong_count(&executor.0), 1);
    // The client's transport and request, and the server's stream.
    assert!(executor.0.lock().expect("no panic").len() >= 3);
}

// Contract 1.2-6: what is `Send` can be spawned on any thread, all of it.
#[test]
fn everything_is_send_where_its_parts_are() {
    fn is_send<T: Send>(_: &T) -> bool {
        true
    }
    async fn client() -> Result<(), Box<dyn Error + Send + Sync>> {
        let (near, _far) = wire();
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor, TokioIo::new(near));
        let (mut requests, connection) = handshake.await?;
        tokio::spawn(connection);
        requests.ready().await?;
        let response = requests.send_request(Request::new(empty_body())).await?;
        let mut response = hyper::upgrade::on(response).await;
        if let Ok(upgraded) = &mut response {
            let mut tunnel = TokioIo::new(upgraded);
            tunnel.write_all(b"x").await?;
        }
        Ok(())
    }
    assert!(is_send(&client()));
}
