//! Contract 5.1-7: trailers of requests.

use http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::messages::{post, with_field};
use crate::support::bodies::{test_body, Frames, TestBody};
use crate::support::scripted_h1::{Client, ClientBuilder};

/// A request of "x" and trailers, which it announces in `Trailer` lines.
fn announcing(announced: &[&'static str], fields: &[(&str, &str)]) -> Request<TestBody> {
    let mut trailers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::try_from(*name).expect("a name");
        trailers.append(name, HeaderValue::try_from(*value).expect("a value"));
    }
    let body = Frames::repeat(1, "x").with_trailers(trailers);
    let request = post(test_body(body));
    announced.iter().fold(request, |request, value| {
        with_field(request, "trailer", value)
    })
}

/// What follows the data.
async fn end_of(tune: fn(&mut ClientBuilder), request: Request<TestBody>) -> String {
    let mut client = Client::tuned(tune);
    let exchange = client.send(request);
    let said = client.peer.settled_text().await;
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    client.assert_usable().await;
    let (_, body) = said.split_once("\r\n\r\n").expect("a head");
    body.strip_prefix("1\r\nx\r\n")
        .expect("the data")
        .to_owned()
}

async fn end(request: Request<TestBody>) -> String {
    end_of(|_| {}, request).await
}

// Contract 5.1-7: no TE is needed.
#[tokio::test(start_paused = true)]
async fn trailers_that_are_announced_are_sent() {
    let request = announcing(&["A", "b, c"], &[("a", "1"), ("b", "2"), ("b", "3")]);
    assert_eq!(end(request).await, "0\r\na: 1\r\nb: 2\r\nb: 3\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn trailers_that_are_not_announced_are_not_sent() {
    let request = announcing(&[], &[("a", "1")]);
    assert_eq!(end(request).await, "0\r\n\r\n");
    let request = announcing(&["b"], &[("a", "1"), ("b", "2")]);
    assert_eq!(end(request).await, "0\r\nb: 2\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn fields_that_may_not_be_trailers_are_never_sent() {
    for name in [
        "authorization",
        "cache-control",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "host",
        "max-forwards",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
    ] {
        let request = announcing(&[name, "ok"], &[(name, "1"), ("ok", "2")]);
        assert_eq!(end(request).await, "0\r\nok: 2\r\n\r\n", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sized_body_has_no_trailers() {
    let request = with_field(announcing(&["a"], &[("a", "1")]), "content-length", "1");
    let mut client = Client::start();
    let exchange = client.send(request);
    let said = client.peer.settled_text().await;
    assert!(said.ends_with("\r\n\r\nx"), "{said}");
    client.peer.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    exchange.response().await;
    client.assert_usable().await;
}

#[tokio::test(start_paused = true)]
async fn title_case_applies_to_trailers() {
    fn title_case(builder: &mut ClientBuilder) {
        builder.title_case_headers(true);
    }
    let request = announcing(&["x-checksum"], &[("x-checksum", "1")]);
    let end = end_of(title_case, request).await;
    assert_eq!(end, "0\r\nX-Checksum: 1\r\n\r\n");
}
