//! Contract 4.7-1, 4.7-2, 4.7-13: status lines and field lines of responses.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use hyper::ext::ReasonPhrase;

use crate::messages::{empty, text, with_field, with_status};
use crate::support::bodies::TestBody;
use crate::support::scripted_h1::{Server, ServerBuilder};

async fn reply_of(tune: fn(&mut ServerBuilder), response: Response<TestBody>) -> String {
    let mut server = Server::tuned(tune);
    server.answer("GET / HTTP/1.1\r\n\r\n", response).await
}

async fn reply(response: Response<TestBody>) -> String {
    reply_of(|_| {}, response).await
}

// Contract 4.7-1.
#[tokio::test(start_paused = true)]
async fn the_phrase_is_that_of_the_status() {
    for (status, line) in [
        (200, "HTTP/1.1 200 OK\r\n"),
        (204, "HTTP/1.1 204 No Content\r\n"),
        (404, "HTTP/1.1 404 Not Found\r\n"),
        (418, "HTTP/1.1 418 I'm a teapot\r\n"),
        (503, "HTTP/1.1 503 Service Unavailable\r\n"),
        (299, "HTTP/1.1 299 <none>\r\n"),
        (999, "HTTP/1.1 999 <none>\r\n"),
    ] {
        let said = reply(with_status(status, empty())).await;
        assert!(said.starts_with(line), "{said}");
    }
}

// Contract 4.7-1, 1.4-2.
#[tokio::test(start_paused = true)]
async fn a_reason_phrase_of_the_services_own_is_written() {
    let phrases: [&'static [u8]; 4] = [b"Fine", b"", b"tab\tand space", b"OK"];
    for phrase in phrases {
        let mut response = empty();
        response
            .extensions_mut()
            .insert(ReasonPhrase::from_static(phrase));
        let said = reply(response).await;
        let phrase = String::from_utf8_lossy(phrase);
        let line = format!("HTTP/1.1 200 {phrase}\r\n");
        assert!(said.starts_with(&line), "{said}");
    }
}

// Contract 4.7-1: bytes above ASCII too.
#[tokio::test(start_paused = true)]
async fn a_reason_phrase_may_hold_bytes_above_ascii() {
    let mut response = with_status(404, empty());
    let phrase = ReasonPhrase::try_from(&b"\xe4\xff"[..]).expect("obs-text is allowed");
    response.extensions_mut().insert(phrase);
    let mut server = Server::start();
    server.get().await.respond(response);
    server.peer.expect_bytes(b"HTTP/1.1 404 \xe4\xff\r\n").await;
}

// Contract 4.7-2.
#[tokio::test(start_paused = true)]
async fn fields_come_in_the_maps_order_then_framing_then_date() {
    let mut response = text("hello");
    for (name, value) in [("z", "1"), ("a", "2"), ("server", "x"), ("m", "")] {
        response
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    let said = reply(response).await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK\r\nz: 1\r\na: 2\r\nserver: x\r\nm: \r\ncontent-length: 5\r\ndate: <date>\r\n\r\nhello"
    );
}

// Contract 4.7-2.
#[tokio::test(start_paused = true)]
async fn repeated_fields_are_lines_of_their_own() {
    let response = with_field(
        with_field(empty(), "set-cookie", "a=1"),
        "set-cookie",
        "b=2",
    );
    let said = reply(response).await;
    assert!(
        said.contains("\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"),
        "{said}"
    );
}

// Contract 4.7-2.
#[tokio::test(start_paused = true)]
async fn connection_and_trailer_are_joined_into_one_line() {
    let mut response = crate::messages::with_body(crate::support::bodies::Frames::repeat(1, "x"));
    for (name, value) in [
        ("connection", "a"),
        ("connection", "b"),
        ("trailer", "c"),
        ("trailer", "d"),
        ("transfer-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
    ] {
        response
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
    }
    let said = reply(response).await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK\r\nconnection: a, b\r\ntrailer: c, d\r\ntransfer-encoding: gzip, chunked\r\ndate: <date>\r\n\r\n\
         1\r\nx\r\n0\r\n\r\n"
    );
}

// Contract 4.7-2: values are bytes.
#[tokio::test(start_paused = true)]
async fn values_are_written_as_they_are() {
    let mut response = empty();
    let value = HeaderValue::from_bytes(b"\xff\t\x80 x").expect("a value");
    response.headers_mut().insert("x", value);
    let mut server = Server::start();
    server.get().await.respond(response);
    server
        .peer
        .expect_bytes(b"HTTP/1.1 200 OK\r\nx: \xff\t\x80 x\r\n")
        .await;
}

// Contract 4.7-13.
#[tokio::test(start_paused = true)]
async fn a_date_of_the_services_own_is_kept() {
    let response = with_field(empty(), "date", "Tue, 15 Nov 1994 08:12:31 GMT");
    let mut server = Server::start();
    server.get().await.respond(response);
    let head = server.peer.expect_head().await;
    let dates: Vec<_> = head.all("date").collect();
    assert_eq!(dates, ["Tue, 15 Nov 1994 08:12:31 GMT"]);
}

// Contract 4.7-13, 3.1-11.
#[tokio::test(start_paused = true)]
async fn no_date_is_added_if_the_option_is_off() {
    fn off(builder: &mut ServerBuilder) {
        builder.auto_date_header(false);
    }
    let said = reply_of(off, empty()).await;
    assert_eq!(said, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

// Contract 4.7-13: at most about a second old.
#[tokio::test(start_paused = true)]
async fn the_date_is_the_current_one() {
    let mut server = Server::start();
    server.get().await.respond(empty());
    let before = std::time::SystemTime::now() - Duration::from_secs(2);
    let head = server.peer.expect_head().await;
    let date = head.get("date").expect("a date");
    let after = std::time::SystemTime::now() + Duration::from_secs(1);
    let day = |time: std::time::SystemTime| {
        let since = time
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        since.as_secs()
    };
    let said = seconds_of_day(date);
    let age = (day(after) - day(before)).max(1);
    let distance = (day(after) % 86_400 + 86_400 - said) % 86_400;
    assert!(distance <= age, "{date} is {distance} s behind");
}

fn seconds_of_day(date: &str) -> u64 {
    let time = date.split(' ').nth(4).expect("a time of day");
    let parts = time
        .split(':')
        .map(|part| part.parse::<u64>().expect("digits"));
    parts.fold(0, |sum, part| sum * 60 + part)
}

// Contract 4.7-1.
#[tokio::test(start_paused = true)]
async fn any_status_from_200_is_written() {
    let mut server = Server::start();
    for code in [200, 206, 226, 300, 307, 400, 451, 500, 511, 600, 999] {
        let call = server.get().await;
        let mut response = empty();
        *response.status_mut() = StatusCode::from_u16(code).expect("a status");
        call.respond(response);
        assert_eq!(server.peer.expect_head().await.status(), code);
    }
}

// Contract 4.7-2: a large head is written whole.
#[tokio::test(start_paused = true)]
async fn a_head_larger_than_any_buffer_is_written_whole() {
    let mut response = text("end");
    for n in 0..2_000 {
        let name = HeaderName::try_from(format!("x-{n}")).expect("a name");
        let value = HeaderValue::try_from("v".repeat(500)).expect("a value");
        response.headers_mut().insert(name, value);
    }
    let mut server = Server::start();
    server.get().await.respond(response);
    let said = server.peer.settled_text().await;
    assert!(said.len() > 1_000_000);
    assert!(said.ends_with("\r\n\r\nend"));
    assert_eq!(said.matches("\r\nx-").count(), 2_000);
    server.assert_usable().await;
}
