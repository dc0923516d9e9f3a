//! Contract 4.7-14: trailers of responses.

use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::messages::{with_body, with_field};
use crate::support::bodies::{Frames, TestBody};
use crate::support::scripted_h1::{Server, ServerBuilder};

fn trailers(fields: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::try_from(*name).expect("a name");
        map.append(name, HeaderValue::try_from(*value).expect("a value"));
    }
    map
}

/// A response of "x" and trailers, which it announces in `Trailer` lines.
fn announcing(announced: &[&'static str], fields: &[(&str, &str)]) -> Response<TestBody> {
    let body = Frames::repeat(1, "x").with_trailers(trailers(fields));
    let response = with_body(body);
    announced.iter().fold(response, |response, value| {
        with_field(response, "trailer", value)
    })
}

/// What follows the data, to a request whose head has `lines`.
async fn end_of(tune: fn(&mut ServerBuilder), lines: &str, response: Response<TestBody>) -> String {
    let mut server = Server::tuned(tune);
    let request = format!("GET / HTTP/1.1\r\n{lines}\r\n");
    let said = server.answer(request, response).await;
    assert!(!server.peer.has_ended());
    server.assert_usable().await;
    let (_, body) = said.split_once("\r\n\r\n").expect("a head");
    body.strip_prefix("1\r\nx\r\n")
        .expect("the data")
        .to_owned()
}

async fn end(lines: &str, response: Response<TestBody>) -> String {
    end_of(|_| {}, lines, response).await
}

const TE: &str = "te: trailers\r\n";

#[tokio::test(start_paused = true)]
async fn trailers_that_are_wanted_and_announced_are_sent() {
    let response = announcing(&["a, b"], &[("a", "1"), ("b", "2")]);
    assert_eq!(end(TE, response).await, "0\r\na: 1\r\nb: 2\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn announcements_may_stand_on_lines_of_their_own_in_any_case() {
    let response = announcing(&["A", "x , B"], &[("a", "1"), ("b", "2")]);
    assert_eq!(end(TE, response).await, "0\r\na: 1\r\nb: 2\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_line_with_bytes_beyond_ascii_wants_no_trailers() {
    let response = || announcing(&["a"], &[("a", "1")]);
    let opaque = "te: \u{e9}, trailers\r\n";
    assert_eq!(end(opaque, response()).await, "0\r\n\r\n");
    let lines = format!("{opaque}{TE}");
    assert_eq!(end(&lines, response()).await, "0\r\na: 1\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn repeated_trailers_are_sent_in_order() {
    let response = announcing(&["a"], &[("a", "1"), ("a", "2")]);
    assert_eq!(end(TE, response).await, "0\r\na: 1\r\na: 2\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_trailers_token_is_found_in_any_te_line_in_any_case() {
    for lines in [
        "TE: trailers\r\n",
        "te: Trailers\r\n",
        "te: gzip, trailers\r\n",
        "te: trailers, deflate;q=0.5\r\n",
        "te: gzip\r\nte: trailers\r\n",
    ] {
        let response = announcing(&["a"], &[("a", "1")]);
        assert_eq!(end(lines, response).await, "0\r\na: 1\r\n\r\n", "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_that_are_not_wanted_are_not_sent() {
    for lines in [
        "",
        "te: gzip\r\n",
        "te: trailersx\r\n",
        "te:\r\n",
        "trailer: a\r\n",
    ] {
        let response = announcing(&["a"], &[("a", "1")]);
        assert_eq!(end(lines, response).await, "0\r\n\r\n", "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_that_are_not_announced_are_not_sent() {
    let response = announcing(&[], &[("a", "1")]);
    assert_eq!(end(TE, response).await, "0\r\n\r\n");
    let response = announcing(&["b"], &[("a", "1"), ("b", "2")]);
    assert_eq!(end(TE, response).await, "0\r\nb: 2\r\n\r\n");
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
        let response = announcing(&[name, "ok"], &[(name, "1"), ("ok", "2")]);
        assert_eq!(end(TE, response).await, "0\r\nok: 2\r\n\r\n", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sized_body_has_no_trailers() {
    let mut server = Server::start();
    let body = Frames::repeat(1, "x").with_trailers(trailers(&[("a", "1")]));
    let response = with_field(with_body(body), "trailer", "a");
    let response = with_field(response, "content-length", "1");
    let request = "GET / HTTP/1.1\r\nte: trailers\r\n\r\n";
    let said = server.answer(request, response).await;
    assert!(said.ends_with("\r\n\r\nx"), "{said}");
    server.assert_usable().await;
}

#[tokio::test(start_paused = true)]
async fn a_1_0_response_has_no_trailers() {
    let mut server = Server::start();
    let response = announcing(&["a"], &[("a", "1")]);
    let request = "GET / HTTP/1.0\r\nte: trailers\r\n\r\n";
    let said = server.answer(request, response).await;
    assert!(said.ends_with("\r\n\r\nx"), "{said}");
    assert!(server.peer.has_ended());
}

#[tokio::test(start_paused = true)]
async fn trailers_without_data_are_sent() {
    let mut server = Server::start();
    let body = Frames::of([]).with_trailers(trailers(&[("a", "1")]));
    let response = with_field(with_body(body), "trailer", "a");
    let request = "GET / HTTP/1.1\r\nte: trailers\r\n\r\n";
    let said = server.answer(request, response).await;
    assert!(said.ends_with("\r\n\r\n0\r\na: 1\r\n\r\n"), "{said}");
    server.assert_usable().await;
}

#[tokio::test(start_paused = true)]
async fn title_case_applies_to_trailers() {
    fn title_case(builder: &mut ServerBuilder) {
        builder.title_case_headers(true);
    }
    let response = announcing(&["x-checksum"], &[("x-checksum", "1")]);
    let end = end_of(title_case, TE, response).await;
    assert_eq!(end, "0\r\nX-Checksum: 1\r\n\r\n");
}
