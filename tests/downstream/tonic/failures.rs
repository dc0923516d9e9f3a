//! How calls fail: by status, by reset, and with their connection.

use bytes::Bytes;
use hyper_downstream::{real_time, settle, virtual_time};
use std::sync::atomic::Ordering;
use tonic::transport::{Endpoint, Server};
use tonic::Code;

use crate::service::{Talk, FAIL, GREET, WAIT};
use crate::Client;

// Contract 9-8: the code, the message and the metadata.
#[test]
fn every_code_arrives() {
    real_time(async {
        let client = Client::over_loopback(Server::builder(), Talk::default()).await;
        for number in 1..=16 {
            let status = client
                .unary(FAIL, number.to_string())
                .await
                .expect_err("as asked");
            let code = Code::from_i32(number);
            assert_eq!(status.code(), code);
            assert_eq!(status.message(), format!("{code:?}: as asked, ü included"));
            let detail = status.metadata().get("detail");
            assert_eq!(detail.expect("metadata"), "of a failure");
        }
        let status = client.unary("/test.Talk/Nothing", String::new()).await;
        assert_eq!(
            status.expect_err("no such method").code(),
            Code::Unimplemented
        );
    });
}

// Contract 9-8, 6.2-4: a failure without messages is HEADERS with END_STREAM, the status among them.
#[test]
fn a_failure_is_trailers_and_nothing_else() {
    virtual_time(async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
        let mut server = Server::builder();
        let router = server.add_service(Talk::default());
        tokio::spawn(async move {
            let never = std::future::pending::<()>();
            router.serve_with_incoming_shutdown(incoming, never).await
        });
        let (mut requests, connection) = h2::client::handshake(near).await.expect("a server");
        tokio::spawn(connection);
        let request = http::Request::post(format!("http://server.example{FAIL}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(());
        let (response, mut body) = requests
            .send_request(request.expect("a request"), false)
            .expect("a stream");
        body.send_data(Bytes::from_static(b"\0\0\0\0\x015"), true)
            .expect("a taker");
        let response = response.await.expect("a response");
        assert_eq!(response.headers()["grpc-status"], "5");
        assert!(response.body().is_end_stream());
    });
}

/// What a call makes of a server that resets its stream with `reason`.
async fn reset_by(reason: h2::Reason) -> tonic::Status {
    let (near, far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let mut connection = h2::server::handshake(far).await.expect("a client");
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_reset(reason);
        }
    });
    let client = Client::connect(Endpoint::from_static("http://server.example"), near).await;
    client
        .unary(GREET, "you".to_owned())
        .await
        .expect_err("a reset")
}

// Contract 2.3-4, 9-8: h2's own error is where tonic looks for its reason.
#[test]
fn a_reset_is_a_status() {
    for (reason, code) in [
        (h2::Reason::NO_ERROR, Code::Internal),
        (h2::Reason::PROTOCOL_ERROR, Code::Internal),
        (h2::Reason::INTERNAL_ERROR, Code::Internal),
        (h2::Reason::FLOW_CONTROL_ERROR, Code::Internal),
        (h2::Reason::REFUSED_STREAM, Code::Unavailable),
        (h2::Reason::CANCEL, Code::Cancelled),
        (h2::Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (h2::Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        (h2::Reason::HTTP_1_1_REQUIRED, Code::Unknown),
    ] {
        let status = virtual_time(reset_by(reason));
        assert_eq!(status.code(), code, "{reason:?}: {status:?}");
    }
}

// Contract 2.3-4, 6.3-6: what nobody waits for any more is not worked on.
#[test]
fn a_call_that_is_dropped_is_dropped_by_the_server() {
    virtual_time(async {
        let talk = Talk::default();
        let endpoint = Endpoint::from_static("http://server.example");
        let client = Client::over_a_pipe(Server::builder(), endpoint, talk.clone()).await;
        let abandoned = client.clone();
        let call = tokio::spawn(async move { abandoned.unary(WAIT, "3600000".to_owned()).await });
        settle().await;
        assert_eq!(talk.running.load(Ordering::SeqCst), 1);
        call.abort();
        settle().await;
        assert_eq!(talk.running.load(Ordering::SeqCst), 0);
        client
            .unary(GREET, "you".to_owned())
            .await
            .expect("the connection lives");
    });
}

// A server that is gone: what is under way fails, and what comes later.
#[test]
fn a_call_fails_with_its_connection() {
    virtual_time(async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let server = tokio::spawn(async move {
            let mut connection = h2::server::handshake(far).await.expect("a client");
            let _request = connection.accept().await.expect("a request");
        });
        let client = Client::connect(Endpoint::from_static("http://server.example"), near).await;
        let status = client
            .unary(GREET, "you".to_owned())
            .await
            .expect_err("gone");
        assert!(
            matches!(status.code(), Code::Unavailable | Code::Unknown),
            "{status:?}"
        );
        server.await.expect("no panic");
        let status = client
            .unary(GREET, "you".to_owned())
            .await
            .expect_err("gone");
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    });
}
