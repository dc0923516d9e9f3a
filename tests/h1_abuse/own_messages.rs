//! What hyper writes is one message, whatever its caller puts together: no body without framing, no framing that says two
//! things, no line within a line (RFC 9112, sections 6.1, 6.3, 9.3 and 11.1). Contract 4.7, 5.1.
//!
//! The bodies here are requests and responses themselves, so that an end in the wrong place shows as a message too many.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, Version};
use http_body_util::Full;

use crate::support::bodies::{empty_body, test_body, Frames, TestBody};
use crate::support::responses::with_status;
use crate::support::scripted_h1::{Client, Head, Server};

pub const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

/// How a reader that knows only RFC 9112 finds a message to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is complete, and nothing is behind it.
    Complete,
    /// It ends with the connection.
    WithConnection,
    /// More was announced than came.
    Cut,
}

/// Whose message it is: a response depends on the method it answers.
#[derive(Clone, Debug)]
pub enum Sender {
    Client,
    Server { asked: Method },
}

/// Reads `text`, which has to be one message and nothing else.
pub fn read(text: &str, sender: &Sender) -> End {
    let (head, head_len) = Head::parse(text).expect("a whole head");
    let rest = &text[head_len..];
    let lengths: Vec<_> = head.all("content-length").collect();
    let codings: Vec<_> = head.all("transfer-encoding").collect();
    assert!(lengths.len() <= 1 && codings.len() <= 1, "{head:?}");
    assert!(lengths.is_empty() || codings.is_empty(), "{head:?}");
    if let Sender::Server { asked } = sender {
        let status = head.status();
        let opens_tunnel = *asked == Method::CONNECT && (200..300).contains(&status);
        if status < 200 || opens_tunnel {
            assert!(lengths.is_empty() && codings.is_empty(), "{head:?}");
        }
        if *asked == Method::HEAD || status < 200 || [204, 304].contains(&status) || opens_tunnel {
            assert_eq!(rest, "", "content where there is none");
            return End::Complete;
        }
    }
    if let [codings] = codings[..] {
        let is_old = head.start_line.contains("HTTP/1.0");
        assert!(!is_old, "a transfer coding in HTTP/1.0");
        let last = codings.split(',').map(str::trim).next_back();
        assert_eq!(last, Some("chunked"), "{codings}");
        return chunks(rest);
    }
    if let [length] = lengths[..] {
        assert!(length.bytes().all(|byte| byte.is_ascii_digit()), "{length}");
        let length: usize = length.parse().expect("a length");
        assert!(rest.len() <= length, "more than announced: {rest:?}");
        return match rest.len() == length {
            true => End::Complete,
            false => End::Cut,
        };
    }
    match sender {
        Sender::Client => {
            assert_eq!(rest, "", "a body without framing");
            End::Complete
        }
        Sender::Server { .. } => End::WithConnection,
    }
}

fn chunks(mut rest: &str) -> End {
    loop {
        let Some((size, more)) = rest.split_once("\r\n") else {
            return End::Cut;
        };
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            break rest = more;
        }
        let Some(data) = more.get(size..) else {
            return End::Cut;
        };
        rest = data.strip_prefix("\r\n").expect("CRLF behind the data");
    }
    let trailers = rest.strip_suffix("\r\n").expect("an end");
    assert!(!trailers.starts_with("\r\n") && !trailers.contains("\r\n\r\n"));
    End::Complete
}

/// Bodies of every kind, with what is in them.
fn bodies() -> [TestBody; 6] {
    let data = Bytes::from_static(SMUGGLED.as_bytes());
    let mut trailers = HeaderMap::new();
    trailers.insert("x", HeaderValue::from_static("y"));
    trailers.insert("content-length", HeaderValue::from_static("3"));
    trailers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    [
        empty_body(),
        test_body(Full::new(data.clone())),
        test_body(Frames::of([data.clone()]).with_declared_length()),
        test_body(Frames::of([data.clone(), Bytes::new(), data.clone()])),
        test_body(Frames::of([])),
        test_body(Frames::of([data]).with_trailers(trailers)),
    ]
}

/// Framing fields as callers may set them.
const FIELDS: [&[(&str, &str)]; 12] = [
    &[],
    &[("content-length", "35")],
    &[("content-length", "3")],
    &[("content-length", "+35")],
    &[("content-length", "35, 35")],
    &[("content-length", "35"), ("content-length", "36")],
    &[("transfer-encoding", "chunked")],
    &[("transfer-encoding", "gzip")],
    &[("transfer-encoding", "chunked, gzip")],
    &[
        ("transfer-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
    ],
    &[("transfer-encoding", "chunked"), ("content-length", "35")],
    &[
        ("trailer", "x, content-length, transfer-encoding"),
        ("connection", "te"),
    ],
];

fn add_fields(headers: &mut HeaderMap, fields: &[(&'static str, &'static str)]) {
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_static(value));
    }
}

// Contract 5.1-3 to 5.1-7.
#[tokio::test(start_paused = true)]
async fn every_request_is_written_as_one() {
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "CONNECT", "X"] {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            for fields in FIELDS {
                for (nth, body) in bodies().into_iter().enumerate() {
                    println!("{method} {version:?} {fields:?} body {nth}");
                    let mut request = Request::new(body);
                    *request.method_mut() = method.parse().expect("a method");
                    *request.version_mut() = version;
                    if method == "CONNECT" {
                        *request.uri_mut() = "a.example:443".parse().expect("an authority");
                    }
                    add_fields(request.headers_mut(), fields);
                    assert_written_as_one(request).await;
                }
            }
        }
    }
}

