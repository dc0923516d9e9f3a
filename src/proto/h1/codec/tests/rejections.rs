//! What a server says by itself to requests it cannot take.

use bytes::BytesMut;
use http::HeaderValue;

use super::transcript::text;
use crate::proto::h1::codec::{Codec, Receiving, Sending};
use crate::proto::h1::config::{Case, Config, Limits};
use crate::proto::h1::role::Server;

fn rejected(config: &Config, input: &[u8]) -> String {
    let mut codec = Codec::<Server>::new(*config);
    let error = codec
        .receive(&mut BytesMut::from(input))
        .expect_err("the request is malformed");
    let mut dst = BytesMut::new();
    codec.send_rejection(&error, &mut dst);
    assert!(codec.is_closed() && !codec.is_switched());
    assert_eq!(codec.receiving(), Receiving::Closed);
    assert_eq!(codec.sending(), Sending::Closed);
    text(&dst)
}

#[test]
fn malformed_requests_are_answered_by_kind() {
    // 4.2-1, 4.2-2
    let too_long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_534));
    let too_many = format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(101));
    let table: &[(&str, &str)] = &[
        ("G@T / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET ? HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/3.1\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\n:\r\n\r\n", "400 Bad Request"),
        (
            "GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "GET / HTTP/1.1\r\ntransfer-encoding: x\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "GET / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
            "400 Bad Request",
        ),
        (&too_long, "414 URI Too Long"),
        (&too_many, "431 Request Header Fields Too Large"),
    ];
    for (input, status) in table {
        let expected =
            format!("HTTP/1.1 {status}\\r\\nconnection: close\\r\\ncontent-length: 0\\r\\n\\r\\n");
        assert_eq!(rejected(&Config::default(), input.as_bytes()), expected);
    }
}

#[test]
fn a_rejection_has_a_date_and_spells_its_fields_like_any_response() {
    // 4.2-2, 3.1-2
    let config = Config {
        date: Some(|| HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT")),
        case: Case {
            title: true,
            preserve: false,
        },
        ..Config::default()
    };
    assert_eq!(
        rejected(&config, b"?"),
        "HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\
         Date: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n\\r\\n"
    );
}

#[test]
fn a_peer_of_another_protocol_is_told_nothing() {
    // 4.2-4
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    assert_eq!(rejected(&Config::default(), preface), "");
}

#[test]
fn a_head_that_does_not_fit_the_buffer_is_too_large() {
    // 4.1-8
    let config = Config {
        limits: Limits {
            max_buffered: 8192,
            ..Limits::default()
        },
        ..Config::default()
    };
    let input = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(8192 - 19));
    assert_eq!(input.len(), 8192);
    let response = rejected(&config, input.as_bytes());
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    let one_less = &input.as_bytes()[1..];
    let mut codec = Codec::<Server>::new(config);
    assert!(codec.receive(&mut BytesMut::from(one_less)).is_ok());
}
