use http::header::HeaderName;
use http::{HeaderValue, Request, Uri, Version};

use super::*;
use crate::proto::h1::config::Case;
use crate::proto::h1::framing::encoder::Encoder;

fn request(method: Method, fields: &[(&'static str, &'static str)]) -> request::Parts {
    let mut head = Request::new(()).into_parts().0;
    head.method = method;
    for (name, value) in fields {
        head.headers.append(*name, HeaderValue::from_static(value));
    }
    head
}

/// What is written, line by line and without the empty one, and what is left to be done.
fn encoded(
    head: &request::Parts,
    content: Content,
    exchange: &mut Exchange,
    keep_alive: KeepAlive,
    config: &Config,
) -> (String, Outgoing) {
    let mut dst = BytesMut::from("before|");
    let outgoing = encode(head, content, exchange, keep_alive, config, &mut dst)
        .expect("nothing contradicts anything");
    let text = String::from_utf8_lossy(&dst);
    let written = text.strip_prefix("before|").expect("what was there stays");
    let written = written
        .strip_suffix("\r\n\r\n")
        .expect("an empty line ends it");
    (written.replace("\r\n", " | "), outgoing)
}

/// As [`encoded`], on a new connection.
fn written(head: &request::Parts, content: Content) -> (String, Outgoing) {
    let mut exchange = Exchange::default();
    encoded(
        head,
        content,
        &mut exchange,
        KeepAlive::Yes,
        &Config::default(),
    )
}

#[test]
fn request_lines_have_the_target_as_given() {
    // 5.1-1
    for (uri, line) in [
        ("/", "GET / HTTP/1.1"),
        ("/a?b", "GET /a?b HTTP/1.1"),
        ("http://a/b?c", "GET http://a/b?c HTTP/1.1"),
        ("http://a", "GET http://a/ HTTP/1.1"),
        ("a:80", "GET a:80 HTTP/1.1"),
        ("*", "GET * HTTP/1.1"),
    ] {
        let mut head = request(Method::GET, &[]);
        head.uri = Uri::from_static(uri);
        assert_eq!(written(&head, Content::None).0, line);
    }
}

#[test]
fn versions_are_those_of_this_protocol() {
    // 5.1-2, and better than 8.14: no version panics.
    for (version, line) in [
        (Version::HTTP_11, "GET / HTTP/1.1"),
        (Version::HTTP_10, "GET / HTTP/1.0"),
        (Version::HTTP_2, "GET / HTTP/1.1"),
        (Version::HTTP_3, "GET / HTTP/1.1"),
        (Version::HTTP_09, "GET / HTTP/1.0"),
    ] {
        let mut head = request(Method::GET, &[]);
        head.version = version;
        assert_eq!(written(&head, Content::None).0, line);
    }
}

#[test]
fn requests_to_an_old_server_are_written_in_its_version() {
    // 5.1-2
    let mut exchange = Exchange::default();
    exchange.received(Minor::Http10);
    let mut old = request(Method::POST, &[]);
    old.version = Version::HTTP_10;
    for (head, content, keep_alive, text) in [
        (
            request(Method::POST, &[]),
            Content::Known(2),
            KeepAlive::Yes,
            "POST / HTTP/1.0 | connection: keep-alive | content-length: 2",
        ),
        (
            request(Method::POST, &[("connection", "x")]),
            Content::None,
            KeepAlive::Yes,
            "POST / HTTP/1.0 | connection: x | connection: keep-alive",
        ),
        (
            request(Method::POST, &[("connection", "Keep-Alive")]),
            Content::None,
            KeepAlive::Yes,
            "POST / HTTP/1.0 | connection: Keep-Alive",
        ),
        (
            request(Method::POST, &[("connection", "close")]),
            Content::None,
            KeepAlive::Yes,
            "POST / HTTP/1.0 | connection: close",
        ),
        (
            request(Method::POST, &[]),
            Content::Unknown,
            KeepAlive::No,
            "POST / HTTP/1.0",
        ),
        (old, Content::None, KeepAlive::Yes, "POST / HTTP/1.0"),
    ] {
        let (written, _) = encoded(
            &head,
            content,
            &mut exchange,
            keep_alive,
            &Config::default(),
        );
        assert_eq!(written, text);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Nothing,
    Exact(u64),
    Chunks,
}

/// The framing fields that are written, and the body that follows.
fn framed(
    version: Version,
    method: Method,
    content: Content,
    fields: &[(&'static str, &'static str)],
) -> (String, Body) {
    let mut head = request(method, fields);
    head.version = version;
    let (text, outgoing) = written(&head, content);
    let lines = text
        .split(" | ")
        .filter(|line| line.starts_with("content-length") || line.starts_with("transfer-encoding"));
    let body = match outgoing.body {
        None => Body::Nothing,
        Some(Encoder::Exact(length)) => Body::Exact(length),
        Some(Encoder::Chunked { .. }) => Body::Chunks,
        Some(Encoder::CloseDelimited) => panic!("a request cannot last until the end"),
    };
    (lines.collect::<Vec<_>>().join(" | "), body)
}

const V10: Version = Version::HTTP_10;
const V11: Version = Version::HTTP_11;
const NONE: Content = Content::None;
const KNOWN: Content = Content::Known(2);
const UNKNOWN: Content = Content::Unknown;

fn length(value: &str, body: Body) -> (String, Body) {
    (format!("content-length: {value}"), body)
}

fn nothing() -> (String, Body) {
    (String::new(), Body::Nothing)
}

#[test]
fn a_request_without_a_body_needs_no_field() {
    // 5.1-3
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::CONNECT,
    ] {
        for version in [V10, V11] {
            assert_eq!(framed(version, method.clone(), NONE, &[]), nothing());
            for coding in ["chunked", "gzip"] {
                let fields = [("transfer-encoding", coding)];
                assert_eq!(framed(version, method.clone(), NONE, &fields), nothing());
            }
            // Better than 8.16: no length is promised that is never sent.
            for value in ["0", "5", "nonsense"] {
                let fields = [("content-length", value), ("transfer-encoding", "chunked")];
                let expected = length("0", Body::Nothing);
                assert_eq!(framed(version, method.clone(), NONE, &fields), expected);
            }
        }
    }
}

