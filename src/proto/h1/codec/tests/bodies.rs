//! Bodies of requests: where they begin, where they end, and what is wrong with them.

use super::transcript::{check, transcript, Answer};
use crate::proto::h1::config::Config;
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
fn framing_fields_decide_where_a_request_ends() {
    const NEXT: &str = "GET /2 HTTP/1.1\r\n\r\n";
    let table: &[(&str, &str, &[&str])] = &[
        // 4.3-4, 4.3-5: no field, no body, whatever the method; any method may have one.
        (
            "POST / HTTP/1.1\r\n\r\n",
            "",
            &["POST / HTTP/1.1", "GET /2 HTTP/1.1", "eof"],
        ),
        (
            "GET / HTTP/1.1\r\ncontent-length: 2\r\n\r\n",
            "hi",
            &[
                "GET / HTTP/1.1 [content-length: 2] + 2",
                "data hi",
                "end",
                "GET /2 HTTP/1.1",
                "eof",
            ],
        ),
        // 4.3-3: repeats collapse where they agree as numbers.
        (
            "PUT / HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 02\r\n\r\n",
            "hi",
            &[
                "PUT / HTTP/1.1 [content-length: 2] + 2",
                "data hi",
                "end",
                "GET /2 HTTP/1.1",
                "eof",
            ],
        ),
        // 4.3-1: the last coding of the last line counts.
        (
            "PUT / HTTP/1.1\r\ntransfer-encoding: gzip,\tChunked \r\n\r\n",
            "2\r\nhi\r\n0\r\n\r\n",
            &[
                "PUT / HTTP/1.1 [transfer-encoding: gzip,\\tChunked] + chunks",
                "data hi",
                "end",
                "GET /2 HTTP/1.1",
                "eof",
            ],
        ),
        (
            "PUT / HTTP/1.1\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n",
            "0\r\n\r\n",
            &[
                "PUT / HTTP/1.1 [transfer-encoding: gzip] [transfer-encoding: chunked] + chunks",
                "end",
                "GET /2 HTTP/1.1",
                "eof",
            ],
        ),
    ];
    for (head, body, expected) in table {
        serves(format!("{head}{body}{NEXT}"), expected);
    }
}

