use http::{HeaderValue, Response, Version};

use super::*;
use crate::proto::h1::config::Case;

mod framing;
mod persistence;

fn request(method: Method, minor: Minor) -> Exchange {
    Exchange {
        method,
        minor,
        ..Exchange::default()
    }
}

fn get() -> Exchange {
    Exchange::default()
}

fn response(status: u16, fields: &[(&'static str, &'static str)]) -> response::Parts {
    let mut head = Response::new(()).into_parts().0;
    head.status = status.try_into().expect("a status");
    for (name, value) in fields {
        head.headers.append(*name, HeaderValue::from_static(value));
    }
    head
}

/// What is written, line by line and without the empty one, and what is left to be done.
fn encoded(
    head: &response::Parts,
    content: Content,
    exchange: &Exchange,
    keep_alive: KeepAlive,
    config: &Config,
) -> Result<(String, Outgoing), User> {
    let mut dst = BytesMut::from("before|");
    match encode(head, content, exchange, keep_alive, config, &mut dst) {
        Ok(outgoing) => {
            let text = String::from_utf8_lossy(&dst);
            let written = text.strip_prefix("before|").expect("what was there stays");
            let written = written
                .strip_suffix("\r\n\r\n")
                .expect("an empty line ends it");
            Ok((written.replace("\r\n", " | "), outgoing))
        }
        Err(error) => {
            assert_eq!(&dst[..], b"before|", "nothing is written");
            Err(error)
        }
    }
}

/// As [`encoded`], for a connection that would stay.
fn written(head: &response::Parts, content: Content, exchange: &Exchange) -> (String, Outgoing) {
    encoded(head, content, exchange, KeepAlive::Yes, &Config::default()).expect("it can be sent")
}

#[test]
fn status_lines_have_a_phrase_whatever_the_status() {
    // 4.7-1, 1.4-2
    let mut own = response(200, &[]);
    own.extensions.insert(ReasonPhrase::from_static(b"Fine"));
    let mut none = response(200, &[]);
    none.extensions.insert(ReasonPhrase::from_static(b""));
    for (head, line) in [
        (response(200, &[]), "HTTP/1.1 200 OK"),
        (response(418, &[]), "HTTP/1.1 418 I'm a teapot"),
        (response(999, &[]), "HTTP/1.1 999 <none>"),
        (own, "HTTP/1.1 200 Fine"),
        (none, "HTTP/1.1 200 "),
    ] {
        let (text, _) = written(&head, Content::None, &get());
        assert_eq!(text, format!("{line} | content-length: 0"));
    }
}

#[test]
fn versions_are_those_of_this_protocol() {
    // 4.5-2, 4.5-6, and better than 8.14: no version panics.
    for (version, asked, line) in [
        (Version::HTTP_11, Minor::Http11, "HTTP/1.1"),
        (Version::HTTP_10, Minor::Http11, "HTTP/1.0"),
        (Version::HTTP_11, Minor::Http10, "HTTP/1.0"),
        (Version::HTTP_2, Minor::Http11, "HTTP/1.1"),
        (Version::HTTP_3, Minor::Http11, "HTTP/1.1"),
        (Version::HTTP_09, Minor::Http11, "HTTP/1.0"),
        (Version::HTTP_2, Minor::Http10, "HTTP/1.0"),
    ] {
        let mut head = response(204, &[]);
        head.version = version;
        let (text, _) = written(&head, Content::None, &request(Method::GET, asked));
        assert!(text.starts_with(line), "{version:?} to {asked:?}: {text}");
    }
}

#[test]
fn fields_keep_their_order_and_some_are_joined() {
    // 4.7-2, 4.7-13
    let head = response(
        200,
        &[
            ("vary", "a"),
            ("connection", "x"),
            ("trailer", "t"),
            ("vary", "b"),
            ("connection", "y"),
            ("trailer", "u"),
            ("a", ""),
        ],
    );
    let config = Config {
        date: Some(|| HeaderValue::from_static("now")),
        ..Config::default()
    };
    let (text, _) =
        encoded(&head, Content::Unknown, &get(), KeepAlive::Yes, &config).expect("it can be sent");
    assert_eq!(
        text,
        "HTTP/1.1 200 OK | vary: a | vary: b | connection: x, y | trailer: t, u | a:  | transfer-encoding: chunked | date: now"
    );
    let dated = response(200, &[("date", "then")]);
    let (text, _) =
        encoded(&dated, Content::None, &get(), KeepAlive::Yes, &config).expect("it can be sent");
    assert_eq!(text, "HTTP/1.1 200 OK | date: then | content-length: 0");
}

#[test]
fn spellings_are_recorded_ones_then_title_case() {
    // 3.1-2
    let mut head = response(
        200,
        &[
            ("x-a", "1"),
            ("x-a", "2"),
            ("x-b_c-2d", "3"),
            ("connection", "y"),
        ],
    );
    let mut case = HeaderCase::default();
    for (name, spelling) in [
        ("x-a", "X-a"),
        ("connection", "CONNECTION"),
        ("content-length", "CoNtEnT-lEnGtH"),
    ] {
        case.record(HeaderName::from_static(name), spelling.into());
    }
    head.extensions.insert(case);
    for (title, text) in [
        (
            true,
            "HTTP/1.1 200 OK | X-a: 1 | X-A: 2 | X-B_c-2d: 3 | CONNECTION: y | CoNtEnT-lEnGtH: 0",
        ),
        (
            false,
            "HTTP/1.1 200 OK | X-a: 1 | x-a: 2 | x-b_c-2d: 3 | CONNECTION: y | CoNtEnT-lEnGtH: 0",
        ),
    ] {
        let config = Config {
            case: Case {
                preserve: true,
                title,
            },
            ..Config::default()
        };
        let (written, _) =
            encoded(&head, Content::None, &get(), KeepAlive::Yes, &config).expect("it can be sent");
        assert_eq!(written, text);
    }
}
