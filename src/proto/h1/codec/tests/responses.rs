//! Responses, as a client receives them.

use super::transcript::{check, Ask};
use crate::proto::h1::config::{Case, Config, Leniency, Limits};
use crate::proto::h1::role::Client;

fn gets(input: impl AsRef<[u8]>, expected: &[&str]) {
    check::<Client>(&Config::default(), Ask::Get, input.as_ref(), expected);
}

fn gets_leniently(leniency: Leniency, input: impl AsRef<[u8]>, expected: &[&str]) {
    let config = Config {
        leniency,
        ..Config::default()
    };
    check::<Client>(&config, Ask::Get, input.as_ref(), expected);
}

#[test]
fn status_lines_are_taken_apart() {
    // 5.4-1
    let table: &[(&str, &[&str])] = &[
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            &["200 HTTP/1.1 [content-length: 0]", "eof"],
        ),
        (
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
            &["200 HTTP/1.1 [content-length: 0]", "eof"],
        ),
        (
            "\r\nHTTP/1.1 204 No Content\r\n\r\n",
            &["204 HTTP/1.1", "eof"],
        ),
        ("HTTP/1.1 204 Fine\r\n\r\n", &["204 HTTP/1.1 (Fine)", "eof"]),
        ("HTTP/1.1 204 \r\n\r\n", &["204 HTTP/1.1 ()", "eof"]),
        ("HTTP/1.1 204\r\n\r\n", &["204 HTTP/1.1 ()", "eof"]),
        ("HTTP/1.1 204\n\n", &["204 HTTP/1.1 ()", "eof"]),
        ("HTTP/1.1 204 \u{e9}\r\n\r\n", &["204 HTTP/1.1 ()", "eof"]),
        (
            "HTTP/1.1 999 x\r\n\r\n",
            &["999 HTTP/1.1 (x) + all", "end by eof"],
        ),
        (
            "HTTP/1.1 999\r\n\r\n",
            &["999 HTTP/1.1 () + all", "end by eof"],
        ),
        ("HTTP/1.1 099 x\r\n\r\n", &["error Parse(Status)"]),
        ("HTTP/1.1 20 x\r\n\r\n", &["error Parse(Status)"]),
        ("HTTP/1.1 2000 x\r\n\r\n", &["error Parse(Status)"]),
        ("HTTP/1.1  200 x\r\n\r\n", &["error Parse(Status)"]),
        ("HTTP/1.1 200 x\0\r\n\r\n", &["error Parse(Status)"]),
        ("HTTP/1.2 200 x\r\n\r\n", &["error Parse(Version)"]),
        ("HTTP/2 200 x\r\n\r\n", &["error Parse(Version)"]),
        ("hello", &["error Parse(Version)"]),
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            &["error Parse(Version)"],
        ),
        ("\rHTTP/1.1 200 x\r\n\r\n", &["error Parse(Header(Token))"]),
    ];
    for (input, expected) in table {
        gets(input, expected);
    }
}

#[test]
fn what_a_server_may_not_write_is_an_error_unless_an_option_allows_it() {
    // 5.4-2, 3.2-1
    let space = "HTTP/1.1 204 No Content\r\na \t: b\r\n\r\n";
    let folded = "HTTP/1.1 204 No Content\r\na: just\r\n some\r\n\t folding\r\nb:\r\n c\r\nd: e  \r\n  \r\n f\n g\r\n\r\n";
    let invalid = "HTTP/1.1 204 No Content\r\na b: c\r\nnothing\r\nd: e\r\n\r\n";
    for input in [space, folded, invalid] {
        gets(input, &["error Parse(Header(Token))"]);
    }
    let leniency = Leniency {
        spaces_after_header_name: true,
        ..Leniency::default()
    };
    gets_leniently(leniency, space, &["204 HTTP/1.1 [a: b]", "eof"]);
    let leniency = Leniency {
        obsolete_multiline_headers: true,
        ..Leniency::default()
    };
    let unfolded = "204 HTTP/1.1 [a: just some folding] [b: c] [d: e  f g]";
    gets_leniently(leniency, folded, &[unfolded, "eof"]);
    let leniency = Leniency {
        ignore_invalid_headers: true,
        ..Leniency::default()
    };
    gets_leniently(leniency, invalid, &["204 HTTP/1.1 [d: e]", "eof"]);
}

