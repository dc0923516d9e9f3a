//! How long the response is, and which fields say so.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Nothing,
    Exact(u64),
    Chunks,
    ToClose,
}

fn body(outgoing: &Outgoing) -> Body {
    match &outgoing.body {
        None => Body::Nothing,
        Some(Encoder::Exact(length)) => Body::Exact(*length),
        Some(Encoder::Chunked { .. }) => Body::Chunks,
        Some(Encoder::CloseDelimited) => Body::ToClose,
    }
}

/// The framing fields that are written, and the body that follows.
fn framed(
    exchange: &Exchange,
    status: u16,
    content: Content,
    fields: &[(&'static str, &'static str)],
) -> Result<(String, Body), User> {
    let head = response(status, fields);
    let (text, outgoing) = encoded(&head, content, exchange, KeepAlive::Yes, &Config::default())?;
    let lines = text
        .split(" | ")
        .filter(|line| line.starts_with("content-length") || line.starts_with("transfer-encoding"));
    Ok((lines.collect::<Vec<_>>().join(" | "), body(&outgoing)))
}

const NONE: Content = Content::None;
const KNOWN: Content = Content::Known(2);
const UNKNOWN: Content = Content::Unknown;

#[test]
fn the_content_decides_the_framing() {
    // 4.7-3, 4.7-4, 4.7-5
    let old = request(Method::GET, Minor::Http10);
    let length = |n: &str| format!("content-length: {n}");
    for (exchange, content, expected) in [
        (&get(), NONE, (length("0"), Body::Nothing)),
        (&get(), Content::Known(0), (length("0"), Body::Nothing)),
        (&get(), KNOWN, (length("2"), Body::Exact(2))),
        (
            &get(),
            UNKNOWN,
            ("transfer-encoding: chunked".to_owned(), Body::Chunks),
        ),
        (&old, KNOWN, (length("2"), Body::Exact(2))),
        (&old, UNKNOWN, (String::new(), Body::ToClose)),
    ] {
        assert_eq!(
            framed(exchange, 200, content, &[]),
            Ok(expected),
            "{content:?}"
        );
    }
}

#[test]
fn some_responses_never_have_a_body() {
    // 4.7-4, 4.7-5, 4.7-6
    let head = request(Method::HEAD, Minor::Http11);
    let connect = request(Method::CONNECT, Minor::Http11);
    for (exchange, status) in [
        (&get(), 101),
        (&get(), 204),
        (&get(), 304),
        (&connect, 200),
        (&connect, 299),
    ] {
        for content in [NONE, Content::Known(0), KNOWN, UNKNOWN] {
            let nothing = Ok((String::new(), Body::Nothing));
            assert_eq!(
                framed(exchange, status, content, &[]),
                nothing,
                "{status} {content:?}"
            );
        }
    }
    let to_head = framed(&head, 304, KNOWN, &[]);
    assert_eq!(to_head, Ok((String::new(), Body::Nothing)));
    for (content, fields) in [
        (NONE, ""),
        (Content::Known(0), ""),
        (UNKNOWN, ""),
        (KNOWN, "content-length: 2"),
    ] {
        let expected = Ok((fields.to_owned(), Body::Nothing));
        assert_eq!(framed(&head, 200, content, &[]), expected, "{content:?}");
    }
    assert_eq!(
        framed(&connect, 404, KNOWN, &[]),
        Ok(("content-length: 2".to_owned(), Body::Exact(2)))
    );
}

#[test]
fn a_length_in_the_head_counts_where_the_content_says_nothing() {
    // 4.7-7
    let given = |value: &'static str| framed(&get(), 200, UNKNOWN, &[("content-length", value)]);
    assert_eq!(
        given("7"),
        Ok(("content-length: 7".to_owned(), Body::Exact(7)))
    );
    assert_eq!(
        given("07"),
        Ok(("content-length: 07".to_owned(), Body::Exact(7)))
    );
    assert_eq!(
        given("0"),
        Ok(("content-length: 0".to_owned(), Body::Nothing))
    );
    for invalid in ["x", "+7", "7, 7", ""] {
        assert_eq!(given(invalid), Err(User::UnexpectedHeader), "{invalid}");
    }
    let twice = |second: &'static str| {
        framed(
            &get(),
            200,
            UNKNOWN,
            &[("content-length", "7"), ("content-length", second)],
        )
    };
    assert_eq!(
        twice("7"),
        Ok(("content-length: 7".to_owned(), Body::Exact(7)))
    );
    assert_eq!(twice("8"), Err(User::UnexpectedHeader));
}

#[test]
fn a_length_in_the_head_that_is_not_the_bodys_is_not_sent() {
    // 4.7-7 for absent bodies. Better than 8.15: nothing panics, and no peer is misled.
    for value in ["0", "1", "7", "x"] {
        let fields = [("content-length", value)];
        assert_eq!(
            framed(&get(), 200, NONE, &fields),
            Ok(("content-length: 0".to_owned(), Body::Nothing))
        );
        assert_eq!(
            framed(&get(), 200, KNOWN, &fields),
            Err(User::UnexpectedHeader)
        );
        for status in [101, 204] {
            for content in [NONE, KNOWN] {
                let nothing = Ok((String::new(), Body::Nothing));
                assert_eq!(framed(&get(), status, content, &fields), nothing);
            }
            let unknown = if value == "x" {
                Err(User::UnexpectedHeader)
            } else {
                Ok((String::new(), Body::Nothing))
            };
            assert_eq!(framed(&get(), status, UNKNOWN, &fields), unknown);
        }
    }
    let fields = [("content-length", "02")];
    assert_eq!(
        framed(&get(), 200, KNOWN, &fields),
        Ok(("content-length: 02".to_owned(), Body::Exact(2)))
    );
}

