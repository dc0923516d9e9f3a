//! A body on its way from hyper to a scripted peer: a server's response, or a client's request.

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;

use crate::support::gate::{Flow, WireEnd};
use crate::support::own_service::serve;
use crate::support::scripted_h2::RawPeer;
use crate::support::shaped::Handle;
use crate::support::tunnels::{test_body, Link, Options, Role, TestBody};

/// Where a body goes.
pub struct Outgoing {
    pub peer: RawPeer<WireEnd>,
    /// The stream it goes on; its head has arrived.
    pub stream: u32,
    /// What hyper sends.
    pub to_peer: Flow,
    /// hyper's transport.
    pub transport: Handle,
    _kept: Box<dyn Any>,
}

const SERVER: &str = "server.example";

/// Has hyper send `body`.
pub async fn send_body<B>(role: Role, options: &Options, body: B) -> Outgoing
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    match role {
        Role::Server => respond(options, test_body(body)).await,
        Role::Client => request(options, test_body(body)).await,
    }
}

async fn respond(options: &Options, body: TestBody) -> Outgoing {
    let body = Mutex::new(Some(body));
    let service = service_fn(move |_: Request<Incoming>| {
        let body = body.lock().expect("no panic").take();
        let response = Response::new(body.expect("one request"));
        async { Ok::<_, Infallible>(response) }
    });
    let mut served = serve(options, service).await;
    let stream = 1;
    let get = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", SERVER),
        (":path", "/"),
    ];
    served.peer.send_last_headers(stream, &get).await;
    assert_eq!(served.peer.expect_headers(stream).await.status(), 200);
    Outgoing {
        peer: served.peer,
        stream,
        to_peer: served.to_peer,
        transport: served.transport,
        _kept: Box::new(served.executor),
    }
}

async fn request(options: &Options, body: TestBody) -> Outgoing {
    let mut link = Link::raw(Role::Client, options).await;
    let request = Request::post(format!("http://{SERVER}/")).body(body);
    let request = request.expect("a request");
    let response = tokio::spawn(link.hyper.requests().send_request(request));
    let (stream, _) = link.peer.expect_request().await;
    Outgoing {
        peer: link.peer,
        stream,
        to_peer: link.to_peer,
        transport: link.transport,
        _kept: Box::new((link.hyper, response)),
    }
}

/// So many frames of one byte, each ready at once, as of a stream of events that never rests. They cost no heap.
pub struct Drip {
    pub frames: usize,
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.frames.checked_sub(1);
        self.frames = left.unwrap_or(0);
        Poll::Ready(left.map(|_| Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}