#[test]
fn the_content_decides_the_framing() {
    // 5.1-5, 5.1-6
    let chunked = ("transfer-encoding: chunked".to_owned(), Body::Chunks);
    for (version, method, content, expected) in [
        (
            V11,
            Method::POST,
            Content::Known(0),
            length("0", Body::Nothing),
        ),
        (V11, Method::POST, KNOWN, length("2", Body::Exact(2))),
        (V11, Method::GET, KNOWN, length("2", Body::Exact(2))),
        (V11, Method::POST, UNKNOWN, chunked.clone()),
        (V11, Method::DELETE, UNKNOWN, chunked.clone()),
        (V11, Method::OPTIONS, UNKNOWN, chunked.clone()),
        // 8.10 stays: programs rely on it.
        (V11, Method::GET, UNKNOWN, nothing()),
        (V11, Method::HEAD, UNKNOWN, nothing()),
        (V11, Method::CONNECT, UNKNOWN, nothing()),
        (V10, Method::POST, UNKNOWN, nothing()),
        (V10, Method::POST, KNOWN, length("2", Body::Exact(2))),
        // A request that is passed on from HTTP/2 has its body.
        (Version::HTTP_2, Method::POST, UNKNOWN, chunked),
    ] {
        assert_eq!(
            framed(version, method, content, &[]),
            expected,
            "{version:?} {content:?}"
        );
    }
}

#[test]
fn a_valid_length_in_the_head_decides() {
    // 5.1-4, 5.1-6
    for version in [V10, V11] {
        for method in [Method::POST, Method::GET] {
            for content in [Content::Known(5), UNKNOWN] {
                let fields = [("content-length", "5")];
                let expected = length("5", Body::Exact(5));
                assert_eq!(framed(version, method.clone(), content, &fields), expected);
                let fields = [("content-length", "5"), ("content-length", "05")];
                assert_eq!(framed(version, method.clone(), content, &fields), expected);
            }
            for content in [Content::Known(0), UNKNOWN] {
                let fields = [("content-length", "0")];
                let expected = length("0", Body::Nothing);
                assert_eq!(framed(version, method.clone(), content, &fields), expected);
            }
        }
    }
}

#[test]
fn a_length_in_the_head_that_is_not_the_bodys_is_refused() {
    // Better than 8.15.
    for value in ["0", "1", "3", "500"] {
        for version in [V10, V11] {
            let mut head = request(Method::POST, &[("content-length", value)]);
            head.version = version;
            let mut dst = BytesMut::new();
            let outcome = encode(
                &head,
                KNOWN,
                &mut Exchange::default(),
                KeepAlive::Yes,
                &Config::default(),
                &mut dst,
            );
            assert_eq!(outcome.err(), Some(User::UnexpectedHeader), "{value}");
            assert!(dst.is_empty());
        }
    }
}

