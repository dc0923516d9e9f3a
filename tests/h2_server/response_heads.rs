//! Contract 6.2-4, 6.1-2, 3.3-7: the head of a response on the wire.

use http::header::HeaderValue;

use crate::messages::{empty, text, with_body, with_field, with_status};
use crate::server::{server, tuned};
use crate::support::bodies::Frames;
use crate::support::scripted_h2::{Fields, Frame};

fn values<'a>(fields: &'a Fields, name: &str) -> Vec<&'a str> {
    let lines = fields.0.iter().filter(|(known, _)| known == name);
    lines.map(|(_, value)| value.as_str()).collect()
}

// Contract 6.2-4, 3.3-7: an IMF-fixdate (RFC 9110, section 5.6.7).
#[tokio::test(start_paused = true)]
async fn a_date_is_added() {
    let mut server = server().await;
    let fields = server.answered(1, empty()).await;
    let date = fields.get("date").expect("a date");
    assert_eq!(date.len(), "Sun, 06 Nov 1994 08:49:37 GMT".len());
    assert!(date.ends_with(" GMT") && date[3..].starts_with(", "));
}

// Contract 6.2-4.
#[tokio::test(start_paused = true)]
async fn a_date_of_the_services_own_is_kept() {
    let mut server = server().await;
    let response = with_field(empty(), "date", "long ago");
    let fields = server.answered(1, response).await;
    assert_eq!(values(&fields, "date"), ["long ago"]);
}

// Contract 3.3-7.
#[tokio::test(start_paused = true)]
async fn no_date_is_added_when_that_is_switched_off() {
    let mut server = tuned(|builder| {
        builder.auto_date_header(false);
    })
    .await;
    let fields = server.answered(1, empty()).await;
    assert_eq!(fields.0.len(), 1, "nothing but the status: {fields:?}");
}

// Contract 6.2-4.
#[tokio::test(start_paused = true)]
async fn the_length_of_a_body_of_known_size_is_announced() {
    let mut server = server().await;
    let fields = server.answered(1, text("12345")).await;
    assert_eq!(values(&fields, "content-length"), ["5"]);
    assert_eq!(server.peer.expect_data(1).await.0, "12345");
}

// Contract 6.2-4.
#[tokio::test(start_paused = true)]
async fn the_length_of_a_body_of_unknown_size_is_not_announced() {
    let mut server = server().await;
    let fields = server
        .answered(1, with_body(Frames::repeat(1, "12345")))
        .await;
    assert_eq!(fields.get("content-length"), None);
    assert_eq!(server.peer.read_to_end(1).await, "12345");
}

// Contract 6.2-4.
#[tokio::test(start_paused = true)]
async fn a_body_that_has_ended_makes_a_head_with_end_stream_and_no_length() {
    let mut server = server().await;
    server.get(1).await.respond(empty());
    let frames = server.peer.settled_frames().await;
    let [Frame::Headers {
        end_stream, block, ..
    }] = &frames[..]
    else {
        panic!("HEADERS alone, not {frames:?}")
    };
    assert!(end_stream);
    let mut decoder = crate::support::scripted_h2::Decoder::default();
    assert_eq!(decoder.decode(block).get("content-length"), None);
}

// Contract 6.2-4.
#[tokio::test(start_paused = true)]
async fn a_length_of_the_services_own_is_never_overridden() {
    let mut server = server().await;
    let body = Frames::repeat(1, "12345");
    let response = with_field(with_body(body), "content-length", "5");
    let fields = server.answered(1, response).await;
    assert_eq!(values(&fields, "content-length"), ["5"]);
    assert_eq!(server.peer.read_to_end(1).await, "12345");

    let response = with_field(text("12345"), "content-length", "05");
    let fields = server.answered(3, response).await;
    assert_eq!(values(&fields, "content-length"), ["05"]);
}

