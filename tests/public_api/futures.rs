//! Contract 1.2-9, 1.3-9: futures that borrow nothing and ask for nothing.

use std::future::Future;

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::client::conn::TrySendError;
use hyper::{Request, Response};

use crate::probes::{Exec, Io, OnlySend, Pinned, ProbeBody};
use crate::support::gate::wire;
use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{TokioExecutor, TokioIo};
use crate::support::tunnels::{empty_body, TestBody};

type Answer = hyper::Result<Response<hyper::body::Incoming>>;

/// The future outlives the reference it was made through.
fn detached<B>(requests: &mut SendRequest<B>, body: B) -> impl Future<Output = Answer> + 'static
where
    B: hyper::body::Body + 'static,
{
    requests.send_request(Request::new(body))
}

fn detached_try<B>(
    requests: &mut SendRequest<B>,
    body: B,
) -> impl Future<Output = Result<Response<hyper::body::Incoming>, TrySendError<Request<B>>>> + 'static
where
    B: hyper::body::Body + 'static,
{
    requests.try_send_request(Request::new(body))
}

fn detached_handshake(
    builder: &Builder<TokioExecutor>,
    io: TokioIo<crate::support::gate::WireEnd>,
) -> impl Future<Output = hyper::Result<SendRequest<TestBody>>> + 'static {
    let handshake = builder.handshake(io);
    async move {
        let (requests, connection) = handshake.await?;
        tokio::spawn(connection);
        Ok(requests)
    }
}

// Contract 1.2-9.
#[tokio::test(start_paused = true)]
async fn futures_can_be_kept_and_spawned_while_their_makers_are_used_again() {
    let (near, far) = wire();
    let mut builder = Builder::new(TokioExecutor);
    let handshake = tokio::spawn(detached_handshake(&builder, TokioIo::new(near)));
    builder.max_frame_size(None);
    drop(builder);
    let mut requests = handshake.await.expect("no panic").expect("a connection");
    let mut peer = RawPeer::server(far, &PeerSettings::default()).await;

    let mut spawned = Vec::new();
    for _ in 0..3 {
        let mut request = Request::new(empty_body());
        *request.uri_mut() = hyper::Uri::from_static("http://server.example/");
        spawned.push(tokio::spawn(requests.send_request(request)));
    }
    let kept = detached_try(&mut requests, empty_body());
    drop(detached(&mut requests, empty_body()));
    drop(requests);
    for _ in 0..3 {
        let (stream, _) = peer.expect_request().await;
        peer.send_last_headers(stream, &[(":status", "200")]).await;
    }
    for answer in spawned {
        answer.await.expect("no panic").expect("an answer");
    }
    drop(kept);
}

// Contract 1.3-9.
#[test]
fn the_future_of_a_response_is_send_where_its_body_is() {
    fn is_send<F: Future + Send>(_: fn(&mut SendRequest<ProbeBody<OnlySend>>) -> F) -> bool {
        true
    }
    assert!(is_send(|requests| requests.send_request(probe())));
    assert!(is_send(|requests| requests.try_send_request(probe())));
}

// Contract 1.3-9.
#[test]
fn no_body_need_be_unpin_for_its_request_to_be_sent() {
    fn is_future<F: Future>(_: fn(&mut SendRequest<ProbeBody<Pinned>>) -> F) -> bool {
        true
    }
    assert!(is_future(|requests| requests.send_request(probe())));
}

fn probe<B>() -> Request<B> {
    unreachable!("only the types are looked at")
}

// Contract 9-2: pools keep the future of a handshake in tasks of their own.
#[test]
fn the_future_of_a_handshake_is_send_where_its_parts_are() {
    fn is_send<F: Future + Send>(_: fn(&Builder<Exec<()>>) -> F) -> bool {
        true
    }
    assert!(is_send(|builder| {
        builder.handshake::<Io<()>, ProbeBody<OnlySend>>(io())
    }));
}

fn io() -> Io<()> {
    unreachable!("only the types are looked at")
}
