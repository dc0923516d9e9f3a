//! Heads of requests: the grammar, and what they say about body and connection.

use super::transcript::{check, Answer};
use crate::proto::h1::config::{Case, Config, Leniency};
use crate::proto::h1::role::Server;

fn serves(input: impl AsRef<[u8]>, expected: &[&str]) {
    check::<Server>(
        &Config::default(),
        Answer::With(200),
        input.as_ref(),
        expected,
    );
}

fn serves_leniently(leniency: Leniency, input: &str, expected: &[&str]) {
    let config = Config {
        leniency,
        ..Config::default()
    };
    check::<Server>(&config, Answer::With(200), input.as_bytes(), expected);
}

#[test]
fn request_lines_and_fields_are_taken_apart() {
    let table: &[(&str, &[&str])] = &[
        ("GET / HTTP/1.1\r\n\r\n", &["GET / HTTP/1.1", "eof"]),
        // 4.1-1: empty lines before, bare LF, and every kind of end.
        (
            "\r\n\n\r\nGET / HTTP/1.1\r\n\r\n",
            &["GET / HTTP/1.1", "eof"],
        ),
        (
            "GET / HTTP/1.1\na: b\n\n",
            &["GET / HTTP/1.1 [a: b]", "eof"],
        ),
        (
            "GET / HTTP/1.1\na: b\n\r\n",
            &["GET / HTTP/1.1 [a: b]", "eof"],
        ),
        (
            "GET / HTTP/1.1\r\na: b\r\n\n",
            &["GET / HTTP/1.1 [a: b]", "eof"],
        ),
        // 4.1-2: the forms of a target; fragments go.
        ("GET /a?b#c HTTP/1.1\r\n\r\n", &["GET /a?b HTTP/1.1", "eof"]),
        (
            "GET http://a:1/b HTTP/1.1\r\n\r\n",
            &["GET http://a:1/b HTTP/1.1", "eof"],
        ),
        ("OPTIONS * HTTP/1.1\r\n\r\n", &["OPTIONS * HTTP/1.1", "eof"]),
        (
            "GET /\u{e9} HTTP/1.1\r\n\r\n",
            &["GET /\u{e9} HTTP/1.1", "eof"],
        ),
        // 4.1-3: any token is a method.
        (
            "M-SEARCH / HTTP/1.1\r\n\r\n",
            &["M-SEARCH / HTTP/1.1", "eof"],
        ),
        ("get / HTTP/1.1\r\n\r\n", &["get / HTTP/1.1", "eof"]),
        // 4.1-4: values are trimmed, may be empty, and repeat.
        (
            "GET / HTTP/1.1\r\nA:  \t b c \t \r\na:\r\nX-\u{e9}: y\r\n\r\n",
            &["error Parse(Header(Token))"],
        ),
        (
            "GET / HTTP/1.1\r\nA:  \t b c \t \r\na:\r\nb: \u{e9}\t~\r\n\r\n",
            &["GET / HTTP/1.1 [a: b c] [a: ] [b: \\xc3\\xa9\\t~]", "eof"],
        ),
        // 4.1-6: a host is not asked for.
        (
            "GET http://a/ HTTP/1.1\r\nhost: b\r\nhost: c\r\n\r\n",
            &["GET http://a/ HTTP/1.1 [host: b] [host: c]", "eof"],
        ),
    ];
    for (input, expected) in table {
        serves(input, expected);
    }
}