#[test]
fn responses_without_a_body_may_say_how_long_it_would_be() {
    // 4.7-7, 9-11
    let head = request(Method::HEAD, Minor::Http11);
    for content in [NONE, KNOWN, UNKNOWN] {
        for (exchange, status) in [(&head, 200), (&head, 404), (&get(), 304)] {
            let fields = [("content-length", "7")];
            let expected = Ok(("content-length: 7".to_owned(), Body::Nothing));
            assert_eq!(
                framed(exchange, status, content, &fields),
                expected,
                "{content:?}"
            );
        }
    }
    let invalid = [("content-length", "x")];
    assert_eq!(
        framed(&head, 200, NONE, &invalid),
        Ok((String::new(), Body::Nothing))
    );
    assert_eq!(
        framed(&head, 200, KNOWN, &invalid),
        Ok(("content-length: 2".to_owned(), Body::Nothing))
    );
    assert_eq!(
        framed(&head, 200, UNKNOWN, &invalid),
        Err(User::UnexpectedHeader)
    );
    assert_eq!(
        framed(&head, 204, NONE, &[("content-length", "7")]),
        Ok((String::new(), Body::Nothing))
    );
}

#[test]
fn codings_in_the_head_are_kept_and_end_with_chunked() {
    // 4.7-9
    for content in [KNOWN, UNKNOWN] {
        for (lines, written) in [
            (&["chunked"][..], "chunked"),
            (&["gzip"], "gzip, chunked"),
            (&["gzip, Chunked"], "gzip, Chunked"),
            (&["gzip", "chunked"], "gzip, chunked"),
            (&["chunked", "gzip"], "chunked, gzip, chunked"),
            (&[""], "chunked"),
        ] {
            let fields: Vec<_> = lines
                .iter()
                .map(|&line| ("transfer-encoding", line))
                .collect();
            let expected = Ok((format!("transfer-encoding: {written}"), Body::Chunks));
            assert_eq!(framed(&get(), 200, content, &fields), expected);
        }
    }
    let chunked = [("transfer-encoding", "chunked")];
    // An absent body is one last chunk.
    let (text, outgoing) = written(&response(200, &chunked), NONE, &get());
    assert_eq!(text, "HTTP/1.1 200 OK | transfer-encoding: chunked |  | 0");
    assert_eq!(body(&outgoing), Body::Nothing);
    // Where no body can be chunked, no coding is named.
    let old = request(Method::GET, Minor::Http10);
    let head = request(Method::HEAD, Minor::Http11);
    assert_eq!(
        framed(&old, 200, UNKNOWN, &chunked),
        Ok((String::new(), Body::ToClose))
    );
    assert_eq!(
        framed(&old, 200, KNOWN, &chunked),
        Ok(("content-length: 2".to_owned(), Body::Exact(2)))
    );
    assert_eq!(
        framed(&head, 200, UNKNOWN, &chunked),
        Ok((String::new(), Body::Nothing))
    );
    for status in [101, 204, 304] {
        assert_eq!(
            framed(&get(), status, UNKNOWN, &chunked),
            Ok((String::new(), Body::Nothing))
        );
    }
}

#[test]
fn contradicting_fields_are_refused() {
    // 2.4-14
    let both = [("content-length", "2"), ("transfer-encoding", "chunked")];
    for content in [NONE, KNOWN, UNKNOWN] {
        assert_eq!(
            framed(&get(), 200, content, &both),
            Err(User::UnexpectedHeader)
        );
    }
    // Also where codings are left out.
    let old = request(Method::GET, Minor::Http10);
    let head = request(Method::HEAD, Minor::Http11);
    for (request, status) in [(&old, 200), (&head, 200), (&get(), 304), (&get(), 204)] {
        for content in [NONE, KNOWN, UNKNOWN] {
            assert_eq!(
                framed(request, status, content, &both),
                Err(User::UnexpectedHeader)
            );
        }
    }
    let connect = request(Method::CONNECT, Minor::Http11);
    for field in [("content-length", "0"), ("transfer-encoding", "chunked")] {
        assert_eq!(
            framed(&connect, 200, NONE, &[field]),
            Err(User::UnexpectedHeader)
        );
    }
    for status in [100, 102, 199] {
        assert_eq!(
            framed(&get(), status, NONE, &[]),
            Err(User::UnsupportedStatusCode)
        );
    }
}

#[test]
fn trailers_are_not_announced_where_nothing_can_be_chunked() {
    let fields = [("trailer", "a")];
    let old = request(Method::GET, Minor::Http10);
    let head = request(Method::HEAD, Minor::Http11);
    for (exchange, status, kept) in [
        (&get(), 200, true),
        (&old, 200, false),
        (&head, 200, false),
        (&get(), 204, false),
        (&get(), 304, false),
    ] {
        for content in [NONE, KNOWN, UNKNOWN] {
            let (text, _) = written(&response(status, &fields), content, exchange);
            assert_eq!(text.contains("trailer: a"), kept, "{text}");
        }
    }
}

#[test]
fn trailers_are_announced_to_peers_that_take_them() {
    // 4.7-14
    let head = response(200, &[("trailer", "A, b"), ("trailer", "c d, e")]);
    for accepts_trailers in [true, false] {
        let exchange = Exchange {
            accepts_trailers,
            ..Exchange::default()
        };
        let (_, outgoing) = written(&head, UNKNOWN, &exchange);
        let Some(Encoder::Chunked { trailers }) = outgoing.body else {
            panic!("the body is chunked");
        };
        let expected: &[&str] = if accepts_trailers {
            &["a", "b", "e"]
        } else {
            &[]
        };
        assert_eq!(trailers, expected);
    }
}
