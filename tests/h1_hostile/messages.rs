//! Messages good and bad.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Bytes a peer sends, or the parts of them that belong together.
pub type Bytes = Vec<u8>;

// ----- pieces of messages -----

fn text(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

/// Fields that say nothing about framing.
fn plain_field() -> impl Strategy<Value = String> {
    text(&[
        "host: a",
        "Host:b",
        "x: y",
        "X-Empty:",
        "x: \t spaces \t inside and out \t",
        "cookie: a=1; b=\"2, 3\"",
        "expect: 100-continue",
        "te: trailers",
        "trailer: x",
        "accept: */*, text/html;q=0.1",
        "accept-encoding: gzip",
        "x: y",
        "etag: \"\"",
        "user-agent: a/1 (b; c) d",
        "connection: keep-alive",
        "Connection: x, Keep-Alive",
        "connection: x, close",
        "upgrade: chat",
        "keep-alive: timeout=5",
        "content-lengthy: 7",
        "x-transfer-encoding: chunked",
    ])
}

/// A body with the field lines that frame it, rightly or not.
#[derive(Clone, Debug)]
struct Framed {
    fields: Vec<String>,
    body: String,
}

fn data() -> impl Strategy<Value = String> {
    prop_oneof![
        text(&[
            "",
            "a",
            "hello",
            "0\r\n\r\n",
            "\r\n",
            "\r\n\r\n",
            "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n",
            "0\r\n\r\nGET /hidden HTTP/1.1\r\nx: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        ]),
        "[a-z]{0,40}",
    ]
}

fn chunked(data: &str, cuts: &[usize], line_end: &str, extension: &str, trailers: &str) -> String {
    let mut chunks = String::new();
    let mut rest = data;
    for cut in cuts {
        let (piece, later) = rest.split_at((*cut).min(rest.len()));
        rest = later;
        if !piece.is_empty() {
            chunks += &format!("{:x}{extension}{line_end}{piece}\r\n", piece.len());
        }
    }
    if !rest.is_empty() {
        chunks += &format!("{:X}\r\n{rest}\r\n", rest.len());
    }
    chunks + "0" + extension + "\r\n" + trailers + "\r\n"
}

fn chunked_body() -> impl Strategy<Value = String> {
    let cuts = vec(1usize..10, 0..4);
    let line_end = prop_oneof![9 => Just("\r\n"), 1 => text_ends()];
    let extension = text(&["", "", "", ";a", ";a=\"b;c\"", " ", ";a\u{e9}\t"]);
    let trailers = text(&[
        "",
        "",
        "x: y\r\n",
        "x: y\r\nz:\r\n",
        "content-length: 5\r\n",
        "x: y\n",
        "no colon\r\n",
    ]);
    (data(), cuts, line_end, extension, trailers).prop_map(
        |(data, cuts, end, extension, trailers)| chunked(&data, &cuts, end, &extension, &trailers),
    )
}

fn text_ends() -> impl Strategy<Value = &'static str> {
    select(&["\n", "\r", "\r\r\n", " \r\n", ";\r\n"][..])
}

fn transfer_encoding() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just("transfer-encoding: chunked".to_owned()),
        3 => text(&[
            "Transfer-Encoding: Chunked",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: gzip\r\ntransfer-encoding: chunked",
            "transfer-encoding:\tchunked ",
        ]),
        2 => text(&[
            "transfer-encoding: chunked, gzip",
            "transfer-encoding: identity",
            "transfer-encoding: xchunked",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity",
            "transfer-encoding: chunked;",
            "transfer-encoding: \"chunked\"",
            "transfer-encoding :chunked",
            " transfer-encoding: chunked",
            "transfer-encoding: chunked\u{b}",
            "transfer-encoding\0: chunked",
            "x: y\rtransfer-encoding: chunked",
            "transfer-encoding:",
        ]),
    ]
}

