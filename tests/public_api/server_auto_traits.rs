//! Contract 1.3: the server's types.

use hyper::server::conn::http2::{Builder, Connection};

use crate::probes::{implements, Exec, Io, OnlySend, OnlySync, Pinned, Svc};

type Conn<T, S, E, F = (), B = (), D = ()> = Connection<Io<T>, Svc<S, F, B, D>, Exec<E>>;

// Contract 1.3-7.
#[test]
fn a_connection_is_send_where_transport_service_and_executor_are() {
    assert!(implements!(Conn<(), (), ()>: Send));
    assert!(implements!(Conn<OnlySend, OnlySend, OnlySend>: Send));
    assert!(!implements!(Conn<OnlySync, (), ()>: Send));
    assert!(!implements!(Conn<(), OnlySync, ()>: Send));
    assert!(!implements!(Conn<(), (), OnlySync>: Send));
}

// Contract 1.3-7.
#[test]
fn a_connection_is_send_whatever_the_services_future() {
    assert!(implements!(Conn<(), (), (), OnlySync>: Send));
    assert!(implements!(Conn<(), (), (), Pinned>: Send));
}

// Contract 1.3-7.
#[test]
fn a_connection_is_always_unpin() {
    assert!(implements!(Conn<(), (), (), Pinned, Pinned, Pinned>: Unpin));
    assert!(implements!(Conn<(), Pinned, Pinned>: Unpin));
}

// Contract 1.2-6: no future, body or executor has to be `Send` for a connection to run.
#[test]
fn a_connection_is_a_future_whatever_it_serves() {
    use std::future::Future;
    assert!(implements!(Conn<(), (), ()>: Future));
    assert!(implements!(
        Conn<OnlySync, OnlySync, OnlySync, OnlySync, OnlySync, OnlySend>: Future
    ));
    assert!(implements!(Conn<(), (), (), Pinned, Pinned, Pinned>: Future));
}

// Contract 1.3-1, 1.2-11.
#[test]
fn a_builder_is_send_and_sync_where_its_executor_is() {
    assert!(implements!(Builder<Exec<()>>: Send));
    assert!(implements!(Builder<Exec<()>>: Sync));
    assert!(implements!(Builder<Exec<()>>: Unpin));
    assert!(!implements!(Builder<Exec<OnlySync>>: Send));
    assert!(!implements!(Builder<Exec<OnlySend>>: Sync));
}