#[test]
fn an_invalid_length_in_the_head_is_as_none() {
    // 5.1-5
    for lines in [&["x"][..], &["2", "3"], &["+2"]] {
        let fields: Vec<_> = lines.iter().map(|&line| ("content-length", line)).collect();
        assert_eq!(
            framed(V11, Method::POST, KNOWN, &fields),
            length("2", Body::Exact(2))
        );
        let chunked = ("transfer-encoding: chunked".to_owned(), Body::Chunks);
        assert_eq!(framed(V11, Method::POST, UNKNOWN, &fields), chunked);
        assert_eq!(framed(V11, Method::GET, UNKNOWN, &fields), nothing());
        assert_eq!(framed(V10, Method::POST, UNKNOWN, &fields), nothing());
    }
}

#[test]
fn codings_in_the_head_are_kept_and_end_with_chunked() {
    // 5.1-4
    for method in [Method::POST, Method::GET] {
        for content in [Content::Known(0), KNOWN, UNKNOWN] {
            for (coding, written) in [
                ("chunked", "chunked"),
                ("gzip", "gzip, chunked"),
                ("GZIP, Chunked", "GZIP, Chunked"),
            ] {
                let fields = [("content-length", "5"), ("transfer-encoding", coding)];
                let expected = (format!("transfer-encoding: {written}"), Body::Chunks);
                assert_eq!(framed(V11, method.clone(), content, &fields), expected);
            }
        }
    }
    let fields = [("transfer-encoding", "chunked")];
    assert_eq!(
        framed(V10, Method::POST, KNOWN, &fields),
        length("2", Body::Exact(2))
    );
    assert_eq!(framed(V10, Method::POST, UNKNOWN, &fields), nothing());
}

#[test]
fn trailers_are_those_the_head_announces() {
    // 5.1-7
    let head = request(Method::POST, &[("trailer", "a"), ("trailer", "B, c")]);
    let (text, outgoing) = written(&head, UNKNOWN);
    assert_eq!(
        text,
        "POST / HTTP/1.1 | trailer: a | trailer: B, c | transfer-encoding: chunked"
    );
    let Some(Encoder::Chunked { trailers }) = outgoing.body else {
        panic!("the body is chunked");
    };
    assert_eq!(trailers, ["a", "b", "c"]);
}

#[test]
fn the_connection_ends_as_the_head_says() {
    // 5.1-8
    for (keep_alive, fields, text, follows) in [
        (KeepAlive::Yes, &[][..], "GET / HTTP/1.1", KeepAlive::Yes),
        (
            KeepAlive::Yes,
            &[("connection", "x"), ("connection", "Close")],
            "GET / HTTP/1.1 | connection: x | connection: Close",
            KeepAlive::No,
        ),
        (
            KeepAlive::No,
            &[("connection", "x")],
            "GET / HTTP/1.1 | connection: x | connection: close",
            KeepAlive::No,
        ),
    ] {
        let head = request(Method::GET, fields);
        let (written, outgoing) = encoded(
            &head,
            NONE,
            &mut Exchange::default(),
            keep_alive,
            &Config::default(),
        );
        assert_eq!(written, text);
        assert_eq!(outgoing.keep_alive, follows);
    }
}

#[test]
fn spellings_are_recorded_ones_then_title_case() {
    // 3.2-1, 5.1-9
    let mut head = request(Method::POST, &[("x-a", "1"), ("x-a", ""), ("y-b", "")]);
    let title = Config {
        case: Case {
            title: true,
            preserve: true,
        },
        ..Config::default()
    };
    let mut exchange = Exchange::default();
    let (text, _) = encoded(&head, KNOWN, &mut exchange, KeepAlive::Yes, &title);
    assert_eq!(
        text,
        "POST / HTTP/1.1 | X-A: 1 | X-A:  | Y-B:  | Content-Length: 2"
    );

    let mut case = HeaderCase::default();
    for spelling in ["x-A", "X-a"] {
        case.record(HeaderName::from_static("x-a"), spelling.into());
    }
    head.extensions.insert(case);
    let (text, _) = encoded(&head, KNOWN, &mut exchange, KeepAlive::Yes, &title);
    assert_eq!(
        text,
        "POST / HTTP/1.1 | x-A: 1 | X-a: | Y-B: | Content-Length: 2"
    );
    let (text, _) = written(&head, KNOWN);
    assert_eq!(
        text,
        "POST / HTTP/1.1 | x-A: 1 | X-a: | y-b: | content-length: 2"
    );
}

#[test]
fn the_method_is_remembered_for_the_response() {
    let mut exchange = Exchange::default();
    let head = request(Method::HEAD, &[]);
    encoded(
        &head,
        NONE,
        &mut exchange,
        KeepAlive::Yes,
        &Config::default(),
    );
    assert_eq!(exchange.method(), Method::HEAD);
}