#[test]
fn framing_fields_decide_where_a_response_ends() {
    let table: &[(&str, &[&str])] = &[
        // 5.4-7
        (
            "content-length: 3\r\n\r\nabc",
            &["[content-length: 3] + 3", "data abc", "end", "eof"],
        ),
        (
            "content-length: 3\r\n\r\nab",
            &[
                "[content-length: 3] + 3",
                "data ab",
                "body failed UnexpectedEof: end of file before message length reached",
            ],
        ),
        (
            "content-length: 3, 3\r\n\r\nabc",
            &["[content-length: 3, 3] + 3", "data abc", "end", "eof"],
        ),
        (
            "content-length: 3\r\ncontent-length: 03,3\r\n\r\nabc",
            &[
                "[content-length: 3] [content-length: 03,3] + 3",
                "data abc",
                "end",
                "eof",
            ],
        ),
        (
            "content-length: 3,\r\n\r\nabc",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        (
            "content-length: 3, 4\r\n\r\nabc",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        (
            "content-length: +3\r\n\r\nabc",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        (
            "content-length:\r\n\r\nabc",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        (
            "content-length: 18446744073709551616\r\n\r\n",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        // Better than 8.13.
        (
            "content-length: 18446744073709551615\r\n\r\n",
            &["error Parse(Header(ContentLengthInvalid))"],
        ),
        // 5.4-6: a coding wins over the length, which stays to be seen.
        (
            "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\na: b\r\n\r\n",
            &[
                "[transfer-encoding: chunked] + chunks",
                "data hi",
                "trailers [a: b]",
                "end",
                "eof",
            ],
        ),
        (
            "content-length: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            &[
                "[content-length: x] [transfer-encoding: gzip, chunked] + chunks",
                "end",
                "eof",
            ],
        ),
        (
            "transfer-encoding: gzip\r\ncontent-length: 1\r\n\r\nhi",
            &[
                "[transfer-encoding: gzip] [content-length: 1] + all",
                "data hi",
                "end by eof",
            ],
        ),
        // 5.4-8: neither, and so the connection's end is the body's.
        ("\r\nhi", &["+ all", "data hi", "end by eof"]),
        (
            "connection: keep-alive\r\n\r\nhi",
            &["[connection: keep-alive] + all", "data hi", "end by eof"],
        ),
    ];
    for (rest, events) in table {
        let mut expected: Vec<String> = events.iter().map(|&event| event.to_owned()).collect();
        if !expected[0].starts_with("error") {
            expected[0] = format!("200 HTTP/1.1 {}", expected[0]);
        }
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        gets(format!("HTTP/1.1 200 OK\r\n{rest}"), &expected);
    }
    gets(
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        &["error Parse(Header(TransferEncodingUnexpected))"],
    );
}

#[test]
fn some_responses_have_no_body_whatever_their_fields_say() {
    // 5.4-5
    let fields = "content-length: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let seen = "[content-length: x] [transfer-encoding: chunked]";
    for (ask, status) in [
        (Ask::Get, "204 No Content"),
        (Ask::Get, "304 Not Modified"),
        (Ask::Head, "200 OK"),
        (Ask::Connect, "204 No Content"),
    ] {
        let input = format!("HTTP/1.1 {status}\r\n{fields}");
        let switches = matches!(ask, Ask::Connect);
        let code = &status[..3];
        let mut expected = vec![format!("{code} HTTP/1.1 {seen}")];
        if switches {
            expected[0] += " switches";
            expected.push("switched".to_owned());
        } else {
            expected.push("eof".to_owned());
        }
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check::<Client>(&Config::default(), ask, input.as_bytes(), &expected);
    }
}

#[test]
fn protocols_switch_with_101_and_with_a_success_to_connect() {
    // 5.4-5, 5.6-1
    let table: &[(Ask, &str, &[&str])] = &[
        (
            Ask::Get,
            "HTTP/1.1 101 Switching Protocols\r\ncontent-length: 5\r\n\r\nhello",
            &[
                "101 HTTP/1.1 [content-length: 5] switches",
                "switched",
                "left over hello",
            ],
        ),
        (
            Ask::Connect,
            "HTTP/1.1 200 OK\r\n\r\nhello",
            &["200 HTTP/1.1 switches", "switched", "left over hello"],
        ),
        (
            Ask::Connect,
            "HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n",
            &["200 HTTP/1.0 [connection: close] switches", "switched"],
        ),
        (
            Ask::Connect,
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno",
            &[
                "404 HTTP/1.1 [content-length: 2] + 2",
                "data no",
                "end",
                "eof",
            ],
        ),
    ];
    for (ask, input, expected) in table {
        check::<Client>(&Config::default(), *ask, input.as_bytes(), expected);
    }
}

#[test]
fn interim_responses_come_before_the_final_one() {
    // 5.4-4
    gets(
        "HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\ncontent-length: 5\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        &["interim 100 HTTP/1.1 [connection: close]", "interim 103 HTTP/1.1 [a: b] [content-length: 5]", "204 HTTP/1.1", "eof"],
    );
    gets(
        "HTTP/1.1 100 Continue\r\n\r\n",
        &["interim 100 HTTP/1.1", "error IncompleteMessage"],
    );
    // Each has the limits of a head to itself.
    let config = Config {
        limits: Limits {
            max_header_size: Some(25),
            max_headers: 0,
            ..Limits::default()
        },
        ..Config::default()
    };
    let input =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue 2\r\n\r\n";
    let expected = [
        "interim 100 HTTP/1.1",
        "interim 100 HTTP/1.1",
        "error Parse(TooLarge)",
    ];
    check::<Client>(&config, Ask::Get, input.as_bytes(), &expected);
}

#[test]
fn connections_end_as_version_and_fields_say() {
    // 5.4-8, 4.5-1
    let empty = "content-length: 0\r\n\r\n";
    let table: &[(&str, &str, &str)] = &[
        ("1.1", "", "eof"),
        ("1.1", "connection: close\r\n", "closed"),
        ("1.1", "connection: keep-alive, CLOSE\r\n", "closed"),
        (
            "1.1",
            "connection: keep-alive\r\nconnection: x, close\r\n",
            "closed",
        ),
        ("1.1", "connection: closed\r\n", "eof"),
        ("1.0", "", "closed"),
        ("1.0", "connection: Keep-Alive\r\n", "eof"),
        (
            "1.0",
            "connection: keep-alive\r\nconnection: close\r\n",
            "closed",
        ),
    ];
    for (version, fields, end) in table {
        let input = format!("HTTP/{version} 200 OK\r\n{fields}{empty}");
        let seen = super::transcript::transcript::<Client>(
            &Config::default(),
            Ask::Get,
            [input.as_bytes()],
        );
        assert_eq!(seen.len(), 2, "{input}: {seen:?}");
        assert_eq!(seen[1], *end, "{input}");
    }
}

#[test]
fn what_was_not_asked_for_is_an_error() {
    // 5.3-1, 5.3-2, 5.3-3
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    let seen = "200 HTTP/1.1 [content-length: 2] + 2";
    gets(response, &[seen, "data hi", "end", "eof"]);
    gets(
        format!("{response}{response}"),
        &[seen, "data hi", "end", "error UnexpectedMessage"],
    );
    gets(
        format!("{response}\r\n"),
        &[seen, "data hi", "end", "error UnexpectedMessage"],
    );
    gets("", &["error IncompleteMessage"]);
    gets("HTTP/1.1 2", &["error IncompleteMessage"]);
}

#[test]
fn a_response_without_a_head_is_accepted_on_request() {
    // 5.4-3
    let leniency = Leniency {
        http09_responses: true,
        ..Leniency::default()
    };
    let table: &[(&str, &[&str])] = &[
        ("hello", &["200 HTTP/0.9 + all", "data hello", "end by eof"]),
        (
            "\r\nhello",
            &["200 HTTP/0.9 + all", "data \\r\\nhello", "end by eof"],
        ),
        (
            "HTTP/1.2 200 OK\r\n\r\n",
            &[
                "200 HTTP/0.9 + all",
                "data HTTP/1.2 200 OK\\r\\n\\r\\n",
                "end by eof",
            ],
        ),
        (
            "HTTP/1.1x",
            &["200 HTTP/0.9 + all", "data HTTP/1.1x", "end by eof"],
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nhello",
            &[
                "interim 100 HTTP/1.1",
                "200 HTTP/0.9 + all",
                "data hello",
                "end by eof",
            ],
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", &["204 HTTP/1.1", "eof"]),
        (
            "\r\nHTTP/1.1 204 No Content\r\n\r\n",
            &["204 HTTP/1.1", "eof"],
        ),
        ("HTTP/1.1 x", &["error Parse(Status)"]),
        ("\rhello", &["error Parse(Header(Token))"]),
        ("", &["error IncompleteMessage"]),
        ("HTTP", &["error IncompleteMessage"]),
        ("HTTP/1.1", &["error IncompleteMessage"]),
    ];
    for (input, expected) in table {
        gets_leniently(leniency, input, expected);
    }
    let config = Config {
        leniency,
        ..Config::default()
    };
    let to_head = ["200 HTTP/0.9", "closed"];
    check::<Client>(&config, Ask::Head, b"hello", &to_head);
}

#[test]
fn spellings_are_recorded_on_request() {
    // 3.2-1
    let config = Config {
        case: Case {
            preserve: true,
            title: false,
        },
        ..Config::default()
    };
    let input = "HTTP/1.1 204 No Content\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    let expected = ["204 HTTP/1.1 [x-a: 1] [x-a: 2] spelt X-A, x-a", "eof"];
    check::<Client>(&config, Ask::Get, input.as_bytes(), &expected);
}
