//! Contract 1.2 and 1.3: the types of HTTP/1 connections.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;

use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::client::conn::TrySendError;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::probes::{implements, Io, OnlySend, OnlySync, Pinned, ProbeBody, Svc};
use crate::support::gate::{wire, WireEnd};
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{empty_body, TestBody};

type ClientConn<T, B, D = ()> = client::Connection<Io<T>, ProbeBody<B, D>>;
type ServerConn<T, S, F = (), B = (), D = ()> = server::Connection<Io<T>, Svc<S, F, B, D>>;
type Upgradeable<T, S, F = (), B = ()> = server::UpgradeableConnection<Io<T>, Svc<S, F, B>>;

// ===== auto traits =====

// Contract 1.3-1.
#[test]
fn builders_are_send_sync_and_unpin() {
    assert!(implements!(client::Builder: Send));
    assert!(implements!(client::Builder: Sync));
    assert!(implements!(client::Builder: Unpin));
    assert!(implements!(server::Builder: Send));
    assert!(implements!(server::Builder: Sync));
    assert!(implements!(server::Builder: Unpin));
}

// Contract 1.3-3.
#[test]
fn a_sender_is_send_and_sync_where_its_body_is_send_and_never_clone() {
    type Sender<B> = client::SendRequest<ProbeBody<B>>;
    assert!(implements!(Sender<()>: Send) && implements!(Sender<()>: Sync));
    assert!(implements!(Sender<OnlySend>: Send) && implements!(Sender<OnlySend>: Sync));
    assert!(!implements!(Sender<OnlySync>: Send) && !implements!(Sender<OnlySync>: Sync));
    assert!(implements!(Sender<Pinned>: Unpin));
    assert!(!implements!(Sender<()>: Clone));
}

// Contract 1.3-4. The data need not count, since a connection holds none.
#[test]
fn a_clients_connection_is_send_where_transport_and_body_are() {
    assert!(implements!(ClientConn<(), ()>: Send));
    assert!(implements!(ClientConn<OnlySend, OnlySend, OnlySend>: Send));
    assert!(!implements!(ClientConn<OnlySync, ()>: Send));
    assert!(!implements!(ClientConn<(), OnlySync>: Send));
}

// Contract 1.3-4.
#[test]
fn a_clients_connection_is_sync_where_its_parts_are() {
    assert!(implements!(ClientConn<(), ()>: Sync));
    assert!(implements!(ClientConn<OnlySync, (), OnlySync>: Sync));
    assert!(!implements!(ClientConn<OnlySend, ()>: Sync));
    assert!(!implements!(ClientConn<(), OnlySend>: Sync));
    assert!(!implements!(ClientConn<(), OnlySync>: Sync));
}

// Contract 1.3-4.
#[test]
fn a_clients_connection_is_unpin_where_its_transport_is() {
    assert!(implements!(ClientConn<(), Pinned, Pinned>: Unpin));
    assert!(!implements!(ClientConn<Pinned, ()>: Unpin));
}

// Contract 1.3-6.
#[test]
fn a_servers_connection_is_send_where_all_it_runs_is() {
    assert!(implements!(ServerConn<(), ()>: Send) && implements!(Upgradeable<(), ()>: Send));
    assert!(implements!(
        ServerConn<OnlySend, OnlySend, OnlySend, OnlySend, OnlySend>: Send
    ));
    assert!(!implements!(ServerConn<OnlySync, ()>: Send));
    assert!(!implements!(ServerConn<(), OnlySync>: Send));
    assert!(!implements!(ServerConn<(), (), OnlySync>: Send));
    assert!(!implements!(ServerConn<(), (), (), OnlySync>: Send));
    assert!(!implements!(Upgradeable<(), (), OnlySync>: Send));
}

// Contract 1.3-6.
#[test]
fn a_servers_connection_is_sync_where_all_it_runs_is() {
    assert!(implements!(ServerConn<(), ()>: Sync) && implements!(Upgradeable<(), ()>: Sync));
    assert!(implements!(
        ServerConn<OnlySync, OnlySync, OnlySync, OnlySync, OnlySync>: Sync
    ));
    assert!(!implements!(ServerConn<OnlySend, ()>: Sync));
    assert!(!implements!(ServerConn<(), (), OnlySend>: Sync));
}

// Contract 1.3-6.
#[test]
fn a_servers_connection_is_always_unpin() {
    assert!(implements!(ServerConn<Pinned, Pinned, Pinned, Pinned, Pinned>: Unpin));
    assert!(implements!(Upgradeable<Pinned, Pinned, Pinned, Pinned>: Unpin));
}

// Contract 1.3-6: a connection runs whatever its service and bodies are.
#[test]
fn connections_are_futures_whatever_they_carry() {
    assert!(implements!(ServerConn<OnlySync, OnlySync, OnlySync, OnlySync>: Future));
    assert!(implements!(ServerConn<(), Pinned, Pinned, Pinned>: Future));
    assert!(implements!(Upgradeable<(), Pinned, Pinned, Pinned>: Future));
    assert!(implements!(ClientConn<OnlySync, OnlySync, OnlySend>: Future));
    assert!(implements!(ClientConn<(), Pinned>: Future));
}

