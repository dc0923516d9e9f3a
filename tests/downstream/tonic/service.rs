//! The service of these tests, as a compiler of protocols would have written it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::TE;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Request, Response, Status, Streaming};
use tower::{service_fn, Service};

use crate::codec::TextCodec;

pub const GREET: &str = "/test.Talk/Greet";
/// Fails with the code whose number it is told.
pub const FAIL: &str = "/test.Talk/Fail";
/// Answers after as many milliseconds as it is told.
pub const WAIT: &str = "/test.Talk/Wait";
pub const JOIN: &str = "/test.Talk/Join";
/// Counts to what it is told; fails there if that is negative.
pub const COUNT: &str = "/test.Talk/Count";
pub const ECHO: &str = "/test.Talk/Echo";

type Messages = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// Knows how many of its calls there are, and how many there were at most.
#[derive(Clone, Default)]
pub struct Talk {
    pub running: Arc<AtomicUsize>,
    pub most: Arc<AtomicUsize>,
}

/// A call, from its arrival until it is answered or dropped.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Talk {
    fn enter(&self) -> Running {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Running(self.running.clone())
    }
}

impl NamedService for Talk {
    const NAME: &'static str = "test.Talk";
}

impl Service<http::Request<Body>> for Talk {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let running = self.enter();
        Box::pin(async move {
            let _running = running;
            // What gRPC asks of a client, so that the trailers come through (contract 9-8, 6.1-2).
            if request.headers().get(TE).is_none_or(|te| te != "trailers") {
                return Ok(Status::failed_precondition("no trailers").into_http());
            }
            let mut grpc = Grpc::new(TextCodec);
            let response = match request.uri().path() {
                GREET => grpc.unary(service_fn(greet), request).await,
                FAIL => grpc.unary(service_fn(fail), request).await,
                WAIT => grpc.unary(service_fn(wait), request).await,
                JOIN => grpc.client_streaming(service_fn(join), request).await,
                COUNT => grpc.server_streaming(service_fn(count), request).await,
                ECHO => grpc.streaming(service_fn(echo), request).await,
                _ => Status::unimplemented("").into_http(),
            };
            Ok(response)
        })
    }
}

/// Gives back what it is asked with as metadata, too.
async fn greet(request: Request<String>) -> Result<Response<String>, Status> {
    let asked = request.metadata().get("asked").cloned();
    let mut response = Response::new(format!("hello {}", request.into_inner()));
    if let Some(asked) = asked {
        response.metadata_mut().insert("asked", asked);
    }
    Ok(response)
}

async fn fail(request: Request<String>) -> Result<Response<String>, Status> {
    let code = Code::from_i32(request.into_inner().parse().expect("a number"));
    let mut status = Status::new(code, format!("{code:?}: as asked, ü included"));
    status
        .metadata_mut()
        .insert("detail", "of a failure".parse().expect("a value"));
    Err(status)
}

async fn wait(request: Request<String>) -> Result<Response<String>, Status> {
    let waits = request.into_inner().parse().expect("a number");
    tokio::time::sleep(Duration::from_millis(waits)).await;
    Ok(Response::new("waited".to_owned()))
}

async fn join(request: Request<Streaming<String>>) -> Result<Response<String>, Status> {
    let mut messages = request.into_inner();
    let mut joined = String::new();
    while let Some(message) = messages.next().await {
        joined += &message?;
    }
    Ok(Response::new(joined))
}

async fn count(request: Request<String>) -> Result<Response<Messages>, Status> {
    let to: i32 = request.into_inner().parse().expect("a number");
    let numbers = (1..=to.abs()).map(|number| Ok(number.to_string()));
    let failure = (to < 0).then(|| Err(Status::out_of_range("far enough")));
    let messages = tokio_stream::iter(numbers.chain(failure));
    Ok(Response::new(Box::pin(messages)))
}

async fn echo(request: Request<Streaming<String>>) -> Result<Response<Messages>, Status> {
    Ok(Response::new(Box::pin(request.into_inner())))
}
