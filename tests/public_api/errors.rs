//! Contract 2.1: the shape of an error. Which errors arise where is for the other targets to tell.

use std::convert::Infallible;
use std::error::Error;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::support::scripted_h2::{PeerSettings, RawPeer};
use crate::support::tokio_rt::{TokioExecutor, TokioIo};
use crate::support::tunnels::empty_body;

/// An error of hyper's with an error of h2's as its cause.
async fn from_a_connection() -> hyper::Error {
    let (near, far) = crate::support::gate::wire();
    let service = service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(empty_body()))
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor)
        .serve_connection(TokioIo::new(near), service);
    let connection = tokio::spawn(connection);
    let mut peer = RawPeer::client(far, &PeerSettings::default()).await;
    // DATA on stream 0.
    peer.send_data(0, "nonsense").await;
    let ended = connection.await.expect("no panic");
    ended.expect_err("a violation of the protocol")
}

/// An error of hyper's without a cause.
async fn without_cause() -> hyper::Error {
    let none = hyper::upgrade::on(Request::new(()));
    none.await.expect_err("no upgrade is possible")
}

// Contract 2.1-1.
#[tokio::test(start_paused = true)]
async fn an_error_prints_its_own_level_and_leads_to_the_next() {
    let error = from_a_connection().await;
    assert_eq!(error.to_string(), "http2 error");
    let cause = error.source().expect("the cause");
    assert!(cause.is::<h2::Error>());
    assert!(!error.to_string().contains(&cause.to_string()));

    let error = without_cause().await;
    assert_eq!(error.to_string(), "no upgrade available");
    assert!(error.source().is_none());
}

// Contract 2.1-2, 2.1-3.
#[tokio::test(start_paused = true)]
async fn an_error_debugs_as_its_kind_and_cause() {
    let error = from_a_connection().await;
    let cause = error.source().expect("the cause");
    assert_eq!(
        format!("{error:?}"),
        format!("hyper::Error(Http2, {cause:?})")
    );
    let error = without_cause().await;
    assert_eq!(format!("{error:?}"), "hyper::Error(User(NoUpgrade))");
}

// Contract 2.1-4.
#[tokio::test(start_paused = true)]
async fn an_error_may_be_returned_where_any_error_may() {
    let boxed: Box<dyn Error + Send + Sync> = without_cause().await.into();
    let back = boxed.downcast::<hyper::Error>();
    assert!(back.expect("the same error").is_user());
}

// Contract 2.3-3, 1.1-10: every predicate is there, and false where it does not apply.
#[tokio::test(start_paused = true)]
async fn predicates_look_at_this_error_only() {
    let error = without_cause().await;
    assert!(error.is_user());
    assert!(!error.is_parse() && !error.is_parse_status() && !error.is_canceled());
    assert!(!error.is_closed() && !error.is_incomplete_message() && !error.is_timeout());
    assert!(!error.is_body_write_aborted() && !error.is_shutdown());
    assert!(!error.is_parse_too_large() && !error.is_parse_version_h2());

    let error = from_a_connection().await;
    assert!(!error.is_user() && !error.is_parse() && !error.is_timeout());
    assert!(!error.is_canceled() && !error.is_closed() && !error.is_shutdown());
}
