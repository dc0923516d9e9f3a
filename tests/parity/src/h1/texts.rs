//! Messages as bytes: valid, odd and hostile.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::{data, once_in};

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Request,
    Response,
}

#[derive(Clone, Debug)]
enum Line {
    Is(&'static [u8]),
    /// So many lines.
    Many(usize),
    /// One line of so many bytes.
    Long(usize),
}

#[derive(Clone, Debug)]
enum Content {
    None,
    /// With a length that is not always the true one.
    Length(Vec<u8>, i8),
    Chunked(Vec<Chunk>, &'static [u8]),
    /// Behind no framing of its own.
    Bare(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Chunk {
    data: Vec<u8>,
    /// What stands behind the size.
    extension: &'static str,
    upper: bool,
}

/// A byte goes in, goes out, or is another, at a fraction of the message.
#[derive(Clone, Debug)]
enum Mutation {
    Insert(u8),
    Remove,
    Replace(u8),
}

const LINES: &[&[u8]] = &[
    b"host: a",
    b"x-a: 1",
    b"X-A: 2",
    b"accept: */*",
    b"connection: close",
    b"connection: keep-alive",
    b"Connection: Keep-Alive, X-Foo",
    b"connection: upgrade",
    b"upgrade: websocket",
    b"expect: 100-continue",
    b"Expect: 100-Continue",
    b"te: trailers",
    b"TE: gzip, Trailers",
    b"content-type: text/plain",
    b"trailer: x-t",
    b"set-cookie: a=b",
    b"Set-Cookie: c=d",
];

const ODD_LINES: &[&[u8]] = &[
    b"X-Empty:",
    b"x-ows: \t y \t ",
    b"x-latin: \xe9\xff",
    b"connection: ,, close ,",
    b"connection: closed",
    b"connection: \xff, close",
    b"te: \xe9, trailers",
    b"transfer-encoding: \xe9, chunked",
    b"expect: 100-continue\xe9",
    b"expect: 100-continue, x",
    b"expect: other",
    b"date: Sun, 06 Nov 1994 08:49:37 GMT",
    b"content-length: 0",
    b"content-length: 5",
    b"Content-Length: 5",
    b"content-length: 005",
    b"content-length: 5, 5",
    b"content-length: 5,6",
    b"content-length: +5",
    b"content-length: -1",
    b"content-length:",
    b"content-length: 5 ",
    b"content-length: 0x5",
    b"content-length: 5 5",
    b"content-length: 18446744073709551613",
    b"content-length: 18446744073709551614",
    b"content-length: 18446744073709551615",
    b"content-length: 18446744073709551616",
    b"transfer-encoding: chunked",
    b"Transfer-Encoding: Chunked",
    b"transfer-encoding: gzip, chunked",
    b"transfer-encoding: chunked, gzip",
    b"transfer-encoding: gzip",
    b"transfer-encoding: identity",
    b"transfer-encoding: xchunked",
    b"transfer-encoding: \tchunked ",
    b"transfer-encoding:",
    b"transfer-encoding: chunked, chunked",
    b"transfer-encoding: chunked;q=1",
    b"transfer-encoding: \"chunked\"",
    b"transfer-encoding: chunked,",
    b"transfer_encoding: chunked",
];

const BAD_LINES: &[&[u8]] = &[
    b"X Odd: y",
    b"X-Odd : y",
    b"transfer-encoding : chunked",
    b"content-length : 5",
    b" folded",
    b"\tfolded: x",
    b"no-colon",
    b": no-name",
    b"x: \x00",
    b"x: a\rb",
    b"x: \x7f",
    b"x: \x1f",
    b"x\xe9: y",
    b"x\x00: y",
    b"(x): y",
];

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        30 => select(LINES).prop_map(Line::Is),
        8 => select(ODD_LINES).prop_map(Line::Is),
        2 => select(BAD_LINES).prop_map(Line::Is),
        1 => (1usize..120).prop_map(Line::Many),
        1 => prop_oneof![1usize..500, 7_000usize..20_000].prop_map(Line::Long),
    ]
}

const METHODS: &[&str] = &["GET", "POST"];
const MORE_METHODS: &[&str] = &["HEAD", "CONNECT", "PUT", "DELETE", "OPTIONS", "PATCH"];
const ODD_METHODS: &[&str] = &["get", "M-SEARCH", "!", "", "G@T", "PRI", "G\u{e9}T"];

const TARGETS: &[&str] = &["/", "/a?b=c", "a:443"];
const ODD_TARGETS: &[&str] = &[
    "*",
    "http://a/b?c#d",
    "/a#b",
    "a",
    "",
    " /",
    "/\u{e9}",
    "/%zz",
    "//",
    "/a b",
    "?x",
    "http://",
    "http://[::1]:80/",
    "/\"<>`{}|\\^",
    "/\x7f",
    "a:99999",
];

const VERSIONS: &[&str] = &["HTTP/1.1", "HTTP/1.0"];
const ODD_VERSIONS: &[&str] = &[
    "HTTP/2.0",
    "HTTP/1.2",
    "HTTP/0.9",
    "HTTP/1",
    "HTTP/1.11",
    "http/1.1",
    "",
    "HTTP/1.1 ",
    " HTTP/1.1",
];

fn mostly(
    usual: &'static [&'static str],
    more: &'static [&'static str],
    odd: &'static [&'static str],
) -> impl Strategy<Value = &'static str> {
    prop_oneof![40 => select(usual), 12 => select(more), 2 => select(odd)]
}

