//! Contract 1.3: the client's types.

use hyper::client::conn::http2::{Builder, Connection, SendRequest};

use crate::probes::{implements, Exec, Io, OnlySend, OnlySync, Pinned, ProbeBody};

type Conn<T, B, D, E> = Connection<Io<T>, ProbeBody<B, D>, Exec<E>>;

// Contract 1.3-3.
#[test]
fn a_sender_is_send_and_sync_where_its_body_is_send() {
    assert!(implements!(SendRequest<ProbeBody<()>>: Send));
    assert!(implements!(SendRequest<ProbeBody<()>>: Sync));
    assert!(implements!(SendRequest<ProbeBody<OnlySend>>: Send));
    assert!(implements!(SendRequest<ProbeBody<OnlySend>>: Sync));
    assert!(!implements!(SendRequest<ProbeBody<OnlySync>>: Send));
    assert!(!implements!(SendRequest<ProbeBody<OnlySync>>: Sync));
}

// Contract 1.3-3.
#[test]
fn a_sender_is_always_unpin_and_clone() {
    assert!(implements!(SendRequest<ProbeBody<Pinned>>: Unpin));
    assert!(implements!(SendRequest<ProbeBody<OnlySync>>: Clone));
    // Not even to be a body is asked for.
    assert!(implements!(SendRequest<OnlySync>: Clone));
}

// Contract 1.3-5.
#[test]
fn a_connection_is_send_where_all_it_runs_is() {
    assert!(implements!(Conn<(), (), (), ()>: Send));
    assert!(implements!(Conn<OnlySend, OnlySend, OnlySend, OnlySend>: Send));
}

// Contract 1.3-5. The transport and the data need not count, since the connection holds neither.
#[test]
fn a_connection_is_not_send_where_its_bodies_or_executor_are_not() {
    assert!(!implements!(Conn<(), OnlySync, (), ()>: Send));
    assert!(!implements!(Conn<(), (), (), OnlySync>: Send));
}

// Contract 1.3-5.
#[test]
fn a_connection_is_sync_where_all_it_holds_is() {
    assert!(implements!(Conn<(), (), (), ()>: Sync));
    assert!(implements!(Conn<OnlySync, (), (), OnlySync>: Sync));
    assert!(implements!(Conn<(), (), OnlySend, ()>: Sync));
}

// Contract 1.3-5. The transport and the data need not count, as above.
#[test]
fn a_connection_is_not_sync_where_its_bodies_are_not_send_or_its_executor_is_not_sync() {
    assert!(!implements!(Conn<(), OnlySync, (), ()>: Sync));
    assert!(!implements!(Conn<(), (), (), OnlySend>: Sync));
}

// Contract 1.3-5.
#[test]
fn a_connection_is_always_unpin() {
    assert!(implements!(Conn<(), Pinned, Pinned, ()>: Unpin));
}

// Contract 1.3-9: `Unpin` is asked for only where a connection is polled.
#[test]
fn a_connection_is_a_future_where_its_body_is_unpin() {
    use std::future::Future;
    assert!(implements!(Conn<(), (), (), ()>: Future));
    assert!(implements!(Conn<OnlySync, OnlySync, OnlySend, OnlySync>: Future));
    assert!(!implements!(Conn<(), Pinned, (), ()>: Future));
}

// Contract 1.3-1, 1.2-11: a builder is as its executor, its timer being shared.
#[test]
fn a_builder_is_send_and_sync_where_its_executor_is() {
    assert!(implements!(Builder<Exec<()>>: Send));
    assert!(implements!(Builder<Exec<()>>: Sync));
    assert!(implements!(Builder<Exec<()>>: Unpin));
    assert!(!implements!(Builder<Exec<OnlySync>>: Send));
    assert!(!implements!(Builder<Exec<OnlySend>>: Sync));
}
