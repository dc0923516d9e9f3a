//! Contract 4.1-4, 4.1-6, 3.1-3: field lines of requests.

use crate::messages::{accepted, assert_bad_request, converse, Seen};
use crate::support::scripted_h1::Delivery;

fn with_lines(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\n{lines}\r\n")
}

async fn fields(how: Delivery, lines: &str) -> Vec<String> {
    accepted(how, with_lines(lines)).await.fields()
}

// Contract 4.1-4.
#[tokio::test(start_paused = true)]
async fn names_are_tokens_in_any_case() {
    for how in Delivery::EXTREMES {
        let came = fields(how, "HoSt: a\r\n!#$%&'*+-.^_`|~09aZ: b\r\nx: c\r\n").await;
        assert_eq!(came, ["host: a", "!#$%&'*+-.^_`|~09az: b", "x: c"]);
    }
}

// Contract 4.1-4.
#[tokio::test(start_paused = true)]
async fn whitespace_around_values_is_trimmed() {
    let rows = [
        ("x:a\r\n", "x: a"),
        ("x:    a\r\n", "x: a"),
        ("x:\ta\t\r\n", "x: a"),
        ("x: a  \t \r\n", "x: a"),
        ("x: a \t b\r\n", "x: a \t b"),
        ("x:\r\n", "x: "),
        ("x: \t \r\n", "x: "),
    ];
    for (lines, field) in rows {
        for how in Delivery::EXTREMES {
            assert_eq!(fields(how, lines).await, [field]);
        }
    }
}

// Contract 4.1-4: 0x20 to 0x7E, 0x80 to 0xFF, and HTAB inside.
#[tokio::test(start_paused = true)]
async fn values_hold_any_visible_byte_and_any_above_ascii() {
    let mut value: Vec<u8> = (0x21..=0x7e).collect();
    value.extend(b" \t ");
    value.extend(0x80..=0xff);
    let mut input = b"GET / HTTP/1.1\r\nx: ".to_vec();
    input.extend(&value);
    input.extend(b"\r\n\r\n");
    for how in Delivery::EXTREMES {
        let seen: Seen = accepted(how, &input).await;
        assert_eq!(seen.headers["x"].as_bytes(), value);
    }
}

// Contract 4.1-4.
#[tokio::test(start_paused = true)]
async fn control_bytes_in_values_are_refused() {
    let bytes = (0..0x20u8).chain([0x7f]);
    for byte in bytes.filter(|byte| !b"\t\n\r".contains(byte)) {
        let mut input = b"GET / HTTP/1.1\r\nx: a".to_vec();
        input.push(byte);
        input.extend(b"b\r\n\r\n");
        assert_bad_request(input, "Parse(Header(Token))").await;
    }
    // A CR that no LF follows.
    assert_bad_request(with_lines("x: a\rb\r\n"), "Parse(Header(Token))").await;
    assert_bad_request(with_lines("x: a\r\r\n"), "Parse(Header(Token))").await;
}

// Contract 4.1-4.
#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_token_in_names_are_refused() {
    let bytes = (0..=0xffu8).filter(|byte| {
        let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        // A colon ends the name, LF and CR the line.
        !token && !b":\n\r".contains(byte)
    });
    for byte in bytes {
        let mut input = b"GET / HTTP/1.1\r\nx".to_vec();
        input.push(byte);
        input.extend(b"y: a\r\n\r\n");
        for how in Delivery::EXTREMES {
            let conversation = converse(|_| {}, how, &input).await;
            conversation.assert_refused(crate::messages::BAD_REQUEST, "Parse(Header(Token))");
        }
    }
}