fn request_line() -> impl Strategy<Value = Vec<u8>> {
    let parts = (
        mostly(METHODS, MORE_METHODS, ODD_METHODS),
        mostly(TARGETS, TARGETS, ODD_TARGETS),
        mostly(&VERSIONS[..1], VERSIONS, ODD_VERSIONS),
    );
    prop_oneof![
        60 => parts.prop_map(|(method, target, version)| format!("{method} {target} {version}").into_bytes()),
        1 => Just(b"PRI * HTTP/2.0\r\n\r\nSM\r\n".to_vec()),
        1 => Just(b"GET /".to_vec()),
        1 => prop_oneof![Just(65_534usize), Just(65_535), Just(65_533), Just(20_000)]
            .prop_map(|len| format!("GET /{} HTTP/1.1", "a".repeat(len - 1)).into_bytes()),
    ]
}

const STATUS_LINES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 404 Not Found",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified",
    b"HTTP/1.1 206 Partial Content",
];

const ODD_STATUS_LINES: &[&[u8]] = &[
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 103 Early Hints",
    b"HTTP/1.1 101 Switching Protocols",
    b"HTTP/1.0 101 Switching Protocols",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 ",
    b"HTTP/1.1 200 Its Own",
    b"HTTP/1.1 200 \xe9",
    b"HTTP/1.1 200 a\tb",
    b"HTTP/1.1 200 a\x00b",
    b"HTTP/1.1 199 x",
    b"HTTP/1.1 299 x",
    b"HTTP/1.1 999 x",
    b"HTTP/1.1 099 x",
    b"HTTP/1.1 000 x",
    b"HTTP/1.1 20 x",
    b"HTTP/1.1 2000 x",
    b"HTTP/1.1  200 OK",
    b"HTTP/2.0 200 OK",
    b"HTTP/1.2 200 OK",
    b"HTTP/1.10 200 OK",
    b"http/1.1 200 OK",
    b"hello",
    b"H",
    b"ICY 200 OK",
];

fn status_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => select(&STATUS_LINES[..1]),
        12 => select(STATUS_LINES),
        // Those that may come before another.
        5 => select(&ODD_STATUS_LINES[..4]),
        2 => select(ODD_STATUS_LINES),
    ]
    .prop_map(<[u8]>::to_vec)
}

const LAST_CHUNKS: &[&[u8]] = &[b"0\r\n\r\n"];
const ODD_LAST_CHUNKS: &[&[u8]] = &[
    b"0\r\nx-t: 1\r\n\r\n",
    b"0\r\nx-t: 1\r\nX-T: 2\r\nhost: b\r\ncontent-length: 5\r\n\r\n",
    b"0\r\nhost: b\r\n\r\n",
    b"000;x=y\r\n\r\n",
    b"",
    b"0\r\n",
    b"0\n\n",
    b"0\r\nx-t: 1\n\r\n",
    b"0\r\nx-t : 1\r\n\r\n",
    b"0\r\nx-t\r\n\r\n",
    b"0\r\n x\r\n\r\n",
    b"0\r\n\r",
    b"0\r\n\rX",
    b"0\r\r\n\r\n",
    b"-1\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"fffffffffffffffff\r\n",
    b"x\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b" 0\r\n\r\n",
];