// Contract 6.1-2.
#[tokio::test(start_paused = true)]
async fn fields_of_the_connection_are_taken_out() {
    let mut server = server().await;
    let mut response = text("body");
    for (name, value) in [
        ("connection", "x-hop"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("x-hop", "1"),
        ("x-end", "2"),
        ("trailer", "x-sum"),
    ] {
        response = with_field(response, name, value);
    }
    let fields = server.answered(1, response).await;
    let names: Vec<_> = fields.0.iter().map(|(name, _)| name.as_str()).collect();
    let mut names: Vec<_> = names
        .into_iter()
        .filter(|name| *name != "date" && *name != "content-length")
        .collect();
    names.sort_unstable();
    assert_eq!(names, [":status", "trailer", "x-end"]);
    assert_eq!(server.peer.read_to_end(1).await, "body");
}

// Contract 6.1-2, ODD 18: each line of `connection` is looked at, and each name in it.
#[tokio::test(start_paused = true)]
async fn fields_named_in_any_connection_line_are_taken_out() {
    let mut server = server().await;
    let mut response = empty();
    for (name, value) in [
        ("connection", "X-One, x-two"),
        ("connection", "x-three"),
        ("x-one", "1"),
        ("x-two", "2"),
        ("x-three", "3"),
        ("x-four", "4"),
    ] {
        response = with_field(response, name, value);
    }
    let fields = server.answered(1, response).await;
    for gone in ["connection", "x-one", "x-two", "x-three"] {
        assert_eq!(fields.get(gone), None, "{gone}");
    }
    assert_eq!(fields.get("x-four"), Some("4"));
}

// Contract 6.1-2.
#[tokio::test(start_paused = true)]
async fn a_connection_field_that_is_not_ascii_does_no_harm() {
    let mut server = server().await;
    let mut response = with_field(empty(), "x-end", "1");
    let odd = HeaderValue::from_bytes(b"\xff\xfe, , \x80").expect("obs-text is legal");
    response.headers_mut().insert("connection", odd);
    let fields = server.answered(1, response).await;
    assert_eq!(fields.get("connection"), None);
    assert_eq!(fields.get("x-end"), Some("1"));
    server.assert_usable(3).await;
}

// Contract 6.1-2, ODD 18: not even `trailers`, and no line of it.
#[tokio::test(start_paused = true)]
async fn a_response_never_carries_te() {
    let mut server = server().await;
    let response = with_field(empty(), "te", "trailers");
    let response = with_field(response, "te", "gzip");
    let fields = server.answered(1, response).await;
    assert_eq!(fields.get("te"), None);
}

// Contract 6.2-4: the version a response claims does not matter.
#[tokio::test(start_paused = true)]
async fn the_version_of_a_response_is_of_no_account() {
    let mut server = server().await;
    for (stream, version) in [(1, http::Version::HTTP_10), (3, http::Version::HTTP_11)] {
        let mut response = text("body");
        *response.version_mut() = version;
        assert_eq!(server.answered(stream, response).await.status(), 200);
        assert_eq!(server.peer.read_to_end(stream).await, "body");
    }
}

// Contract 6.2-4: any final status goes out as it is.
#[tokio::test(start_paused = true)]
async fn unusual_statuses_are_sent_as_they_are() {
    let mut server = server().await;
    for (stream, status) in [(1, 299), (3, 418), (5, 599), (7, 999)] {
        let fields = server
            .answered(stream, with_status(status, text("x")))
            .await;
        assert_eq!(fields.status(), status);
    }
}

// Contract 6.1-2: repeated fields stay apart and in order.
#[tokio::test(start_paused = true)]
async fn repeated_fields_are_all_sent() {
    let mut server = server().await;
    let response = with_field(empty(), "set-cookie", "a=1");
    let response = with_field(response, "set-cookie", "b=2");
    let fields = server.answered(1, response).await;
    assert_eq!(values(&fields, "set-cookie"), ["a=1", "b=2"]);
}

// Contract 6.2-4: a length is not added to a body that has ended, and not taken away either.
#[tokio::test(start_paused = true)]
async fn a_length_of_zero_goes_with_a_body_that_has_ended() {
    let mut server = server().await;
    let response = with_field(empty(), "content-length", "0");
    let fields = server.answered(1, response).await;
    assert_eq!(values(&fields, "content-length"), ["0"]);
    assert!(server.peer.settled_frames().await.is_empty());
}
