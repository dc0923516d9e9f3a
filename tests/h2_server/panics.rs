//! Contract 6.2-1, 6.2-7: a panic in one stream's task is that stream's misfortune.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::Reason;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use tokio::task::JoinHandle;

use crate::messages::{head, text, with_body};
use crate::server::{builder, BoxError};
use crate::support::gate::{wire, WireEnd};
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{CountingExecutor, TokioIo};
use crate::support::tunnels::{Options, TestBody};
use crate::support::virtual_timer::expect_soon;

/// Panics once it has given a piece of data.
struct PanickingBody(Option<Bytes>);

impl Body for PanickingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.0.take().expect("a panic on purpose");
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

/// Panics where the path says so.
async fn answer(request: Request<Incoming>) -> Result<Response<TestBody>, BoxError> {
    match request.uri().path() {
        "/future" => panic!("a panic on purpose"),
        "/later" => {
            tokio::task::yield_now().await;
            panic!("a panic on purpose")
        }
        "/body" => Ok(with_body(PanickingBody(Some(Bytes::from("data"))))),
        "/waits" => {
            let collected = http_body_util::BodyExt::collect(request.into_body()).await?;
            Ok(with_body(http_body_util::Full::new(collected.to_bytes())))
        }
        _ => Ok(text("fine")),
    }
}

async fn serve() -> (RawPeer<WireEnd>, JoinHandle<hyper::Result<()>>) {
    let (client, near) = wire();
    let service = service_fn(|request: Request<Incoming>| {
        if request.uri().path() == "/call" {
            panic!("a panic on purpose");
        }
        answer(request)
    });
    let builder = builder(&Options::new(), &CountingExecutor::new());
    let connection = tokio::spawn(builder.serve_connection(TokioIo::new(near), service));
    let peer = RawPeer::client(client, &PeerSettings::default()).await;
    (peer, connection)
}

async fn send(peer: &mut RawPeer<WireEnd>, stream: u32, path: &str) {
    let mut fields = head("GET", &[]);
    fields[3].1 = path;
    peer.send_last_headers(stream, &fields).await;
}

/// Has stream 3 panic while stream 1 waits for its request; gives what stream 3 was reset with.
async fn reset_beside_a_sibling(path: &str) -> Reason {
    let (mut peer, connection) = serve().await;
    let mut waiting = head("POST", &[]);
    waiting[3].1 = "/waits";
    peer.send_headers(1, &waiting).await;
    send(&mut peer, 3, path).await;
    let reset = loop {
        match expect_soon("the reset", peer.next_on(3)).await {
            Some(crate::support::scripted_h2::Frame::Reset { code, .. }) => break code,
            Some(_) => {}
            None => panic!("the connection ended with the stream"),
        }
    };
    peer.send_last_data(1, "unharmed").await;
    // Stream 3's head may have been the first in the tables of the header compression, so this one is not decoded.
    let head = expect_soon("the sibling's answer", peer.next_on(1)).await;
    assert!(matches!(
        head,
        Some(crate::support::scripted_h2::Frame::Headers { .. })
    ));
    assert_eq!(peer.read_to_end(1).await, "unharmed");
    send(&mut peer, 5, "/fine").await;
    expect_soon("another answer", peer.next_on(5)).await;
    assert_eq!(peer.read_to_end(5).await, "fine");
    peer.eof().await;
    let ended = connection.await.expect("the connection did not panic");
    ended.expect("a clean end");
    reset
}

// Contract 6.2-7.
#[tokio::test(start_paused = true)]
async fn a_service_that_panics_cancels_its_stream_only() {
    assert_eq!(reset_beside_a_sibling("/future").await, Reason::CANCEL);
    assert_eq!(reset_beside_a_sibling("/later").await, Reason::CANCEL);
}

// Contract 6.2-7: truncation shows.
#[tokio::test(start_paused = true)]
async fn a_body_that_panics_resets_its_stream_only() {
    let reset = reset_beside_a_sibling("/body").await;
    assert_ne!(reset, Reason::NO_ERROR);
}

// Contract 6.2-1: the call itself is the connection's.
#[tokio::test(start_paused = true)]
async fn a_panic_in_call_is_the_connections() {
    let (mut peer, connection) = serve().await;
    send(&mut peer, 1, "/call").await;
    let ended = expect_soon("the end", connection).await;
    assert!(ended.expect_err("a panic").is_panic());
    assert!(peer.next().await.is_none(), "the transport was closed");
}
