//! Contract 1.2-1: what hyper passes on of the crates below it.

use std::any::TypeId;

fn same<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

// Contract 1.2-1.
#[test]
fn the_root_passes_on_the_types_of_http() {
    assert!(same::<hyper::HeaderMap, http::HeaderMap>());
    assert!(same::<hyper::Method, http::Method>());
    assert!(same::<hyper::Request<()>, http::Request<()>>());
    assert!(same::<hyper::Response<()>, http::Response<()>>());
    assert!(same::<hyper::StatusCode, http::StatusCode>());
    assert!(same::<hyper::Uri, http::Uri>());
    assert!(same::<hyper::Version, http::Version>());
    assert!(same::<hyper::header::HeaderName, http::HeaderName>());
    assert_eq!(hyper::header::HOST, http::header::HOST);
}

// Contract 1.2-1.
#[test]
fn the_whole_of_http_is_there_though_not_shown() {
    assert!(same::<hyper::http::Extensions, http::Extensions>());
    assert!(same::<hyper::http::uri::Authority, http::uri::Authority>());
    assert!(same::<hyper::http::Error, http::Error>());
}

// Contract 1.2-1.
#[test]
fn the_body_module_passes_on_bytes_and_http_body() {
    fn is_buf<B: bytes::Buf>() -> bool {
        fn is_hypers<B: hyper::body::Buf>() {}
        is_hypers::<B>();
        true
    }
    fn is_body<B: hyper::body::Body>() -> bool {
        fn is_theirs<B: http_body_util::BodyExt>() {}
        is_theirs::<B>();
        true
    }
    assert!(same::<hyper::body::Bytes, bytes::Bytes>());
    assert!(is_buf::<bytes::Bytes>());
    assert!(is_body::<http_body_util::Full<bytes::Bytes>>());
    assert!(is_body::<hyper::body::Incoming>());
    let frame: hyper::body::Frame<bytes::Bytes> = hyper::body::Frame::data("x".into());
    assert!(frame.is_data());
    assert_eq!(hyper::body::SizeHint::with_exact(3).exact(), Some(3));
}

// Contract 1.2-1.
#[test]
fn the_result_type_is_that_of_the_error() {
    assert!(same::<hyper::Result<u8>, Result<u8, hyper::Error>>());
}

// Contract 7.1-8: a received body yields bytes and hyper's errors.
#[test]
fn a_received_body_is_a_body_of_bytes() {
    type Data = <hyper::body::Incoming as hyper::body::Body>::Data;
    type Error = <hyper::body::Incoming as hyper::body::Body>::Error;
    assert!(same::<Data, bytes::Bytes>());
    assert!(same::<Error, hyper::Error>());
}

// Contract 1.1-9: executors can be named in the bounds of others' code.
#[test]
fn the_bounds_on_executors_can_be_named() {
    use crate::probes::{Exec, Fut, Io, ProbeBody};
    use hyper::rt::bounds::{Http2ClientConnExec, Http2ServerConnExec};
    fn client<E: Http2ClientConnExec<ProbeBody<()>, Io<()>>>(_: E) -> bool {
        true
    }
    fn server<E: Http2ServerConnExec<Fut<(), (), ()>, ProbeBody<()>>>(_: E) -> bool {
        true
    }
    assert!(client(Exec::<()>::new()) && server(Exec::<()>::new()));
}