#[test]
fn malformed_heads_are_told_apart() {
    let table: &[(&[u8], &str)] = &[
        // 4.1-3
        (b"G@T / HTTP/1.1\r\n\r\n", "error Parse(Method)"),
        (b" / HTTP/1.1\r\n\r\n", "error Parse(Method)"),
        (b"\x16\x03\x01\x02\x00\x01", "error Parse(Method)"),
        (b"GET /\r\n\r\n", "error Parse(Uri)"),
        (b"GET  / HTTP/1.1\r\n\r\n", "error Parse(Uri)"),
        (b"GET /\x7f HTTP/1.1\r\n\r\n", "error Parse(Uri)"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", "error Parse(Uri)"),
        (b"GET ?x HTTP/1.1\r\n\r\n", "error Parse(Uri)"),
        (b"GET #x HTTP/1.1\r\n\r\n", "error Parse(Uri)"),
        (b"GET / HTTP/2.0\r\n\r\n", "error Parse(Version)"),
        (b"GET / HTTP/1.2\r\n\r\n", "error Parse(Version)"),
        (b"GET / http/1.1\r\n\r\n", "error Parse(Version)"),
        (b"GET /a b HTTP/1.1\r\n\r\n", "error Parse(Version)"),
        (b"GET / HTTP/1.10\r\n\r\n", "error Parse(Header(Token))"),
        // 4.1-4
        (
            b"GET / HTTP/1.1\r\na : b\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (
            b"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (
            b"GET / HTTP/1.1\r\n a: b\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (
            b"GET / HTTP/1.1\r\n: b\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (b"GET / HTTP/1.1\r\na\r\n\r\n", "error Parse(Header(Token))"),
        (
            b"GET / HTTP/1.1\r\na: b\rc\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (
            b"GET / HTTP/1.1\r\na: \0\r\n\r\n",
            "error Parse(Header(Token))",
        ),
        (b"GET / HTTP/1.1\r\n\rX", "error Parse(Header(Token))"),
        (b"\rGET / HTTP/1.1\r\n\r\n", "error Parse(Header(Token))"),
        // An error in what was begun counts though the rest never comes.
        (b"GET / HTTP/1.1\r\nbad line", "error Parse(Header(Token))"),
    ];
    for (input, expected) in table {
        serves(input, &[expected]);
    }
}

#[test]
fn unfinished_heads_are_incomplete_and_empty_lines_are_nothing() {
    // 4.2-5
    let table: &[(&str, &str)] = &[
        ("", "eof"),
        ("\r", "eof"),
        ("\r\n\n\r", "eof"),
        ("G", "error IncompleteMessage"),
        ("GET / HTTP/1.1\r\n", "error IncompleteMessage"),
        ("GET / HTTP/1.1\r\na: b\r\n\r", "error IncompleteMessage"),
    ];
    for (input, expected) in table {
        serves(input, &[expected]);
    }
}

#[test]
fn the_preface_of_http2_is_recognised_however_it_arrives() {
    // 4.2-4, and better than 8.12: no split makes a plain bad version of it.
    serves(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &["error Parse(VersionH2)"],
    );
    serves(
        "\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore",
        &["error Parse(VersionH2)"],
    );
    serves("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", &["error Parse(Version)"]);
    serves("PRI * HTTP/2.0\r\n\r\n", &["error Parse(Version)"]);
    serves("PRI * HTTP/1.1\r\n\r\n", &["PRI * HTTP/1.1", "eof"]);
    serves("PRI ", &["error IncompleteMessage"]);
}

#[test]
fn invalid_lines_are_skipped_on_request() {
    // 3.1-3
    let leniency = Leniency {
        ignore_invalid_headers: true,
        ..Leniency::default()
    };
    let input = "GET / HTTP/1.1\r\na b: c\r\nnothing\r\n:x\r\nd: e\x01\r\nf: g\r\n\r\n";
    serves_leniently(leniency, input, &["GET / HTTP/1.1 [f: g]", "eof"]);
    let nul = "GET / HTTP/1.1\r\na b\0\r\n\r\n";
    serves_leniently(leniency, nul, &["error Parse(Header(Token))"]);
}

#[test]
fn spaces_in_a_request_line_are_accepted_on_request() {
    // 3.1-4
    let leniency = Leniency {
        multiple_spaces_in_request_line: true,
        ..Leniency::default()
    };
    serves_leniently(
        leniency,
        "GET   /   HTTP/1.1\r\n\r\n",
        &["GET / HTTP/1.1", "eof"],
    );
}

#[test]
fn what_a_client_may_not_do_is_no_matter_of_options_for_clients() {
    let leniency = Leniency {
        spaces_after_header_name: true,
        obsolete_multiline_headers: true,
        http09_responses: true,
        ..Leniency::default()
    };
    serves_leniently(
        leniency,
        "GET / HTTP/1.1\r\na : b\r\n\r\n",
        &["error Parse(Header(Token))"],
    );
    serves_leniently(
        leniency,
        "GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n",
        &["error Parse(Header(Token))"],
    );
}

#[test]
fn spellings_are_recorded_on_request() {
    // 3.1-2
    let config = Config {
        case: Case {
            preserve: true,
            title: false,
        },
        ..Config::default()
    };
    let input = "GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nHOST: b\r\n\r\n";
    let expected = [
        "GET / HTTP/1.1 [x-a: 1] [x-a: 2] [host: b] spelt X-A, x-a, HOST",
        "eof",
    ];
    check::<Server>(&config, Answer::With(200), input.as_bytes(), &expected);
}

#[test]
fn expectations_count_on_http11_with_a_body() {
    // 4.6-1
    let table: &[(&str, &[&str])] = &[
        (
            "PUT / HTTP/1.1\r\nexpect: 100-Continue\r\ncontent-length: 1\r\n\r\nx",
            &["PUT / HTTP/1.1 [expect: 100-Continue] [content-length: 1] + 1 expects 100", "data x", "end", "eof"],
        ),
        (
            "PUT / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n",
            &["PUT / HTTP/1.1 [expect: 100-continue] [content-length: 0]", "eof"],
        ),
        (
            "PUT / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx",
            &["PUT / HTTP/1.0 [expect: 100-continue] [content-length: 1] + 1", "data x", "end", "closed"],
        ),
        (
            "PUT / HTTP/1.1\r\nexpect: 100-continue\r\nexpect: tea\r\ncontent-length: 1\r\n\r\nx",
            &["PUT / HTTP/1.1 [expect: 100-continue] [expect: tea] [content-length: 1] + 1", "data x", "end", "eof"],
        ),
        (
            "PUT / HTTP/1.1\r\nexpect: tea\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            &["PUT / HTTP/1.1 [expect: tea] [expect: 100-continue] [transfer-encoding: chunked] + chunks expects 100", "end", "eof"],
        ),
    ];
    for (input, expected) in table {
        serves(input, expected);
    }
}

#[test]
fn upgrades_are_offered_by_connect_and_by_the_field() {
    // 4.9-1, 4.9-4
    let table: &[(&str, u16, &[&str])] = &[
        (
            "CONNECT a:1 HTTP/1.1\r\n\r\nrest",
            200,
            &[
                "CONNECT a:1 HTTP/1.1 offers upgrade",
                "switched",
                "left over rest",
            ],
        ),
        (
            "CONNECT a:1 HTTP/1.0\r\n\r\nrest",
            299,
            &[
                "CONNECT a:1 HTTP/1.0 offers upgrade",
                "switched",
                "left over rest",
            ],
        ),
        (
            "CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            404,
            &[
                "CONNECT a:1 HTTP/1.1 offers upgrade",
                "GET / HTTP/1.1",
                "eof",
            ],
        ),
        (
            "GET / HTTP/1.1\r\nupgrade: ws\r\n\r\nrest",
            101,
            &[
                "GET / HTTP/1.1 [upgrade: ws] offers upgrade",
                "switched",
                "left over rest",
            ],
        ),
        (
            "GET / HTTP/1.0\r\nupgrade: ws\r\n\r\n",
            200,
            &["GET / HTTP/1.0 [upgrade: ws]", "closed"],
        ),
        // 4.9-3: a 101 that was not asked for ends the connection.
        (
            "GET / HTTP/1.1\r\n\r\nrest",
            101,
            &["GET / HTTP/1.1", "closed"],
        ),
        // A body belongs to the request: the other protocol begins behind it.
        (
            "CONNECT a:1 HTTP/1.1\r\ncontent-length: 4\r\n\r\nbodyrest",
            200,
            &[
                "CONNECT a:1 HTTP/1.1 [content-length: 4] + 4 offers upgrade",
                "data body",
                "end",
                "switched",
                "left over rest",
            ],
        ),
    ];
    for (input, status, expected) in table {
        check::<Server>(
            &Config::default(),
            Answer::With(*status),
            input.as_bytes(),
            expected,
        );
    }
}
