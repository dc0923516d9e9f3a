//! What the peer of a connection does, and the frames that it takes.

use bytes::{Bytes, BytesMut};

use super::wire_format::frame::Frame;
use super::wire_format::hpack::encode;

/// Field lines, pseudo-header fields among them, as they are sent.
pub type Fields = Vec<(&'static str, String)>;

/// What the peer does next. Streams are numbered by the order in which they begin.
#[derive(Clone, Debug)]
pub enum Act {
    Headers {
        stream: usize,
        fields: Fields,
        ends: bool,
        splits: bool,
    },
    Data {
        stream: usize,
        data: Bytes,
        padding: Option<u8>,
        ends: bool,
    },
    Reset {
        stream: usize,
        code: u32,
    },
    /// For a stream, or the connection.
    Window {
        stream: Option<usize>,
        increment: u32,
    },
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping(bool),
    GoAway {
        last: u32,
        code: u32,
    },
    /// Any frame at all.
    Raw {
        kind: u8,
        flags: u8,
        stream: u32,
        payload: Bytes,
    },
    /// No frame.
    Bytes(Bytes),
}

fn id(stream: usize) -> u32 {
    2 * stream as u32 + 1
}

/// Puts the bytes of `act` behind those in `out`.
pub fn write(act: &Act, out: &mut BytesMut) {
    let frame = match act {
        Act::Headers {
            stream,
            fields,
            ends,
            splits,
        } => {
            let lines: Vec<_> = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let block = encode(&lines);
            let (stream, ends) = (id(*stream), *ends);
            if *splits && block.len() > 1 {
                let (first, rest) = (
                    block.slice(..block.len() / 2),
                    block.slice(block.len() / 2..),
                );
                Frame::Headers {
                    stream,
                    block: first,
                    end_stream: ends,
                    end_headers: false,
                }
                .encode(out);
                Frame::Continuation {
                    stream,
                    block: rest,
                    end_headers: true,
                }
            } else {
                Frame::Headers {
                    stream,
                    block,
                    end_stream: ends,
                    end_headers: true,
                }
            }
        }
        Act::Data {
            stream,
            data,
            padding,
            ends,
        } => Frame::Data {
            stream: id(*stream),
            payload: data.clone(),
            padding: *padding,
            end_stream: *ends,
        },
        Act::Reset { stream, code } => Frame::Reset {
            stream: id(*stream),
            code: (*code).into(),
        },
        Act::Window { stream, increment } => Frame::WindowUpdate {
            stream: stream.map_or(0, id),
            increment: *increment,
        },
        Act::Settings(entries) => Frame::Settings {
            ack: false,
            entries: entries.clone(),
        },
        Act::SettingsAck => Frame::Settings {
            ack: true,
            entries: Vec::new(),
        },
        Act::Ping(ack) => Frame::Ping {
            ack: *ack,
            payload: *b"pingpong",
        },
        Act::GoAway { last, code } => Frame::GoAway {
            last: *last,
            code: (*code).into(),
            debug: Bytes::new(),
        },
        Act::Raw {
            kind,
            flags,
            stream,
            payload,
        } => Frame::Other {
            kind: *kind,
            flags: *flags,
            stream: *stream,
            payload: payload.clone(),
        },
        Act::Bytes(bytes) => return out.extend_from_slice(bytes),
    };
    frame.encode(out);
}
