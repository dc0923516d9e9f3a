//! Contract 6.1-6: responses of class 1xx are not the response.

use http_body_util::BodyExt;

use crate::client::{full, get, link, post, response};
use crate::support::virtual_timer::settle;

// Contract 6.1-6.
#[tokio::test(start_paused = true)]
async fn informational_responses_are_passed_over() {
    let mut link = link().await;
    let mut answer = Box::pin(link.hyper.requests().send_request(get()));
    let (stream, _) = link.peer.expect_request().await;
    for status in ["100", "103", "103"] {
        let hints = [(":status", status), ("link", "</style.css>")];
        link.peer.send_headers(stream, &hints).await;
        assert!(settle(&mut answer).await.is_pending());
    }
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    link.peer.send_last_data(stream, "final").await;
    let response = response(answer).await;
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("link"));
    let body = response.into_body().collect().await.expect("no error");
    assert_eq!(body.to_bytes(), "final");
}

// Contract 6.1-6: the body does not wait for 100.
#[tokio::test(start_paused = true)]
async fn a_request_that_expects_100_sends_its_body_at_once() {
    let mut link = link().await;
    let mut request = post(full("body"));
    let value = hyper::header::HeaderValue::from_static("100-continue");
    request.headers_mut().insert("expect", value);
    let answer = link.hyper.requests().send_request(request);
    let (stream, fields) = link.peer.expect_request().await;
    assert_eq!(fields.get("expect"), Some("100-continue"));
    assert_eq!(link.peer.read_to_end(stream).await, "body");
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    response(answer).await;
}
