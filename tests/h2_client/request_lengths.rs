//! Contract 6.3-5, 7.1-8: what a request says about its body's length, and where its stream ends.

use hyper::{Method, Request};

use crate::client::{full, get, link, post, request, response, RawLink};
use crate::support::bodies::Frames;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{empty_body, test_body, TestBody};

/// How a request arrived: its content-length, whether its head ended the stream, and what frames followed.
struct Arrival {
    content_length: Option<String>,
    ended_with_head: bool,
    body: Vec<(usize, bool)>,
}

async fn arrival(link: &mut RawLink, request: Request<TestBody>) -> Arrival {
    let answer = link.hyper.requests().send_request(request);
    let (mut ended_with_head, mut content_length, mut body) = (false, None, Vec::new());
    let mut decoder = crate::support::scripted_h2::Decoder::default();
    let mut stream = 0;
    for frame in link.peer.settled_frames().await {
        stream = frame.stream();
        match frame {
            Frame::Headers {
                block, end_stream, ..
            } => {
                ended_with_head = end_stream;
                let fields = decoder.decode(&block);
                content_length = fields.get("content-length").map(str::to_owned);
            }
            Frame::Data {
                payload,
                end_stream,
                ..
            } => body.push((payload.len(), end_stream)),
            other => panic!("unexpected: {other:?}"),
        }
    }
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(answer).await;
    Arrival {
        content_length,
        ended_with_head,
        body,
    }
}

/// The arrival of a connection's first request, for which no header table is needed.
async fn first(request: Request<TestBody>) -> Arrival {
    arrival(&mut link().await, request).await
}

// Contract 6.3-5.
#[tokio::test(start_paused = true)]
async fn an_empty_body_has_a_length_unless_the_method_has_usually_none() {
    let length_of_nothing = [
        (Method::GET, None),
        (Method::HEAD, None),
        (Method::DELETE, None),
        (Method::POST, Some("0")),
        (Method::PUT, Some("0")),
        (Method::PATCH, Some("0")),
        (Method::OPTIONS, Some("0")),
    ];
    for (method, length) in length_of_nothing {
        let arrival = first(request(method.clone(), empty_body())).await;
        assert_eq!(arrival.content_length.as_deref(), length, "{method}");
        assert!(arrival.ended_with_head, "{method}");
        assert_eq!(arrival.body, [], "{method}");
    }
}

// Contract 6.3-5.
#[tokio::test(start_paused = true)]
async fn a_body_of_known_length_announces_it_whatever_the_method() {
    for method in [Method::GET, Method::HEAD, Method::DELETE, Method::POST] {
        let arrival = first(request(method.clone(), test_body(full("12345")))).await;
        assert_eq!(arrival.content_length.as_deref(), Some("5"), "{method}");
        assert!(!arrival.ended_with_head, "{method}");
        assert_eq!(arrival.body, [(5, true)], "{method}");
    }
}

// Contract 6.3-5.
#[tokio::test(start_paused = true)]
async fn a_body_of_unknown_length_announces_none() {
    let arrival = first(post(Frames::repeat(1, "12345"))).await;
    assert_eq!(arrival.content_length, None);
    assert!(!arrival.ended_with_head);
    assert_eq!(arrival.body[0].0, 5);
    assert!(arrival.body.last().expect("data").1);
}

// Contract 6.3-5.
#[tokio::test(start_paused = true)]
async fn the_callers_own_content_length_is_kept() {
    let mut request = post(Frames::repeat(1, "12345"));
    let length = hyper::header::HeaderValue::from_static("5");
    request.headers_mut().insert("content-length", length);
    let arrival = first(request).await;
    assert_eq!(arrival.content_length.as_deref(), Some("5"));

    let mut request = get();
    let length = hyper::header::HeaderValue::from_static("0");
    request.headers_mut().insert("content-length", length);
    assert_eq!(first(request).await.content_length.as_deref(), Some("0"));
}

// Contract 7.1-8: a received body says what is left of it.
#[tokio::test(start_paused = true)]
async fn a_received_body_sent_on_keeps_its_length() {
    let mut upstream = link().await;
    let answer = upstream.hyper.requests().send_request(get());
    let (stream, _) = upstream.peer.expect_request().await;
    upstream
        .peer
        .send_headers(stream, &[(":status", "200"), ("content-length", "7")])
        .await;
    upstream.peer.send_last_data(stream, "forward").await;
    let body = response(answer).await.into_body();

    let arrival = first(post(body)).await;
    assert_eq!(arrival.content_length.as_deref(), Some("7"));
    assert_eq!(arrival.body.iter().map(|(len, _)| len).sum::<usize>(), 7);
    assert!(arrival.body.last().expect("data").1);
}

// Contract 7.1-8.
#[tokio::test(start_paused = true)]
async fn a_received_empty_body_sent_on_ends_the_head() {
    let mut upstream = link().await;
    let answer = upstream.hyper.requests().send_request(get());
    let (stream, _) = upstream.peer.expect_request().await;
    upstream
        .peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    let body = response(answer).await.into_body();

    let arrival = first(request(Method::GET, test_body(body))).await;
    assert!(arrival.ended_with_head);
    assert_eq!(arrival.content_length, None);
}