fn content_length(length: usize) -> impl Strategy<Value = String> {
    let odd = [
        format!("content-length: {length}\r\ncontent-length: {length}"),
        format!("content-length: {length}\r\ncontent-length: {}", length + 1),
        format!("content-length: {length}, {length}"),
        format!("content-length: 0{length}"),
        format!("content-length: +{length}"),
        format!("content-length: -{length}"),
        format!("content-length: {length} {length}"),
        format!("content-length: 0x{length}"),
        format!("content-length : {length}"),
        format!("content-length:\u{b}{length}"),
        format!("content-length: {}", length + 5),
        format!("content-length: {}", length.saturating_sub(1)),
        "content-length: 18446744073709551615".to_owned(),
        "content-length: 18446744073709551616".to_owned(),
        "content-length:".to_owned(),
    ];
    prop_oneof![
        6 => Just(format!("content-length: {length}")),
        1 => select(odd.to_vec()),
    ]
}

fn framed() -> impl Strategy<Value = Framed> {
    let bare = data().prop_map(|body| Framed {
        fields: vec![],
        body,
    });
    let none = Just(Framed {
        fields: vec![],
        body: String::new(),
    });
    let sized = data().prop_flat_map(|body| {
        content_length(body.len()).prop_map(move |field| Framed {
            fields: vec![field],
            body: body.clone(),
        })
    });
    let coded = (transfer_encoding(), chunked_body()).prop_map(|(field, body)| Framed {
        fields: vec![field],
        body,
    });
    let both = (transfer_encoding(), chunked_body(), any::<bool>()).prop_flat_map(
        |(coding, body, length_first)| {
            content_length(body.len() / 2).prop_map(move |length| {
                let mut fields = vec![coding.clone(), length];
                if length_first {
                    fields.reverse();
                }
                Framed {
                    fields,
                    body: body.clone(),
                }
            })
        },
    );
    prop_oneof![4 => none, 1 => bare, 4 => sized, 4 => coded, 2 => both]
}

fn head(start: String, plain: Vec<String>, framed: Framed, line_end: &str) -> Bytes {
    let mut message = start + line_end;
    let half = plain.len() / 2;
    let fields = plain[..half]
        .iter()
        .chain(&framed.fields)
        .chain(&plain[half..]);
    for field in fields {
        message += field;
        message += line_end;
    }
    message += line_end;
    message += &framed.body;
    message.into_bytes()
}

fn line_end() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => Just("\r\n"), 1 => Just("\n")]
}

fn request() -> impl Strategy<Value = Bytes> {
    let method = text(&[
        "GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "M-SEARCH",
    ]);
    let target = text(&["/", "/a?b=c", "http://a/b", "*", "a:1", "/\u{e9}", "/#f"]);
    let version = prop_oneof![
        30 => Just("HTTP/1.1".to_owned()),
        5 => Just("HTTP/1.0".to_owned()),
        1 => text(&["HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", ""]),
    ];
    let empty_lines = prop_oneof![6 => Just(""), 1 => select(&["\r\n", "\n\r\n"][..])];
    (
        (empty_lines, method, target, version),
        vec(plain_field(), 0..5),
        framed(),
        line_end(),
    )
        .prop_map(|((empty, method, target, version), plain, framed, end)| {
            let start = format!("{empty}{method} {target} {version}");
            head(start, plain, framed, end)
        })
}

fn response() -> impl Strategy<Value = Bytes> {
    let interim = prop_oneof![
        6 => Just("".to_owned()),
        1 => text(&[
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
            "HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n",
        ]),
    ];
    let line = prop_oneof![
        12 => text(&["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.0 200 OK", "HTTP/1.1 299 "]),
        2 => text(&["HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 200", "HTTP/1.1 500 \u{e9}"]),
        1 => text(&["HTTP/1.1 101 Switching Protocols", "HTTP/1.1 099 x", "HTTP/1.1 2000", "HTTP/2 200", "HTTP/1.1 20"]),
    ];
    (
        interim,
        line,
        vec(plain_field(), 0..5),
        framed(),
        line_end(),
    )
        .prop_map(|(interim, line, plain, framed, end)| head(interim + &line, plain, framed, end))
}

