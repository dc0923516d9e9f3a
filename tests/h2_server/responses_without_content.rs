//! ODD 17: answers that have no content have no DATA, whatever body the service gives them.

use h2::Reason;

use crate::messages::{head, text, with_body, with_field, with_status};
use crate::server::{server, Server};
use crate::support::bodies::{channel, Frames};
use crate::support::scripted_h2::{Decoder, Fields, Frame};
use crate::support::tunnels::TestBody;
use http::{HeaderMap, Response};

/// The answer to a request on stream 1, proved to be a single HEADERS frame with END_STREAM.
async fn bare_head(server: &mut Server, method: &str, response: Response<TestBody>) -> Fields {
    server.request(1, method, &[]).await.respond(response);
    let frames = server.peer.settled_frames().await;
    let [Frame::Headers {
        stream: 1,
        block,
        end_stream: true,
        ..
    }] = &frames[..]
    else {
        panic!("one HEADERS frame with END_STREAM, not {frames:?}")
    };
    Decoder::default().decode(block)
}

fn sum() -> HeaderMap {
    HeaderMap::from_iter([("sum".parse().unwrap(), "42".parse().unwrap())])
}

// ODD 17 (contract 6.2-4, 9-11).
#[tokio::test(start_paused = true)]
async fn an_answer_to_head_keeps_the_length_of_its_body_and_sends_none_of_it() {
    let mut server = server().await;
    let fields = bare_head(&mut server, "HEAD", text("12345")).await;
    assert_eq!(fields.status(), 200);
    assert_eq!(fields.get("content-length"), Some("5"));
}

// ODD 17.
#[tokio::test(start_paused = true)]
async fn an_answer_to_head_with_a_body_of_unknown_size_has_no_length() {
    let mut server = server().await;
    let body = Frames::repeat(3, "data").with_trailers(sum());
    let fields = bare_head(&mut server, "HEAD", with_body(body)).await;
    assert_eq!(fields.get("content-length"), None);
}

// ODD 17, contract 9-11.
#[tokio::test(start_paused = true)]
async fn an_answer_to_head_keeps_a_length_of_the_services_own() {
    let mut server = server().await;
    let response = with_field(crate::messages::empty(), "content-length", "1000");
    let fields = bare_head(&mut server, "HEAD", response).await;
    assert_eq!(fields.get("content-length"), Some("1000"));
}

// ODD 17: the body is not even asked for data.
#[tokio::test(start_paused = true)]
async fn the_body_of_an_answer_to_head_is_dropped_at_once() {
    let mut server = server().await;
    let (sender, body) = channel();
    bare_head(&mut server, "HEAD", with_body(body)).await;
    assert!(sender.is_closed());
    assert_eq!(server.hyper.executor.live(), 1, "the connection alone");
}

// ODD 17 (RFC 9110, sections 8.6 and 15.3.5).
#[tokio::test(start_paused = true)]
async fn status_204_has_neither_content_nor_length() {
    let mut server = server().await;
    let fields = bare_head(&mut server, "GET", with_status(204, text("12345"))).await;
    assert_eq!(fields.status(), 204);
    assert_eq!(fields.get("content-length"), None);
}

// ODD 17: also when the service says otherwise.
#[tokio::test(start_paused = true)]
async fn status_204_loses_a_length_of_the_services_own() {
    let mut server = server().await;
    let response = with_field(with_status(204, text("12345")), "content-length", "5");
    let fields = bare_head(&mut server, "GET", response).await;
    assert_eq!(fields.get("content-length"), None);
}

// ODD 17 (RFC 9110, section 8.6): HEAD makes no difference to that.
#[tokio::test(start_paused = true)]
async fn status_204_has_no_length_in_answer_to_head_either() {
    let mut server = server().await;
    let fields = bare_head(&mut server, "HEAD", with_status(204, text("12345"))).await;
    assert_eq!(fields.get("content-length"), None);
}

// ODD 17 (RFC 9110, section 15.4.5).
#[tokio::test(start_paused = true)]
async fn status_304_has_no_content() {
    let mut server = server().await;
    let fields = bare_head(&mut server, "GET", with_status(304, text("12345"))).await;
    assert_eq!(fields.status(), 304);
}

// ODD 17: a 304 may tell the length the 200 would have had.
#[tokio::test(start_paused = true)]
async fn status_304_keeps_a_length_of_the_services_own() {
    let mut server = server().await;
    let response = with_field(
        with_status(304, crate::messages::empty()),
        "content-length",
        "1000",
    );
    let fields = bare_head(&mut server, "GET", response).await;
    assert_eq!(fields.get("content-length"), Some("1000"));
}

// ODD 17: a streaming body, trailers included, is left out as well.
#[tokio::test(start_paused = true)]
async fn a_streaming_body_of_204_and_304_is_dropped() {
    for status in [204, 304] {
        let mut server = server().await;
        let (sender, body) = channel();
        sender.send_data("data");
        sender.send_trailers(sum());
        bare_head(&mut server, "GET", with_status(status, with_body(body))).await;
        assert!(sender.is_closed());
    }
}

// Contract 2.2, ODD 17: an interim status is not a final answer.
#[tokio::test(start_paused = true)]
async fn an_informational_status_resets_the_stream() {
    let mut server = server().await;
    for (stream, status) in [(1, 100), (3, 101), (5, 103), (7, 199)] {
        let response = with_status(status, crate::messages::empty());
        server.get(stream).await.respond(response);
        let frames = server.peer.settled_frames().await;
        let reset = Frame::Reset {
            stream,
            code: Reason::INTERNAL_ERROR,
        };
        assert_eq!(frames, [reset], "status {status}");
    }
    server.assert_usable(9).await;
}

// ODD 17: CONNECT does not change that.
#[tokio::test(start_paused = true)]
async fn an_informational_status_in_answer_to_connect_resets_the_stream() {
    let mut server = server().await;
    let call = server.connect(1, &[]).await;
    call.respond(with_status(101, crate::messages::empty()));
    assert_eq!(server.peer.expect_reset(1).await, Reason::INTERNAL_ERROR);
    server.assert_usable(3).await;
}

// ODD 17: the same peer may go on asking for content.
#[tokio::test(start_paused = true)]
async fn other_requests_keep_their_content() {
    let mut server = server().await;
    bare_head(&mut server, "HEAD", text("12345")).await;
    for (stream, method) in [(3, "GET"), (5, "POST"), (7, "DELETE"), (9, "OPTIONS")] {
        server
            .peer
            .send_last_headers(stream, &head(method, &[]))
            .await;
        server.hyper.next_call().await.respond(text("12345"));
        // The tables of a connection's header compression are `bare_head`'s no longer.
        let head = server.peer.next_on(stream).await.expect("HEADERS");
        assert!(matches!(
            head,
            Frame::Headers {
                end_stream: false,
                ..
            }
        ));
        assert_eq!(server.peer.read_to_end(stream).await, "12345");
    }
}
