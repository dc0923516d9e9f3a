//! What happens in a case.

use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub struct Script {
    pub exchanges: Vec<Exchange>,
    /// Where the peer's bytes are cut, as fractions of what is left, and whether hyper comes to rest at the cut.
    pub cuts: Vec<(u16, bool)>,
    pub transport: Transport,
}

#[derive(Clone, Debug)]
pub struct Exchange {
    pub request: Content,
    pub response: Content,
    /// What hyper's side does with what it receives.
    pub usage: Usage,
}

/// A body, as the pieces it is sent in.
#[derive(Clone, Debug)]
pub struct Content {
    pub framing: Framing,
    pub pieces: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    ReadAll,
    Drop,
    ReadOneFrame,
    /// Servers: answer first, and read in another task. Clients: send the next request only when all is read, as with
    /// `ReadAll`.
    ReadLater,
}

#[derive(Clone, Copy, Debug)]
pub struct Transport {
    /// Bytes that the socket holds, each way.
    pub buffer: usize,
    pub writev: Option<bool>,
    pub pipeline_flush: bool,
}

impl Content {
    pub fn data(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

/// What a server or a client is sent in place of messages.
#[derive(Clone, Copy, Debug)]
pub enum Noise {
    Requests,
    Responses,
}

fn content() -> impl Strategy<Value = Content> {
    let framing = prop_oneof![Just(Framing::Length), Just(Framing::Chunked)];
    // The pieces look like what stands around them.
    let byte = prop_oneof![
        Just(b'\r'),
        Just(b'\n'),
        Just(b'0'),
        Just(b':'),
        any::<u8>()
    ];
    let piece = prop_oneof![
        8 => vec(byte, 1..40),
        // More than one read.
        1 => (1usize..10_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ];
    (framing, vec(piece, 0..5)).prop_map(|(framing, pieces)| Content { framing, pieces })
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let usage = prop_oneof![
        Just(Usage::ReadAll),
        Just(Usage::Drop),
        Just(Usage::ReadOneFrame),
        Just(Usage::ReadLater),
    ];
    (content(), content(), usage).prop_map(|(request, response, usage)| Exchange {
        request,
        response,
        usage,
    })
}

pub fn script() -> impl Strategy<Value = Script> {
    let buffer = prop_oneof![1usize..20, 20usize..2_000, Just(64 * 1024)];
    let writev = prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
    let transport =
        (buffer, writev, any::<bool>()).prop_map(|(buffer, writev, pipeline_flush)| Transport {
            buffer,
            writev,
            pipeline_flush,
        });
    let cuts = vec((any::<u16>(), any::<bool>()), 0..20);
    (vec(exchange(), 1..6), cuts, transport).prop_map(|(exchanges, cuts, transport)| Script {
        exchanges,
        cuts,
        transport,
    })
}

/// Pieces of messages, and of nothing, in any order.
pub fn noise(kind: Noise) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let lines: &[&str] = match kind {
        Noise::Requests => &[
            "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.0\r\n",
            "CONNECT a:1 HTTP/1.1\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "expect: 100-continue\r\n",
        ],
        Noise::Responses => &[
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 404 \r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n",
            "HTTP/1.1 204\r\n",
        ],
    };
    let shared = [
        "content-length: 5\r\n",
        "content-length: 18446744073709551615\r\n",
        "transfer-encoding: chunked\r\n",
        "connection: close\r\n",
        "upgrade: foo\r\n",
        "\r\n",
        "\n",
        "\r",
        "5\r\nhello\r\n",
        "0\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
        "x: y\r\n",
        " folded\r\n",
        "hello",
    ];
    let known: Vec<Vec<u8>> = lines
        .iter()
        .chain(&shared)
        .map(|text| text.as_bytes().to_vec())
        .collect();
    vec(
        prop_oneof![6 => proptest::sample::select(known), 1 => vec(any::<u8>(), 1..30)],
        0..14,
    )
}