/// The request is one on the wire, or none with an error for its caller, or cut off with the connection.
pub async fn assert_written_as_one(request: Request<TestBody>) {
    let mut client = Client::start();
    let exchange = client.send(request);
    let text = client.peer.settled_text().await;
    if text.is_empty() {
        let error = exchange.failure().await;
        assert!(error.is_user(), "{error:?}");
        return;
    }
    match read(&text, &Sender::Client) {
        End::Complete => {}
        End::Cut => assert!(client.peer.has_ended(), "a cut message is the last: {text}"),
        End::WithConnection => unreachable!("requests do not end so"),
    }
}

// Contract 4.7-4 to 4.7-11.
#[tokio::test(start_paused = true)]
async fn every_response_is_written_as_one() {
    for asked in [Method::GET, Method::HEAD, Method::POST, Method::CONNECT] {
        for version in ["1.0", "1.1"] {
            for status in [101, 102, 200, 204, 205, 304, 404] {
                for fields in FIELDS {
                    for (nth, body) in bodies().into_iter().enumerate() {
                        println!("{asked} {version} {status} {fields:?} body {nth}");
                        let mut response = with_status(status, Response::new(body));
                        add_fields(response.headers_mut(), fields);
                        assert_answered_as_one(&asked, version, response).await;
                    }
                }
            }
        }
    }
}

async fn assert_answered_as_one(asked: &Method, version: &str, response: Response<TestBody>) {
    let mut server = Server::start();
    let target = if *asked == Method::CONNECT {
        "a:1"
    } else {
        "/"
    };
    let keep = "connection: keep-alive, te\r\nte: trailers";
    let call = server
        .request(format!("{asked} {target} HTTP/{version}\r\n{keep}\r\n\r\n"))
        .await;
    call.respond(response);
    let text = server.peer.settled_text().await;
    if text.is_empty() {
        let error = server.hyper.ended().await.expect_err("nothing is said");
        assert!(error.is_user(), "{error:?}");
        return;
    }
    let sender = Sender::Server {
        asked: asked.clone(),
    };
    let has_ended = server.peer.has_ended();
    match read(&text, &sender) {
        End::Complete => {
            let (head, _) = Head::parse(&text).expect("a head");
            assert!(
                has_ended || !head.says_close(),
                "a last word that is none: {text}"
            );
        }
        End::WithConnection | End::Cut => assert!(has_ended, "{text}"),
    }
}

/// What is on the wire when a value with `byte` in it is sent in each place that takes one; how many lines the heads have.
pub async fn lines_with(byte: u8) -> Vec<(usize, usize)> {
    let text = [b'a', byte, b'X', b':', b' ', b'b'];
    let mut seen = Vec::new();

    // Each as far as its type lets the byte in.
    let method = Method::from_bytes(&text[..3]).ok();
    let path = [b"/".as_slice(), &text[..3]].concat();
    let uri = http::Uri::try_from(&path[..]).ok();
    let name = HeaderName::from_bytes(&text[..3]).ok();
    let value = HeaderValue::from_bytes(&text).ok();

    let mut request = Request::new(empty_body());
    let mut due = 2;
    if let Some(method) = &method {
        *request.method_mut() = method.clone();
    }
    if let Some(uri) = uri {
        *request.uri_mut() = uri;
    }
    for (name, value) in [
        (name.clone(), Some(HeaderValue::from_static("v"))),
        (Some(HeaderName::from_static("n")), value.clone()),
        (Some(HeaderName::from_static("connection")), value.clone()),
    ] {
        if let (Some(name), Some(value)) = (name, value) {
            request.headers_mut().append(name, value);
            due += 1;
        }
    }
    let mut client = Client::start();
    client.send(request);
    let bytes = client.peer.settled_bytes().await;
    seen.push((line_count(&bytes), due));

    let mut response = Response::new(empty_body());
    let mut due = 4;
    if let Ok(phrase) = hyper::ext::ReasonPhrase::try_from(&text[..]) {
        response.extensions_mut().insert(phrase);
    }
    for (name, value) in [
        (name, Some(HeaderValue::from_static("v"))),
        (Some(HeaderName::from_static("n")), value.clone()),
        (Some(HeaderName::from_static("trailer")), value),
    ] {
        if let (Some(name), Some(value)) = (name, value) {
            response.headers_mut().append(name, value);
            due += 1;
        }
    }
    let mut server = Server::start();
    server.get().await.respond(response);
    let bytes = server.peer.settled_bytes().await;
    seen.push((line_count(&bytes), due));
    seen
}

/// Lines that any reader might see, whatever it takes for the end of one.
fn line_count(bytes: &[u8]) -> usize {
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let returns = bytes.iter().filter(|byte| **byte == b'\r').count();
    assert_eq!(feeds, returns, "{}", bytes.escape_ascii());
    assert!(!bytes.contains(&0), "{}", bytes.escape_ascii());
    feeds
}
