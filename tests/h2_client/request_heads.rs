//! Contract 6.3-4, 6.1-2, 1.4-2, 1.4-3, 1.4-5: what of a request's head reaches the wire.

use std::sync::Arc;

#[cfg(feature = "http1")]
use hyper::ext::ReasonPhrase;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Uri, Version};

use crate::client::{cause_text, failure, get, h2_cause, kind, link, response, RawLink, URI};
use crate::support::scripted_h2::Fields;
use crate::support::tunnels::TestBody;

/// Sends `request`, answers it and returns its head as received.
async fn received(link: &mut RawLink, request: Request<TestBody>) -> Fields {
    let answer = link.hyper.requests().send_request(request);
    let (stream, fields) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "204")])
        .await;
    response(answer).await;
    fields
}

fn with_headers(lines: &[(&'static str, &'static [u8])]) -> Request<TestBody> {
    let mut request = get();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value).expect("a legal value");
        let name = HeaderName::from_static(name);
        request.headers_mut().append(name, value);
    }
    request
}

fn ordinary(fields: &Fields) -> Vec<(&str, &str)> {
    let lines = fields.0.iter().filter(|(name, _)| !name.starts_with(':'));
    let mut lines: Vec<_> = lines.map(|(n, v)| (n.as_str(), v.as_str())).collect();
    lines.sort_unstable();
    lines
}

// Contract 6.3-4.
#[tokio::test(start_paused = true)]
async fn an_absolute_uri_becomes_the_pseudo_headers() {
    let mut link = link().await;
    let fields = received(&mut link, get()).await;
    assert_eq!(fields.get(":method"), Some("GET"));
    assert_eq!(fields.get(":scheme"), Some("http"));
    assert_eq!(fields.get(":authority"), Some("server.example"));
    assert_eq!(fields.get(":path"), Some("/path?query"));
    assert_eq!(ordinary(&fields), []);

    let mut secure = get();
    *secure.uri_mut() = Uri::from_static("https://server.example:8443");
    let fields = received(&mut link, secure).await;
    assert_eq!(fields.get(":scheme"), Some("https"));
    assert_eq!(fields.get(":authority"), Some("server.example:8443"));
    assert_eq!(fields.get(":path"), Some("/"));
}

// Contract 6.3-4.
#[tokio::test(start_paused = true)]
async fn a_host_header_is_sent_as_given_next_to_the_authority() {
    let mut link = link().await;
    let fields = received(&mut link, with_headers(&[("host", b"other.example")])).await;
    assert_eq!(fields.get(":authority"), Some("server.example"));
    assert_eq!(fields.get("host"), Some("other.example"));
}

// Contract 6.3-4.
#[tokio::test(start_paused = true)]
async fn a_relative_uri_of_version_2_fails_the_request_only() {
    let mut link = link().await;
    let mut relative = get();
    *relative.uri_mut() = Uri::from_static("/relative");
    *relative.version_mut() = Version::HTTP_2;
    let failed = failure(link.hyper.requests().send_request(relative)).await;
    assert_eq!(kind(&failed), "Http2");
    h2_cause(&failed);
    assert!(cause_text(&failed).contains("request URI missing scheme and authority"));
    received(&mut link, get()).await;
}

// Contract 6.3-4.
#[tokio::test(start_paused = true)]
async fn a_relative_uri_of_version_1_is_sent_without_authority() {
    let mut link = link().await;
    for version in [Version::HTTP_10, Version::HTTP_11] {
        let mut relative = get();
        *relative.uri_mut() = Uri::from_static("/relative");
        *relative.version_mut() = version;
        let fields = received(&mut link, relative).await;
        assert_eq!(fields.get(":scheme"), Some("http"));
        assert_eq!(fields.get(":authority"), None);
        assert_eq!(fields.get(":path"), Some("/relative"));
    }
}

// Contract 6.3-4: any version will do with an absolute URI.
#[tokio::test(start_paused = true)]
async fn the_version_of_an_absolute_request_does_not_matter() {
    let mut link = link().await;
    for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
        let mut request = get();
        *request.version_mut() = version;
        let fields = received(&mut link, request).await;
        assert_eq!(fields.get(":authority"), Some("server.example"));
    }
}

// Contract 6.1-2.
#[tokio::test(start_paused = true)]
async fn connection_headers_are_taken_out_and_others_kept() {
    let mut link = link().await;
    let request = with_headers(&[
        ("connection", b"x-hop, close"),
        ("x-hop", b"1"),
        ("keep-alive", b"5"),
        ("proxy-connection", b"keep-alive"),
        ("transfer-encoding", b"chunked"),
        ("upgrade", b"websocket"),
        ("trailer", b"sum"),
        ("x-end", b"2"),
    ]);
    let fields = received(&mut link, request).await;
    assert_eq!(ordinary(&fields), [("trailer", "sum"), ("x-end", "2")]);
}

