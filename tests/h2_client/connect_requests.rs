//! Contract 6.4-4: CONNECT requests and the answers that open a tunnel. What happens in the tunnel is another target's matter.

use h2::Reason;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::header::HeaderValue;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Uri};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{assert_usable, failure, full, kind, link, response, RawLink};
use crate::support::bodies::Frames;
use crate::support::scripted_h2::Frame;
use crate::support::tokio_rt::TokioIo;
use crate::support::tunnels::{connect_request, test_body, TestBody, AUTHORITY};
use crate::support::virtual_timer::{expect_soon, run_until_idle, CountPolls};

fn connect_with(body: TestBody) -> Request<TestBody> {
    let request = Request::builder().method(Method::CONNECT);
    let request = request.uri(Uri::from_static(AUTHORITY)).body(body);
    request.expect("the parts are valid")
}

fn with_length(mut request: Request<TestBody>, length: &'static str) -> Request<TestBody> {
    let length = HeaderValue::from_static(length);
    request.headers_mut().insert("content-length", length);
    request
}

/// The frames of a connection's first request.
async fn frames_of(link: &mut RawLink, request: Request<TestBody>) -> Vec<Frame> {
    let answer = link.hyper.requests().send_request(request);
    let frames = link.peer.settled_frames().await;
    // Not before: dropping it gives the request up.
    drop(answer);
    frames
}

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn a_connect_is_sent_without_end_scheme_path_or_length() {
    let mut link = link().await;
    let _answer = link.hyper.requests().send_request(connect_request());
    let (stream, fields) = link.peer.expect_request().await;
    let method = (":method".to_owned(), "CONNECT".to_owned());
    let authority = (":authority".to_owned(), AUTHORITY.to_owned());
    assert_eq!(fields.0, [method, authority]);
    assert_eq!(stream, 1);
}

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn a_connect_never_ends_its_stream_with_the_head() {
    let frames = frames_of(&mut link().await, connect_request()).await;
    let [Frame::Headers { end_stream, .. }] = &frames[..] else {
        panic!("only HEADERS: {frames:?}")
    };
    assert!(!end_stream);
}

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn a_body_of_unknown_length_is_left_out() {
    let (body, polls) = CountPolls::new(Frames::repeat(3, "ignored"));
    let frames = frames_of(&mut link().await, connect_with(test_body(body))).await;
    assert!(matches!(&frames[..], [Frame::Headers { .. }]));
    assert_eq!(polls.get(), 0);
}

// Contract 6.4-4, 2.1-3.
#[tokio::test(start_paused = true)]
async fn a_connect_with_content_is_refused_and_not_sent() {
    let mut link = link().await;
    let refused = [
        connect_with(test_body(full("content"))),
        with_length(connect_request(), "7"),
    ];
    for request in refused {
        let failed = failure(link.hyper.requests().send_request(request)).await;
        assert_eq!(kind(&failed), "User(InvalidConnectWithBody)");
        assert!(failed.is_user());
        let text = "user sent CONNECT request with non-zero body";
        assert_eq!(failed.to_string(), text);
    }
    assert!(link.peer.settled_frames().await.is_empty());
    assert_usable(&mut link).await;
}

// Contract 6.4-4: zero is no content.
#[tokio::test(start_paused = true)]
async fn a_connect_that_announces_nothing_is_sent() {
    let mut link = link().await;
    let frames = frames_of(&mut link, with_length(connect_request(), "0")).await;
    assert!(matches!(&frames[..], [Frame::Headers { .. }]));
}

// Contract 6.4-4, with the difference that any 2xx opens a tunnel.
#[tokio::test(start_paused = true)]
async fn any_2xx_answer_opens_the_tunnel() {
    for status in ["200", "201", "202", "204", "206", "299"] {
        let mut link = link().await;
        let answer = link.hyper.requests().send_request(connect_request());
        let (stream, _) = link.peer.expect_request().await;
        link.peer.send_headers(stream, &[(":status", status)]).await;
        let mut response = response(answer).await;
        assert_eq!(response.status().as_str(), status);
        assert!(response.body().is_end_stream());
        assert_eq!(response.body().size_hint().exact(), Some(0));
        assert!(response.extensions().get::<OnUpgrade>().is_some());

        let on_upgrade = hyper::upgrade::on(&mut response);
        assert!(response.extensions().get::<OnUpgrade>().is_none());
        let upgraded = expect_soon("the tunnel", on_upgrade).await;
        let mut tunnel = TokioIo::new(upgraded.expect("a tunnel"));
        tunnel.write_all(b"up").await.expect("open");
        assert_eq!(link.peer.expect_bytes(stream, 2).await, "up");
        link.peer.send_last_data(stream, "down").await;
        let mut read = Vec::new();
        tunnel.read_to_end(&mut read).await.expect("EOF");
        assert_eq!(read, b"down");
        assert!(response.body_mut().frame().await.is_none());
    }
}

// Contract 6.4-4: the response's headers are the caller's to read.
#[tokio::test(start_paused = true)]
async fn the_head_of_the_answer_is_delivered() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_headers(stream, &[(":status", "200"), ("via", "2 proxy")])
        .await;
    let response = response(answer).await;
    assert_eq!(response.headers()["via"], "2 proxy");
    assert_eq!(response.version(), hyper::Version::HTTP_2);
}

// Contract 6.4-4.
#[tokio::test(start_paused = true)]
async fn an_answer_that_announces_content_is_refused() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_headers(stream, &[(":status", "200"), ("content-length", "5")])
        .await;
    let failed = failure(answer).await;
    assert!(!failed.is_canceled());
    assert_eq!(kind(&failed), "Http2");
    assert_eq!(link.peer.expect_reset(stream).await, Reason::INTERNAL_ERROR);
    run_until_idle().await;
    assert_usable(&mut link).await;
}

// Contract 6.4-4: zero is no content.
#[tokio::test(start_paused = true)]
async fn an_answer_that_announces_nothing_opens_the_tunnel() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(connect_request());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_headers(stream, &[(":status", "200"), ("content-length", "0")])
        .await;
    let response = response(answer).await;
    let tunnel = expect_soon("the tunnel", hyper::upgrade::on(response)).await;
    tunnel.expect("a tunnel");
}

// Contract 1.4-1: only a CONNECT can become a tunnel.
#[tokio::test(start_paused = true)]
async fn an_ordinary_response_has_no_tunnel() {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(crate::client::get());
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    let response = response(answer).await;
    assert!(response.extensions().get::<OnUpgrade>().is_none());
    let failed = hyper::upgrade::on(response).await.expect_err("no tunnel");
    assert_eq!(kind(&failed), "User(NoUpgrade)");
}