// Contract 1.3-8.
#[test]
fn parts_follow_what_is_in_them() {
    assert!(implements!(client::Parts<()>: Send) && !implements!(client::Parts<OnlySync>: Send));
    assert!(implements!(client::Parts<()>: Sync) && !implements!(client::Parts<OnlySend>: Sync));
    assert!(!implements!(client::Parts<Pinned>: Unpin));
    assert!(!implements!(server::Parts<(), OnlySync>: Send));
    assert!(!implements!(server::Parts<(), OnlySend>: Sync));
    assert!(!implements!(server::Parts<(), Pinned>: Unpin));
}

// ===== derives and debug outputs =====

// Contract 1.2-11.
#[test]
fn builders_are_clone_and_debug_and_have_no_default() {
    assert!(implements!(client::Builder: Clone) && implements!(client::Builder: Debug));
    assert!(implements!(server::Builder: Clone) && implements!(server::Builder: Debug));
    assert!(!implements!(client::Builder: Default) && !implements!(server::Builder: Default));
    assert!(format!("{:?}", client::Builder::new()).starts_with("Builder"));
    assert!(format!("{:?}", server::Builder::new()).starts_with("Builder"));
}

// Contract 1.2-11.
#[test]
fn parts_are_debug() {
    assert!(implements!(client::Parts<()>: Debug) && implements!(server::Parts<(), ()>: Debug));
    assert!(!implements!(client::Parts<Io<()>>: Debug));
    assert!(!implements!(server::Parts<(), Io<()>>: Debug));
}

async fn answer(_: Request<Incoming>) -> Result<Response<TestBody>, Infallible> {
    Ok(Response::new(empty_body()))
}

// Contract 1.2-12.
#[tokio::test(start_paused = true)]
async fn senders_and_connections_print_their_names() {
    let (near, far) = wire();
    let handshake = client::handshake::<_, TestBody>(TokioIo::new(near));
    let (requests, connection) = handshake.await.expect("a handshake never fails");
    assert_eq!(format!("{requests:?}"), "SendRequest");
    assert_eq!(format!("{connection:?}"), "Connection");
    let connection = server::Builder::new().serve_connection(TokioIo::new(far), service_fn(answer));
    assert_eq!(format!("{connection:?}"), "Connection");
}

// ===== what must be used =====

// Contract 1.2-13.
#[tokio::test(start_paused = true)]
async fn connections_must_be_used() {
    let (near, far) = wire();
    let (_requests, connection) = client::handshake::<_, TestBody>(TokioIo::new(near))
        .await
        .expect("a handshake never fails");
    let builder = server::Builder::new();
    #[expect(unused_must_use)]
    {
        connection.with_upgrades();
    }
    #[expect(unused_must_use)]
    {
        builder.serve_connection(TokioIo::new(far), service_fn(answer));
    }
    let (near, _far) = wire();
    #[expect(unused_must_use)]
    {
        builder
            .serve_connection(TokioIo::new(near), service_fn(answer))
            .with_upgrades();
    }
}

// ===== futures =====

type Answer = hyper::Result<Response<Incoming>>;
type TriedAnswer<B> = Result<Response<Incoming>, TrySendError<Request<B>>>;

// Contract 1.2-9.
#[test]
fn futures_borrow_nothing() {
    fn send(
        requests: &mut client::SendRequest<TestBody>,
        request: Request<TestBody>,
    ) -> impl Future<Output = Answer> + 'static {
        requests.send_request(request)
    }
    fn try_send(
        requests: &mut client::SendRequest<TestBody>,
        request: Request<TestBody>,
    ) -> impl Future<Output = TriedAnswer<TestBody>> + 'static {
        requests.try_send_request(request)
    }
    type Halves = (
        client::SendRequest<TestBody>,
        client::Connection<TokioIo<WireEnd>, TestBody>,
    );
    fn open(
        builder: &client::Builder,
        io: TokioIo<WireEnd>,
    ) -> impl Future<Output = hyper::Result<Halves>> + 'static {
        builder.handshake(io)
    }
    let _ = (send, try_send, open);
}

// Contract 1.3-9.
#[test]
fn the_future_of_a_response_is_send_where_its_body_is() {
    type Sender<B> = client::SendRequest<ProbeBody<B>>;
    fn is_send<F: Future + Send>(_: fn(&mut Sender<OnlySend>) -> F) -> bool {
        true
    }
    fn is_future<F: Future>(_: fn(&mut Sender<Pinned>) -> F) -> bool {
        true
    }
    assert!(is_send(|requests| requests.send_request(unasked())));
    assert!(is_send(|requests| requests.try_send_request(unasked())));
    assert!(is_future(|requests| requests.send_request(unasked())));
}

// Contract 9-2.
#[test]
fn the_future_of_a_handshake_is_send_where_its_parts_are() {
    fn is_send<F: Future + Send>(_: fn(&client::Builder) -> F) -> bool {
        true
    }
    assert!(is_send(|builder| {
        builder.handshake::<Io<()>, ProbeBody<OnlySend>>(unasked())
    }));
}

fn unasked<T>() -> T {
    unreachable!("only the types are looked at")
}

// Contract 1.4-7.
#[test]
fn interim_responses_show_their_head() {
    let mut request = Request::new(());
    hyper::ext::on_informational(&mut request, |interim| {
        let _: hyper::StatusCode = interim.status();
        let _: hyper::Version = interim.version();
        let _: &hyper::HeaderMap = interim.headers();
    });
    let (head, ()) = request.into_parts();
    assert_eq!(head.extensions.len(), 1, "and cloned parts keep it");
    assert_eq!(head.clone().extensions.len(), 1);
}