// Contract 6.1-2, without oddity 18: every line counts.
#[tokio::test(start_paused = true)]
async fn every_connection_line_is_looked_at() {
    let mut link = link().await;
    let request = with_headers(&[
        ("connection", b"x-one"),
        ("connection", b"X-Two , x-three"),
        ("x-one", b"1"),
        ("x-two", b"2"),
        ("x-three", b"3"),
        ("x-four", b"4"),
    ]);
    let fields = received(&mut link, request).await;
    assert_eq!(ordinary(&fields), [("x-four", "4")]);
}

// Contract 6.1-2.
#[tokio::test(start_paused = true)]
async fn a_connection_header_that_is_not_text_does_no_harm() {
    let mut link = link().await;
    let request = with_headers(&[("connection", b"\xe4\xf6, x-hop"), ("x-end", b"2")]);
    let fields = received(&mut link, request).await;
    assert_eq!(ordinary(&fields), [("x-end", "2")]);
}

// Contract 6.1-2; tonic depends on it (9-8).
#[tokio::test(start_paused = true)]
async fn te_is_kept_only_where_it_asks_for_trailers() {
    let mut link = link().await;
    let fields = received(&mut link, with_headers(&[("te", b"trailers")])).await;
    assert_eq!(ordinary(&fields), [("te", "trailers")]);
    let fields = received(&mut link, with_headers(&[("te", b"gzip")])).await;
    assert_eq!(ordinary(&fields), []);
    let fields = received(&mut link, with_headers(&[("te", b"deflate;q=0.5")])).await;
    assert_eq!(ordinary(&fields), []);
}

// Contract 6.1-2, without oddity 18: no line but `trailers` gets through, wherever it stands.
#[tokio::test(start_paused = true)]
async fn every_te_line_is_looked_at() {
    let mut link = link().await;
    let lines: [&[(&'static str, &'static [u8])]; 2] = [
        &[("te", b"gzip"), ("te", b"trailers")],
        &[("te", b"trailers"), ("te", b"gzip")],
    ];
    for lines in lines {
        let fields = received(&mut link, with_headers(lines)).await;
        let values = ordinary(&fields);
        assert!(values.iter().all(|line| *line == ("te", "trailers")));
    }
}

// Contract 6.3-4: repeated lines stay apart, in order.
#[tokio::test(start_paused = true)]
async fn repeated_headers_are_all_sent() {
    let mut link = link().await;
    let fields = received(&mut link, with_headers(&[("a", b"1"), ("a", b"2")])).await;
    assert_eq!(ordinary(&fields), [("a", "1"), ("a", "2")]);
}

// Contract 1.4-5, 1.4-2.
#[tokio::test(start_paused = true)]
async fn extensions_of_a_request_are_dropped_with_its_head() {
    let mut link = link().await;
    let token = Arc::new(());
    let mut request = get();
    request.extensions_mut().insert(token.clone());
    #[cfg(feature = "http1")]
    request
        .extensions_mut()
        .insert(ReasonPhrase::from_static(b"Whatever"));
    let answer = link.hyper.requests().send_request(request);
    let (stream, fields) = link.peer.expect_request().await;
    assert_eq!(ordinary(&fields), []);
    assert_eq!(Arc::strong_count(&token), 1);
    link.peer
        .send_last_headers(stream, &[(":status", "200")])
        .await;
    let response = response(answer).await;
    assert!(response.extensions().get::<Arc<()>>().is_none());
    #[cfg(feature = "http1")]
    assert!(response.extensions().get::<ReasonPhrase>().is_none());
}

// Contract 6.1-6.
#[tokio::test(start_paused = true)]
async fn every_response_is_of_version_2() {
    let mut link = link().await;
    let mut request = get();
    *request.version_mut() = Version::HTTP_11;
    let answer = link.hyper.requests().send_request(request);
    let (stream, _) = link.peer.expect_request().await;
    link.peer
        .send_last_headers(stream, &[(":status", "418"), ("a", "b"), ("a", "c")])
        .await;
    let response = response(answer).await;
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.status(), 418);
    let values: Vec<_> = response.headers().get_all("a").iter().collect();
    assert_eq!(values, ["b", "c"]);
}

// Contract 6.1-2: a long head goes out in as many frames as it takes.
#[tokio::test(start_paused = true)]
async fn a_head_larger_than_a_frame_is_continued() {
    let mut link = link().await;
    let long = "x".repeat(40_000);
    let mut request = get();
    let value = HeaderValue::from_str(&long).expect("a legal value");
    request.headers_mut().insert("long", value);
    let fields = received(&mut link, request).await;
    assert_eq!(fields.get("long"), Some(&*long));
    assert!(URI.ends_with(fields.get(":path").expect("a path")));
}
