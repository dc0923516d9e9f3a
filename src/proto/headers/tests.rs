use super::*;

fn map(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    lines
        .iter()
        .map(|&(name, value)| {
            let value = HeaderValue::from_bytes(value).expect("test value is a field value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

fn stripped(message: Message, lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = map(lines);
    strip_connection_fields(&mut headers, message);
    headers
}

#[test]
fn content_length_takes_digits_only_and_agreeing_lines() {
    use ContentLength::{Absent, Invalid, Valid};
    let table: &[(&[&[u8]], ContentLength)] = &[
        (&[], Absent),
        (&[b"0"], Valid(0)),
        (&[b"42"], Valid(42)),
        (&[b"007"], Valid(7)),
        (&[b"18446744073709551615"], Valid(u64::MAX)),
        (&[b"18446744073709551616"], Invalid),
        (&[b"99999999999999999999999999"], Invalid),
        (&[b""], Invalid),
        (&[b"+1"], Invalid),
        (&[b"-1"], Invalid),
        (&[b"1 "], Invalid),
        (&[b"0x10"], Invalid),
        (&[b"1_000"], Invalid),
        (&[b"\xd9\xa1"], Invalid),
        (&[b"5, 5"], Invalid),
        (&[b"5", b"5"], Valid(5)),
        (&[b"5", b"05", b"5"], Valid(5)),
        (&[b"5", b"6"], Invalid),
        (&[b"5", b"x"], Invalid),
        (&[b"x", b"5"], Invalid),
        (&[b"5", b"5", b"6"], Invalid),
    ];
    for (lines, expected) in table {
        let lines: Vec<_> = lines.iter().map(|&line| ("content-length", line)).collect();
        assert_eq!(content_length(&map(&lines)), *expected, "{lines:?}");
    }
}

#[test]
fn content_length_is_set_only_where_there_is_none() {
    for (length, text) in [(0, "0"), (u64::MAX, "18446744073709551615")] {
        let mut headers = HeaderMap::new();
        set_content_length_if_missing(&mut headers, length);
        assert_eq!(headers["content-length"], text);
    }
    for given in [&b"7"[..], b"nonsense"] {
        let mut headers = map(&[("content-length", given)]);
        set_content_length_if_missing(&mut headers, 3);
        assert_eq!(headers, map(&[("content-length", given)]));
    }
}

#[test]
fn connection_specific_fields_go_and_the_rest_stays() {
    for message in [Message::Request, Message::Response] {
        let headers = stripped(
            message,
            &[
                ("connection", b"close"),
                ("keep-alive", b"timeout=5"),
                ("keep-alive", b"max=1"),
                ("proxy-connection", b"keep-alive"),
                ("transfer-encoding", b"chunked"),
                ("upgrade", b"websocket"),
                ("trailer", b"x-checksum"),
                ("x-kept", b"1"),
            ],
        );
        let expected = map(&[("trailer", b"x-checksum"), ("x-kept", b"1")]);
        assert_eq!(headers, expected, "{message:?}");
    }
}

#[test]
fn fields_named_by_any_connection_line_go() {
    let headers = stripped(
        Message::Response,
        &[
            ("connection", b"X-One ,\tx-two"),
            ("connection", b"close"),
            ("connection", b",, x-three,"),
            ("x-one", b"1"),
            ("x-one", b"again"),
            ("x-two", b"2"),
            ("x-three", b"3"),
            ("x-four", b"4"),
        ],
    );
    assert_eq!(headers, map(&[("x-four", b"4")]));
}

#[test]
fn connection_value_that_is_not_ascii_still_names_its_other_members() {
    let headers = stripped(
        Message::Request,
        &[
            ("connection", b"caf\xe9, x-one, not a name"),
            ("connection", b"\xff\xfe"),
            ("x-one", b"1"),
            ("x-two", b"\xe9"),
        ],
    );
    assert_eq!(headers, map(&[("x-two", b"\xe9")]));
}

#[test]
fn te_of_a_request_is_trailers_or_gone() {
    let table: &[(&[&[u8]], bool)] = &[
        (&[b"trailers"], true),
        (&[b"Trailers"], true),
        (&[b" trailers "], true),
        (&[b"gzip, trailers"], true),
        (&[b"trailers, deflate;q=0.5"], true),
        (&[b"gzip", b"trailers"], true),
        (&[b"trailers", b"gzip"], true),
        (&[b"\xe9, trailers"], true),
        (&[b"gzip"], false),
        (&[b""], false),
        (&[b"trailers;q=0.5"], false),
        (&[b"xtrailers"], false),
        (&[b"\xe9"], false),
    ];
    for (lines, kept) in table {
        let lines: Vec<_> = lines.iter().map(|&line| ("te", line)).collect();
        let expected = if *kept {
            map(&[("te", b"trailers")])
        } else {
            HeaderMap::new()
        };
        assert_eq!(stripped(Message::Request, &lines), expected, "{lines:?}");
        assert_eq!(
            stripped(Message::Response, &lines),
            HeaderMap::new(),
            "{lines:?}"
        );
    }
}

#[test]
fn te_named_by_connection_goes() {
    let headers = stripped(
        Message::Request,
        &[("connection", b"TE"), ("te", b"trailers")],
    );
    assert!(headers.is_empty());
}

#[test]
fn members_are_found_in_any_line_and_any_case() {
    let headers = map(&[("connection", b"\xe9, x"), ("connection", b" Keep-Alive ,")]);
    for (member, listed) in [
        (&b"keep-alive"[..], true),
        (b"x", true),
        (b"keep", false),
        (b"close", false),
    ] {
        assert_eq!(lists(&headers, &CONNECTION, member), listed, "{member:?}");
    }
    assert!(!lists(&HeaderMap::new(), &CONNECTION, b"x"));
    let named = listed_names(&headers, &CONNECTION);
    assert_eq!(named, ["x", "keep-alive"]);
}

#[test]
fn the_last_coding_has_to_be_chunked() {
    for (line, ends) in [
        (&b"chunked"[..], true),
        (b"CHUNKED", true),
        (b"gzip ,\tchunked ", true),
        (b"chunked, gzip", false),
        (b"chunked,", false),
        (b"xchunked", false),
        (b"chunked;q=1", false),
        (b"\xe9, chunked", false),
        (b"", false),
    ] {
        let line = HeaderValue::from_bytes(line).expect("test value is a field value");
        assert_eq!(ends_chunked(&line), ends, "{line:?}");
    }
}
