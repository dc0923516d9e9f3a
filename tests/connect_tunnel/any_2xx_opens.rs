//! Case 42: every successful answer to CONNECT opens the tunnel (RFC 9110, section 9.3.6), and no other does.

use std::convert::Infallible;

use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::support::own_service::serve;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{
    both_roles, connect_request, test_body, Link, Options, Role, AUTHORITY,
};
use crate::support::virtual_timer::expect_soon;

const REFUSALS: [u16; 6] = [302, 400, 403, 407, 500, 502];

both_roles!(any_successful_answer_opens_the_tunnel);

// Case 42.
async fn any_successful_answer_opens_the_tunnel(role: Role) {
    for status in [200, 201, 202, 204, 299] {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut link = Link::raw(role, &Options::new().connect_status(status)).await;
        let mut tunnel = expect_soon("the tunnel", link.tunnel()).await;
        link.peer.send_last_data(tunnel.stream, "in").await;
        let mut read = Vec::new();
        let ended = tunnel.upgraded.read_to_end(&mut read).await;
        ended.expect("a clean end");
        assert_eq!(read, b"in");
        tunnel.upgraded.write_all(b"out").await.expect("open");
        tunnel.upgraded.shutdown().await.expect("open");
        assert_eq!(link.peer.read_to_end(tunnel.stream).await, "out");
    }
}

// Case 42: a server that has nothing to say opens the tunnel and ends its side of it in one frame.
#[tokio::test(start_paused = true)]
async fn an_answer_that_ends_the_stream_opens_a_tunnel_to_write_to() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let response = link.hyper.requests().send_request(connect_request());
    let peer = &mut link.peer;
    let answer = async {
        let (stream, _) = peer.expect_request().await;
        peer.send_last_headers(stream, &[(":status", "200")]).await;
        stream
    };
    let (response, stream) = tokio::join!(response, answer);
    let on_upgrade = hyper::upgrade::on(response.expect("an answer"));
    let mut tunnel = TokioIo::new(on_upgrade.await.expect("agreed on"));
    assert_eq!(tunnel.read(&mut [0]).await.expect("the end"), 0);
    tunnel.write_all(b"one way").await.expect("open");
    drop(tunnel);
    assert_eq!(link.peer.read_to_end(stream).await, "one way");
    assert!(link.peer.settled_frames().await.is_empty());
}

// Case 42: as a client. The refusal is an ordinary response, and there is nothing to upgrade.
#[tokio::test(start_paused = true)]
async fn a_client_reads_the_body_of_a_refusal() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    for status in REFUSALS {
        let response = link.hyper.requests().send_request(connect_request());
        let peer = &mut link.peer;
        let answer = async {
            let (stream, _) = peer.expect_request().await;
            let status = status.to_string();
            peer.send_headers(stream, &[(":status", &status)]).await;
            peer.send_data(stream, "not for ").await;
            peer.send_last_data(stream, "you").await;
            stream
        };
        let (response, stream) = tokio::join!(response, answer);
        let mut response = response.expect("an answer");
        assert_eq!(response.status(), status);
        let promised = hyper::upgrade::on(&mut response).await;
        assert!(promised.expect_err("no tunnel").is_user());
        let body = expect_soon("the body", response.collect()).await;
        assert_eq!(body.expect("a whole body").to_bytes(), "not for you");
        // Nothing follows a CONNECT that was refused.
        link.peer.expect_end(stream).await;
        assert!(link.peer.settled_frames().await.is_empty());
    }
}

// Case 42: as a server.
#[tokio::test(start_paused = true)]
async fn a_server_sends_the_body_of_a_refusal() {
    let (promised, mut promises) = mpsc::unbounded_channel();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let promised = promised.clone();
        async move {
            let status = request.headers()["status"].to_str().map(str::parse);
            let status: u16 = status.expect("text").expect("a number");
            let _ = promised.send(hyper::upgrade::on(&mut request));
            let mut response = Response::new(test_body(Full::from("not for you")));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            Ok::<_, Infallible>(response)
        }
    });
    let mut peer = serve(&Options::new(), service).await.peer;
    for status in REFUSALS {
        let text = status.to_string();
        let stream = peer.send_connect(AUTHORITY, &[("status", &text)]).await;
        assert_eq!(peer.expect_headers(stream).await.status(), status);
        assert_eq!(peer.read_to_end(stream).await, "not for you");
        let promise = promises.recv().await.expect("the service was called");
        let broken = expect_soon("the promise", promise).await;
        assert!(broken.expect_err("no tunnel").is_canceled());
        peer.send_last_data(stream, "").await;
    }
}

// Cases 22 and 42: content announced for a tunnel is no tunnel; the stream alone pays for it.
#[tokio::test(start_paused = true)]
async fn a_client_resets_a_success_that_announces_content() {
    let mut link = Link::raw(Role::Client, &Options::new()).await;
    let response = link.hyper.requests().send_request(connect_request());
    let peer = &mut link.peer;
    let answer = async {
        let (stream, _) = peer.expect_request().await;
        let fields = [(":status", "200"), ("content-length", "5")];
        peer.send_headers(stream, &fields).await;
        peer.expect_reset(stream).await
    };
    let (response, reset) = tokio::join!(response, answer);
    response.expect_err("neither a tunnel nor a body");
    assert_eq!(reset, h2::Reason::INTERNAL_ERROR);

    let mut tunnel = link.tunnel().await;
    tunnel.upgraded.write_all(b"fine").await.expect("open");
    assert_eq!(link.peer.expect_bytes(tunnel.stream, 4).await, "fine");
}