fn content() -> impl Strategy<Value = Content> {
    let bytes = data().prop_map(Vec::from).boxed();
    let extension = prop_oneof![
        20 => Just(""),
        2 => select(vec![";a=b", " ", "\t", ";a=\"b c\"", ";", "  ;x"]),
        1 => select(vec![";a\nb", ";a\rb", "\n", "g", " 1", ";\x00"]),
    ];
    let chunk =
        (bytes.clone(), extension, any::<bool>()).prop_map(|(data, extension, upper)| Chunk {
            data,
            extension,
            upper,
        });
    let last = prop_oneof![8 => select(LAST_CHUNKS), 3 => select(ODD_LAST_CHUNKS)];
    let delta = prop_oneof![12 => Just(0i8), 1 => -5i8..5];
    prop_oneof![
        8 => Just(Content::None),
        4 => (bytes.clone(), delta).prop_map(|(data, delta)| Content::Length(data, delta)),
        4 => (vec(chunk, 0..4), last).prop_map(|(chunks, last)| Content::Chunked(chunks, last)),
        1 => bytes.prop_map(Content::Bare),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = select(&b"\r\n\0 :;,0f\t\xff"[..]);
    prop_oneof![
        byte.clone().prop_map(Mutation::Insert),
        Just(Mutation::Remove),
        byte.prop_map(Mutation::Replace),
    ]
}

/// One message, with whatever stands before and behind it.
pub fn message(kind: Kind) -> impl Strategy<Value = Vec<u8>> {
    let start = match kind {
        Kind::Request => request_line().boxed(),
        Kind::Response => status_line().boxed(),
    };
    let before =
        prop_oneof![20 => Just(&b""[..]), 1 => Just(&b"\r\n"[..]), 1 => Just(&b"\n\r\n"[..])];
    let mutations = prop_oneof![
        10 => Just(Vec::new()).boxed(),
        1 => vec((any::<u16>(), mutation()), 1..3).boxed(),
    ];
    (
        before,
        start,
        vec(line(), 0..5),
        content(),
        once_in(25),
        mutations,
    )
        .prop_map(|(before, start, lines, content, bare_lf, mutations)| {
            let mut message = before.to_vec();
            message.extend(write(&start, &lines, &content, bare_lf));
            for (at, mutation) in mutations {
                mutate(&mut message, at, &mutation);
            }
            message
        })
}

fn write(start: &[u8], lines: &[Line], content: &Content, bare_lf: bool) -> Vec<u8> {
    let end: &[u8] = if bare_lf { b"\n" } else { b"\r\n" };
    let mut message = [start, end].concat();
    for line in lines {
        match line {
            Line::Is(line) => message.extend([*line, end].concat()),
            Line::Many(count) => message.extend([b"x: y", end].concat().repeat(*count)),
            Line::Long(len) => {
                message.extend(b"x-long: ");
                message.extend(vec![b'l'; *len]);
                message.extend(end);
            }
        }
    }
    match content {
        Content::None => message.extend(end),
        Content::Length(data, delta) => {
            let len = (data.len() as u64).saturating_add_signed((*delta).into());
            message.extend(format!("content-length: {len}").into_bytes());
            message.extend([end, end, data].concat());
        }
        Content::Chunked(chunks, last) => {
            message.extend([b"transfer-encoding: chunked", end, end].concat());
            for chunk in chunks {
                let (len, extension) = (chunk.data.len(), chunk.extension);
                let size = match chunk.upper {
                    true => format!("{len:X}{extension}\r\n"),
                    false => format!("{len:x}{extension}\r\n"),
                };
                message.extend(size.into_bytes());
                message.extend([&chunk.data[..], b"\r\n"].concat());
            }
            message.extend(*last);
        }
        Content::Bare(data) => message.extend([end, data].concat()),
    }
    message
}

fn mutate(message: &mut Vec<u8>, at: u16, mutation: &Mutation) {
    // The head is where most bytes matter.
    let len = message.len().min(400);
    let at = len * usize::from(at) / (usize::from(u16::MAX) + 1);
    if at >= message.len() {
        return;
    }
    match mutation {
        Mutation::Insert(byte) => message.insert(at, *byte),
        Mutation::Remove => drop(message.remove(at)),
        Mutation::Replace(byte) => message[at] = *byte,
    }
}
