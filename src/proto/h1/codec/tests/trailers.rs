//! Trailer sections of requests.

use super::transcript::{check, transcript, Answer};
use crate::proto::h1::config::{Config, Limits};
use crate::proto::h1::role::Server;

fn serves(input: impl AsRef<[u8]>, expected: &[&str]) {
    check::<Server>(
        &Config::default(),
        Answer::With(200),
        input.as_ref(),
        expected,
    );
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{body}")
}

const CHUNKED: &str = "POST / HTTP/1.1 [transfer-encoding: chunked] + chunks";

#[test]
fn trailers_are_one_event_before_the_end() {
    // 4.4-3
    let table: &[(&str, &[&str])] = &[
        ("0\r\na: b\r\n\r\n", &["trailers [a: b]", "end"]),
        ("2\r\nhi\r\n0\r\nA: b\r\nc:\r\na: d\r\n\r\n", &["data hi", "trailers [a: b] [a: d] [c: ]", "end"]),
        // 4.4-4, and better than 8.5: what has no place behind a body does not get there.
        (
            "0\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\ntrailer: a\r\nhost: x\r\na: b\r\nauthorization: c\r\n\r\n",
            &["trailers [a: b]", "end"],
        ),
        ("0\r\ncontent-length: 5\r\n\r\n", &["end"]),
    ];
    for (body, events) in table {
        let mut expected = vec![CHUNKED];
        expected.extend_from_slice(events);
        expected.extend(["GET / HTTP/1.1", "eof"]);
        serves(chunked(body) + "GET / HTTP/1.1\r\n\r\n", &expected);
    }
}

#[test]
fn malformed_trailers_fail_the_body() {
    let table: &[(&str, &str)] = &[
        (
            "0\r\na: b\n\r\n",
            "InvalidInput: trailer section has a bare LF",
        ),
        ("0\r\n\n", "InvalidInput: trailer section has a bare LF"),
        (
            "0\r\na: b\r\n\n",
            "InvalidInput: trailer section has a bare LF",
        ),
        ("0\r\n\rx", "InvalidInput: Invalid chunk end LF"),
        ("0\r\na: b\r\n\rx", "InvalidInput: Invalid chunk end LF"),
        ("0\r\na\r\n\r\n", "InvalidInput: invalid header name"),
        ("0\r\na : b\r\n\r\n", "InvalidInput: invalid header name"),
        ("0\r\n a: b\r\n\r\n", "InvalidInput: invalid header name"),
        (
            "0\r\na: b\r\n c\r\n\r\n",
            "InvalidInput: invalid header name",
        ),
        (
            "0\r\na: b\rc\r\n\r\n",
            "InvalidInput: Invalid trailer end LF",
        ),
        ("0\r\na: \x01\r\n\r\n", "InvalidInput: invalid header value"),
    ];
    for (body, failure) in table {
        serves(
            chunked(body),
            &[CHUNKED, &format!("body failed {failure}"), "closed"],
        );
    }
}

#[test]
fn trailer_sections_are_limited_in_bytes_and_fields() {
    // 4.4-3, 3.1-5, 3.1-6
    let section = |length: usize| format!("a:{}\r\n\r\n", "b".repeat(length - 6));
    let too_large = "body failed InvalidData: chunk trailers bytes over limit";
    let too_many = "body failed InvalidData: chunk trailers count overflow";
    let small = Limits {
        max_header_size: Some(60),
        ..Limits::default()
    };
    let few = Limits {
        max_headers: 2,
        ..Limits::default()
    };
    for (limits, section, failure) in [
        (Limits::default(), section(16_383), None),
        (Limits::default(), section(16_384), Some(too_large)),
        (small, section(59), None),
        (small, section(60), Some(too_large)),
        (Limits::default(), "a:\r\n".repeat(100) + "\r\n", None),
        (
            Limits::default(),
            "a:\r\n".repeat(101) + "\r\n",
            Some(too_many),
        ),
        (few, "a:\r\n".repeat(2) + "\r\n", None),
        (few, "a:\r\n".repeat(3) + "\r\n", Some(too_many)),
    ] {
        let config = Config {
            limits,
            ..Config::default()
        };
        let input = chunked(&format!("0\r\n{section}"));
        let whole = transcript::<Server>(&config, Answer::With(200), [input.as_bytes()]);
        let bytewise = transcript::<Server>(&config, Answer::With(200), input.as_bytes().chunks(1));
        assert_eq!(whole, bytewise);
        let failed = whole.iter().find(|line| line.starts_with("body failed"));
        assert_eq!(failed.map(String::as_str), failure, "{}", section.len());
    }
}

#[test]
fn a_section_that_never_ends_is_given_up_at_the_limit() {
    let input = chunked(&format!("0\r\n{}", "b".repeat(20_000)));
    let seen = transcript::<Server>(
        &Config::default(),
        Answer::With(200),
        input.as_bytes().chunks(1),
    );
    let expected = "body failed InvalidData: chunk trailers bytes over limit";
    assert_eq!(seen, [CHUNKED, expected, "closed"]);
}
