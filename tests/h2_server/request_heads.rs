//! Contract 6.1-6, 6.2-2: what the service sees of a request's head.

use http::{Method, Version};

use crate::messages::head;
use crate::server::server;

/// Without `:authority`.
fn anonymous<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = head("GET", more);
    fields.retain(|(name, _)| *name != ":authority");
    fields
}

// Contract 6.2-2.
#[tokio::test(start_paused = true)]
async fn the_uri_is_made_of_scheme_authority_and_path() {
    let mut server = server().await;
    let call = server.get(1).await;
    assert_eq!(call.request.uri(), "http://server.example/path?query");
    assert_eq!(call.request.method(), Method::GET);
}

// Contract 6.2-2.
#[tokio::test(start_paused = true)]
async fn the_scheme_is_the_one_the_peer_names() {
    let mut server = server().await;
    let mut fields = head("GET", &[]);
    fields[1].1 = "https";
    server.peer.send_last_headers(1, &fields).await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.uri(), "https://server.example/path?query");
}

// Contract 6.2-2.
#[tokio::test(start_paused = true)]
async fn without_an_authority_the_uri_is_the_path_only() {
    let mut server = server().await;
    server.peer.send_last_headers(1, &anonymous(&[])).await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.uri(), "/path?query");
    assert!(call.request.uri().authority().is_none());
}

// Contract 6.2-2.
#[tokio::test(start_paused = true)]
async fn the_asterisk_form_is_kept() {
    let mut server = server().await;
    let mut fields = anonymous(&[]);
    fields[0].1 = "OPTIONS";
    fields[2].1 = "*";
    server.peer.send_last_headers(1, &fields).await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.uri(), "*");
}

// Contract 6.2-2: `host` is not made up.
#[tokio::test(start_paused = true)]
async fn no_host_field_is_synthesised() {
    let mut server = server().await;
    let call = server.get(1).await;
    assert!(call.request.headers().is_empty());
}

// Contract 6.2-2: `host` is not compared with `:authority`, nor does it stand in for it.
#[tokio::test(start_paused = true)]
async fn a_host_field_is_passed_on_as_it_is() {
    let mut server = server().await;
    let call = server
        .request(1, "GET", &[("host", "elsewhere.example")])
        .await;
    assert_eq!(call.request.headers()["host"], "elsewhere.example");
    assert_eq!(call.request.uri().host(), Some("server.example"));

    let fields = anonymous(&[("host", "elsewhere.example")]);
    server.peer.send_last_headers(3, &fields).await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.uri(), "/path?query");
}

// Contract 6.1-6.
#[tokio::test(start_paused = true)]
async fn every_request_is_of_version_2() {
    let mut server = server().await;
    assert_eq!(server.get(1).await.request.version(), Version::HTTP_2);
    assert_eq!(server.post(3, &[]).await.request.version(), Version::HTTP_2);
    let call = server.connect(5, &[]).await;
    assert_eq!(call.request.version(), Version::HTTP_2);
}

// Contract 6.1-1: fields reach the service in order, repeated ones as well; so does `te: trailers`.
#[tokio::test(start_paused = true)]
async fn fields_are_passed_on() {
    let mut server = server().await;
    let call = server
        .request(
            1,
            "PATCH",
            &[("a", "1"), ("te", "trailers"), ("a", "2"), ("b", "")],
        )
        .await;
    let headers = call.request.headers();
    let all: Vec<_> = headers.get_all("a").iter().collect();
    assert_eq!(all, ["1", "2"]);
    assert_eq!(headers["te"], "trailers");
    assert_eq!(headers["b"], "");
    assert_eq!(headers.len(), 4);
    assert_eq!(call.request.method(), Method::PATCH);
}

// Contract 6.1-1: a method of the peer's own making is a method.
#[tokio::test(start_paused = true)]
async fn an_unknown_method_reaches_the_service() {
    let mut server = server().await;
    let call = server.request(1, "BREW", &[]).await;
    assert_eq!(call.request.method().as_str(), "BREW");
}

// Contract 6.1-1: a header block may come in pieces.
#[tokio::test(start_paused = true)]
async fn a_head_over_several_frames_is_one_request() {
    use crate::support::scripted_h2::{encode, Frame};
    let mut server = server().await;
    let block = encode(&head("GET", &[("a", "1")]));
    server
        .peer
        .send(Frame::Headers {
            stream: 1,
            block: block.slice(..20),
            end_stream: true,
            end_headers: false,
        })
        .await;
    server
        .peer
        .send(Frame::Continuation {
            stream: 1,
            block: block.slice(20..),
            end_headers: true,
        })
        .await;
    let call = server.hyper.next_call().await;
    assert_eq!(call.request.headers()["a"], "1");
    assert!(hyper::body::Body::is_end_stream(call.request.body()));
}
