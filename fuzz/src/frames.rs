//! What stands in an input of the HTTP/2 targets: steps of a byte and what they need, most of which make a frame.
//!
//! Lengths, kinds and streams are small, so that few inputs are mere noise; raw bytes and frames of any kind are steps, too.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{encode, Frame, PREFACE};
use crate::support::virtual_timer::run_until_idle;

/// The rest of an input.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Input(input)
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A byte, or 0 where there is none.
    pub fn small(&mut self) -> u8 {
        self.byte().unwrap_or(0)
    }

    pub fn number(&mut self) -> u32 {
        let bytes = [self.small(), self.small(), self.small(), self.small()];
        u32::from_be_bytes(bytes)
    }

    /// As many bytes as the first of them says, or as there are.
    pub fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.small()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }
}

/// Heads, of which an input names one: requests, responses, trailers, and what is none of them.
const HEADS: [&[(&str, &str)]; 16] = [
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/"),
    ],
    &[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/"),
    ],
    &[(":method", "CONNECT"), (":authority", "a:1")],
    &[
        (":method", "CONNECT"),
        (":authority", "a:1"),
        ("content-length", "1"),
    ],
    &[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/"),
        ("content-length", "3"),
    ],
    &[
        (":method", "HEAD"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "*"),
    ],
    &[(":status", "200")],
    &[(":status", "204")],
    &[(":status", "103")],
    &[(":status", "404"), ("content-length", "3")],
    &[(":status", "200"), ("content-length", "0")],
    &[("x", "y")],
    &[(":path", "/"), (":method", "GET")],
    &[(":status", "101"), ("connection", "upgrade")],
    &[
        ("content-length", "1"),
        ("content-length", "2"),
        (":status", "200"),
    ],
    &[],
];

const REASONS: [Reason; 5] = [
    Reason::NO_ERROR,
    Reason::CANCEL,
    Reason::REFUSED_STREAM,
    Reason::FLOW_CONTROL_ERROR,
    Reason::PROTOCOL_ERROR,
];

/// Adds the bytes of the frame that `kind` and what follows it say.
pub fn encode_frame(kind: u8, input: &mut Input<'_>, out: &mut BytesMut) {
    let stream = u32::from(input.small() % 16);
    let frame = match kind % 12 {
        0 => Frame::Data {
            stream,
            payload: Bytes::copy_from_slice(input.bytes()),
            padding: None,
            end_stream: kind >= 128,
        },
        1 => Frame::Data {
            stream,
            padding: Some(input.small()),
            payload: Bytes::copy_from_slice(input.bytes()),
            end_stream: kind >= 128,
        },
        2 => Frame::Headers {
            stream,
            block: encode(HEADS[usize::from(input.small() % 16)]),
            end_stream: kind >= 128,
            end_headers: kind & 64 == 0,
        },
        3 => Frame::Headers {
            stream,
            block: Bytes::copy_from_slice(input.bytes()),
            end_stream: kind >= 128,
            end_headers: kind & 64 == 0,
        },
        4 => Frame::Continuation {
            stream,
            block: Bytes::copy_from_slice(input.bytes()),
            end_headers: kind >= 128,
        },
        5 => Frame::Reset {
            stream,
            code: REASONS[usize::from(input.small() % 5)],
        },
        6 => Frame::Settings {
            ack: kind >= 128,
            entries: vec![(u16::from(input.small() % 10), input.number())],
        },
        7 => Frame::Ping {
            ack: kind >= 128,
            payload: [input.small(); 8],
        },
        8 => Frame::GoAway {
            last: input.number(),
            code: REASONS[usize::from(input.small() % 5)],
            debug: Bytes::new(),
        },
        9 => Frame::WindowUpdate {
            stream,
            increment: input.number() >> (kind >> 3),
        },
        10 => Frame::Other {
            kind: input.small(),
            flags: input.small(),
            stream,
            payload: Bytes::copy_from_slice(input.bytes()),
        },
        _ => return out.extend_from_slice(input.bytes()),
    };
    frame.encode(out);
}

/// A peer that says whatever it likes, and checks that what it hears is made of frames.
pub struct Peer {
    pub io: WireEnd,
    unread: BytesMut,
    decodes: Decodes,
}

enum Decodes {
    /// After the preface of a client.
    Preface,
    Frames,
}

impl Peer {
    /// Against a server.
    pub fn client(io: WireEnd) -> Self {
        Self::new(io, Decodes::Frames)
    }

    /// Against a client.
    pub fn server(io: WireEnd) -> Self {
        Self::new(io, Decodes::Preface)
    }

    fn new(io: WireEnd, decodes: Decodes) -> Self {
        io.outgoing().set_buffer(usize::MAX);
        Peer {
            io,
            unread: BytesMut::new(),
            decodes,
        }
    }

    /// Sends bytes; those that come too late are lost.
    pub fn say(&mut self, bytes: &[u8]) {
        // There is always room, so it is done at once.
        let _ = self.io.write_all(bytes).now_or_never();
    }

    pub fn say_frame(&mut self, frame: &Frame) {
        let mut bytes = BytesMut::new();
        frame.encode(&mut bytes);
        self.say(&bytes);
    }

    /// What has come so far.
    ///
    /// # Panics
    ///
    /// If it is malformed.
    pub fn hear(&mut self) -> Vec<Frame> {
        while let Some(Ok(1..)) = self.io.read_buf(&mut self.unread).now_or_never() {}
        if let Decodes::Preface = self.decodes {
            if self.unread.len() < PREFACE.len() {
                return Vec::new();
            }
            assert_eq!(self.unread.split_to(PREFACE.len()), PREFACE);
            self.decodes = Decodes::Frames;
        }
        std::iter::from_fn(|| Frame::decode(&mut self.unread)).collect()
    }

    /// What a step does that sends nothing: time passes, or what has come is read, or not.
    pub async fn pass_time(&mut self, step: u8) {
        match step {
            0xff => run_until_idle().await,
            0xfe => drop(self.hear()),
            0xfd => self.io.incoming().stop_reading(),
            0xfc => self.io.incoming().resume(),
            _ => sleep(Duration::from_secs(7)).await,
        }
    }

    /// Reads until nothing comes any more.
    pub async fn hear_all(&mut self) {
        run_until_idle().await;
        self.io.incoming().resume();
        loop {
            let heard = self.hear();
            run_until_idle().await;
            if heard.is_empty() {
                return;
            }
        }
    }

    pub fn hang_up(&mut self) {
        let _ = self.io.shutdown().now_or_never();
    }
}

pub const SETTINGS: Frame = Frame::Settings {
    ack: false,
    entries: Vec::new(),
};

pub const SETTINGS_ACK: Frame = Frame::Settings {
    ack: true,
    entries: Vec::new(),
};