// ----- damage -----

/// One change to a message, wherever `at` of 1000 falls.
#[derive(Clone, Debug)]
struct Damage {
    at: usize,
    kind: DamageKind,
}

#[derive(Clone, Debug)]
enum DamageKind {
    Replace(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Truncate,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![
        3 => select(b"\r\n \t:;,0179aAfF/\0\x7f\x80\xff-+\"".to_vec()),
        1 => any::<u8>(),
    ];
    let insertion = prop_oneof![
        byte.clone().prop_map(|byte| vec![byte]),
        text(&[
            "\r\n",
            "\n",
            "\r",
            " ",
            "\r\n\r\n",
            "\r\n ",
            "\r\ncontent-length: 3",
            "\r\ntransfer-encoding: chunked",
            "\r\nconnection: close",
            "0\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
        ])
        .prop_map(String::into_bytes),
    ];
    let kind = prop_oneof![
        4 => byte.prop_map(DamageKind::Replace),
        4 => insertion.prop_map(DamageKind::Insert),
        3 => (1usize..6).prop_map(DamageKind::Remove),
        2 => (1usize..40).prop_map(DamageKind::Repeat),
        1 => Just(DamageKind::Truncate),
    ];
    (0usize..1000, kind).prop_map(|(at, kind)| Damage { at, kind })
}

fn damaged(mut message: Bytes, damages: &[Damage]) -> Bytes {
    for damage in damages {
        let at = message.len() * damage.at / 1000;
        match &damage.kind {
            DamageKind::Replace(byte) => {
                if let Some(old) = message.get_mut(at) {
                    *old = *byte;
                }
            }
            DamageKind::Insert(bytes) => {
                message.splice(at..at, bytes.iter().copied());
            }
            DamageKind::Remove(count) => {
                let end = message.len().min(at + count);
                message.drain(at..end);
            }
            DamageKind::Repeat(count) => {
                let end = message.len().min(at + count);
                let again = message[at..end].to_vec();
                message.splice(at..at, again);
            }
            DamageKind::Truncate => message.truncate(at),
        }
    }
    message
}

// ----- inputs -----

/// Bytes that resemble HTTP as letters resemble a text.
fn noise() -> impl Strategy<Value = Bytes> {
    let word = text(&[
        "GET",
        "POST",
        "HTTP/1.1",
        "HTTP/1.0",
        "200",
        "OK",
        " ",
        " ",
        "/",
        "\r\n",
        "\r\n",
        "\r\n",
        "\n",
        "\r",
        "\r\n\r\n",
        ":",
        ": ",
        "content-length",
        "transfer-encoding",
        "chunked",
        "connection",
        "close",
        "0",
        "5",
        "a",
        ";",
        ",",
        "\t",
        "\0",
        "\u{e9}",
        "PRI * HTTP/2.0\r\n\r\n",
    ]);
    prop_oneof![
        3 => vec(word, 0..40).prop_map(|words| words.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..200),
    ]
}

fn maybe_damaged(message: impl Strategy<Value = Bytes>) -> impl Strategy<Value = Bytes> {
    let damages = prop_oneof![2 => Just(vec![]), 1 => vec(damage(), 1..4)];
    (message, damages).prop_map(|(message, damages)| damaged(message, &damages))
}

/// All that a client sends on a connection.
pub fn requests() -> impl Strategy<Value = Bytes> {
    let row = vec(request(), 1..5).prop_map(|requests| requests.concat());
    prop_oneof![12 => maybe_damaged(row), 1 => noise()]
}

/// All that a server sends in answer to one request after the other.
pub fn responses() -> impl Strategy<Value = Vec<Bytes>> {
    let one = prop_oneof![12 => maybe_damaged(response()), 1 => noise()];
    vec(one, 1..4)
}