// Contract 4.1-4: the ways in which one line may pass for two, or two for one (RFC 9112, sections 5.1 and 5.2).
#[tokio::test(start_paused = true)]
async fn lines_that_are_no_field_are_refused() {
    let lines = [
        "x : a\r\n",
        "x\t: a\r\n",
        ": a\r\n",
        "x\r\n",
        "no colon here\r\n",
        " x: a\r\n",
        "\tx: a\r\n",
        "x: a\r\n b\r\n",
        "x: a\r\n\tb\r\n",
        "x: a\r\n \r\n",
        "host: a\r\n transfer-encoding: chunked\r\n",
    ];
    for lines in lines {
        assert_bad_request(with_lines(lines), "Parse(Header(Token))").await;
    }
}

// Contract 4.1-4: repeats stay apart, in order.
#[tokio::test(start_paused = true)]
async fn repeated_fields_are_kept_in_order() {
    for how in Delivery::EXTREMES {
        let seen = accepted(how, with_lines("x: 1\r\ny: 2\r\nX: 3\r\nx: 1\r\n")).await;
        let values: Vec<_> = seen.headers.get_all("x").iter().collect();
        assert_eq!(values, ["1", "3", "1"]);
        assert_eq!(seen.headers["y"], "2");
    }
}

// Contract 4.1-6, ODD 4: kept, because programs rely on it. Virtual hosting is the service's business.
#[tokio::test(start_paused = true)]
async fn host_is_neither_required_nor_checked() {
    let rows = [
        ("/", "x: y\r\n"),
        ("/", "host: a\r\nhost: b\r\n"),
        ("/", "host: not a host/\r\n"),
        ("/", "host:\r\n"),
        ("http://a/", "host: b\r\n"),
    ];
    for (target, lines) in rows {
        for how in Delivery::EXTREMES {
            let seen = accepted(how, format!("GET {target} HTTP/1.1\r\n{lines}\r\n")).await;
            assert_eq!(seen.uri, target);
            assert_eq!(seen.headers.len(), lines.lines().count());
        }
    }
}

// Contract 3.1-3.
#[tokio::test(start_paused = true)]
async fn lines_that_are_no_field_are_skipped_if_the_option_is_on() {
    let lines = [
        "bad name: a\r\n",
        "no colon here\r\n",
        "b\u{e9}d: a\r\n",
        "bad: a\x01b\r\n",
        ": a\r\n",
        "bad : a\r\n",
    ];
    for bad in lines {
        for how in Delivery::EXTREMES {
            println!("{bad:?}, {how:?}");
            let conversation = converse(
                |builder| {
                    builder.ignore_invalid_headers(true);
                },
                how,
                with_lines(&format!("before: 1\r\n{bad}after: 2\r\n")),
            );
            let seen = conversation.await.only_request();
            assert_eq!(seen.fields(), ["before: 1", "after: 2"]);
        }
    }
}

// Contract 3.1-3: a NUL stays an error.
#[tokio::test(start_paused = true)]
async fn a_nul_is_refused_even_where_invalid_lines_are_skipped() {
    for how in Delivery::EXTREMES {
        for lines in ["x: a\0b\r\n", "x\0: a\r\n"] {
            let conversation = converse(
                |builder| {
                    builder.ignore_invalid_headers(true);
                },
                how,
                with_lines(lines),
            );
            conversation
                .await
                .assert_refused(crate::messages::BAD_REQUEST, "Parse(Header(Token))");
        }
    }
}

// Contract 3.1-3: what is skipped is not looked at, so that a mangled framing field is none.
#[tokio::test(start_paused = true)]
async fn a_skipped_line_frames_nothing() {
    for how in Delivery::EXTREMES {
        let input = "POST /a HTTP/1.1\r\ncontent-length : 5\r\n\r\nPUT /b HTTP/1.1\r\n\r\n";
        let conversation = converse(
            |builder| {
                builder.ignore_invalid_headers(true);
            },
            how,
            input,
        );
        let conversation = conversation.await;
        let uris: Vec<_> = conversation.requests.iter().map(|seen| &seen.uri).collect();
        assert_eq!(uris, ["/a", "/b"]);
    }
}