#[test]
fn a_request_with_both_framing_fields_is_chunked_and_the_last() {
    // 4.3-2
    for fields in [
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "content-length: 3\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: nonsense",
        "content-length: 3\r\ntransfer-encoding: chunked\r\ncontent-length: 4",
    ] {
        let input = format!(
            "POST / HTTP/1.1\r\n{fields}\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        );
        serves(input, &[CHUNKED, "data hi", "end", "closed"]);
    }
}

#[test]
fn framing_fields_that_could_be_misunderstood_are_errors() {
    let table: &[(&str, &str, &str)] = &[
        // 4.3-1
        (
            "1.0",
            "transfer-encoding: chunked",
            "TransferEncodingUnexpected",
        ),
        (
            "1.0",
            "content-length: 1\r\ntransfer-encoding: chunked",
            "TransferEncodingUnexpected",
        ),
        ("1.1", "transfer-encoding: gzip", "TransferEncodingInvalid"),
        (
            "1.1",
            "transfer-encoding: chunked, gzip",
            "TransferEncodingInvalid",
        ),
        (
            "1.1",
            "transfer-encoding: chunked\r\ntransfer-encoding: gzip",
            "TransferEncodingInvalid",
        ),
        (
            "1.1",
            "transfer-encoding: xchunked",
            "TransferEncodingInvalid",
        ),
        (
            "1.1",
            "transfer-encoding: chunked;q=1",
            "TransferEncodingInvalid",
        ),
        (
            "1.1",
            "transfer-encoding: chunked,",
            "TransferEncodingInvalid",
        ),
        ("1.1", "transfer-encoding:", "TransferEncodingInvalid"),
        // 4.3-3
        ("1.1", "content-length:", "ContentLengthInvalid"),
        ("1.1", "content-length: +5", "ContentLengthInvalid"),
        ("1.1", "content-length: -5", "ContentLengthInvalid"),
        ("1.1", "content-length: 5 5", "ContentLengthInvalid"),
        ("1.1", "content-length: 5,5", "ContentLengthInvalid"),
        ("1.1", "content-length: 0x5", "ContentLengthInvalid"),
        (
            "1.1",
            "content-length: 5\r\ncontent-length: 6",
            "ContentLengthInvalid",
        ),
        (
            "1.1",
            "content-length: 18446744073709551616",
            "ContentLengthInvalid",
        ),
        (
            "1.1",
            "content-length: nonsense\r\ntransfer-encoding: chunked",
            "ContentLengthInvalid",
        ),
        // Better than 8.13: these are lengths nobody has, not heads that are too large.
        (
            "1.1",
            "content-length: 18446744073709551615",
            "ContentLengthInvalid",
        ),
        (
            "1.1",
            "content-length: 18446744073709551614",
            "ContentLengthInvalid",
        ),
    ];
    for (version, fields, error) in table {
        let input = format!("POST / HTTP/{version}\r\n{fields}\r\n\r\n5\r\nhello");
        serves(input, &[&format!("error Parse(Header({error}))")]);
    }
    serves(
        "POST / HTTP/1.1\r\ncontent-length: 18446744073709551613\r\n\r\nhi",
        &[
            "POST / HTTP/1.1 [content-length: 18446744073709551613] + 18446744073709551613",
            "data hi",
            "body failed UnexpectedEof: end of file before message length reached",
        ],
    );
}

#[test]
fn chunks_are_joined_and_extensions_ignored() {
    // 4.4-1, 4.4-2
    let table: &[(&str, &[&str])] = &[
        ("2\r\nhi\r\n0\r\n\r\n", &["data hi"]),
        ("1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", &["data hi"]),
        ("0\r\n\r\n", &[]),
        ("00\r\n\r\n", &[]),
        (
            "0000000000000000000000000002\r\nhi\r\n0\r\n\r\n",
            &["data hi"],
        ),
        ("2 \t\r\nhi\r\n0\r\n\r\n", &["data hi"]),
        (
            "2 ;a=b;c=\"\\\"\0\u{e9}\"\r\nhi\r\n0;d\r\n\r\n",
            &["data hi"],
        ),
        (
            "A\r\n0123456789\r\nb\r\n0123456789\n\r\n0\r\n\r\n",
            &["data 01234567890123456789\\n"],
        ),
    ];
    for (body, events) in table {
        let mut expected = vec![CHUNKED];
        expected.extend_from_slice(events);
        expected.extend(["end", "GET / HTTP/1.1", "eof"]);
        serves(chunked(body) + "GET / HTTP/1.1\r\n\r\n", &expected);
    }
}

#[test]
fn malformed_chunks_fail_the_body() {
    // 4.4-1, 4.4-2, 4.4-5, 4.4-6
    let table: &[(&str, &str, &str)] = &[
        (
            "",
            "\r\n",
            "InvalidInput: Invalid chunk size line: missing size digit",
        ),
        (
            "",
            " 2\r\nhi",
            "InvalidInput: Invalid chunk size line: missing size digit",
        ),
        (
            "",
            "g\r\n",
            "InvalidInput: Invalid chunk size line: missing size digit",
        ),
        (
            "",
            ";a\r\n",
            "InvalidInput: Invalid chunk size line: missing size digit",
        ),
        (
            "",
            "2g\r\n",
            "InvalidInput: Invalid chunk size line: Invalid Size",
        ),
        (
            "",
            "2\nhi",
            "InvalidInput: Invalid chunk size line: Invalid Size",
        ),
        (
            "",
            "2 2\r\nhi",
            "InvalidInput: Invalid chunk size linear white space",
        ),
        (
            "",
            "2 \nhi",
            "InvalidInput: Invalid chunk size linear white space",
        ),
        ("", "2\rhi", "InvalidInput: Invalid chunk size LF"),
        ("", "2;a\rb\r\nhi", "InvalidInput: Invalid chunk size LF"),
        (
            "",
            "2;a\nhi",
            "InvalidData: invalid chunk extension contains newline",
        ),
        (
            "",
            "10000000000000000\r\n",
            "InvalidData: invalid chunk size: overflow",
        ),
        (
            "data hi",
            "2\r\nhi0\r\n",
            "InvalidInput: Invalid chunk body CR",
        ),
        (
            "data hi",
            "2\r\nhi\n0\r\n",
            "InvalidInput: Invalid chunk body CR",
        ),
        (
            "data hi",
            "2\r\nhi\rx",
            "InvalidInput: Invalid chunk body LF",
        ),
        (
            "data hi",
            "2\r\nhi\r\n\r\n",
            "InvalidInput: Invalid chunk size line: missing size digit",
        ),
        (
            "",
            "",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "",
            "2",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "data h",
            "2\r\nh",
            "UnexpectedEof: end of file before message length reached",
        ),
        (
            "data hi",
            "2\r\nhi",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "data hi",
            "2\r\nhi\r\n",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "",
            "0\r\n",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "",
            "0\r\n\r",
            "UnexpectedEof: unexpected EOF during chunk size line",
        ),
        (
            "data x",
            "FFFFFFFFFFFFFFFF\r\nx",
            "UnexpectedEof: end of file before message length reached",
        ),
    ];
    for (data, body, failure) in table {
        let failure = format!("body failed {failure}");
        let mut expected = vec![CHUNKED];
        expected.extend((!data.is_empty()).then_some(data));
        expected.push(&failure);
        // Where the codec found out by itself, what it was sending is completed, and that is all.
        if !failure.contains("UnexpectedEof") {
            expected.push("closed");
        }
        serves(chunked(body), &expected);
    }
}

#[test]
fn a_trailer_line_that_begins_with_cr_is_malformed_however_it_arrives() {
    let config = Config::default();
    let body = chunked("0\r\n\rx: y\r\n");
    let whole = transcript::<Server>(&config, Answer::With(200), [body.as_bytes()]);
    let bytewise = transcript::<Server>(&config, Answer::With(200), body.as_bytes().chunks(1));
    assert_eq!(whole, bytewise);
    let fails = "body failed InvalidInput: Invalid chunk end LF";
    assert!(whole.iter().any(|event| event == fails), "{whole:?}");
}

#[test]
fn what_stands_around_sizes_is_limited_with_the_extensions() {
    let fails = "body failed InvalidData: chunk extensions are too long";
    for (length, fits) in [(16_383, true), (16_384, false)] {
        for line in [
            format!("{}0", "0".repeat(length)),
            format!("0{}", " ".repeat(length)),
            format!("0{}", "\t".repeat(length)),
            format!("00 {};{}", " ".repeat(length - 20), "e".repeat(18)),
        ] {
            let config = Config::default();
            let body = format!("{line}\r\n\r\n");
            let whole =
                transcript::<Server>(&config, Answer::With(200), [chunked(&body).as_bytes()]);
            let has_failed = whole.iter().any(|event| event == fails);
            assert_eq!(has_failed, !fits, "{whole:?}");
        }
    }
}

#[test]
fn the_extensions_of_a_body_are_limited_together() {
    // 4.4-2
    let fails = "body failed InvalidData: chunk extensions are too long";
    for (first, second, fits) in [
        (16_383, 0, true),
        (16_384, 0, false),
        (8_191, 8_192, true),
        (8_192, 8_192, false),
    ] {
        let (first, second) = ("a".repeat(first), "b".repeat(second));
        let body = format!("2;{first}\r\nhi\r\n0;{second}\r\n\r\n");
        let config = Config::default();
        let whole = transcript::<Server>(&config, Answer::With(200), [chunked(&body).as_bytes()]);
        let bytewise = transcript::<Server>(
            &config,
            Answer::With(200),
            chunked(&body).as_bytes().chunks(1),
        );
        assert_eq!(whole, bytewise);
        assert_eq!(!whole.iter().any(|line| line == fails), fits, "{whole:?}");
    }
}
