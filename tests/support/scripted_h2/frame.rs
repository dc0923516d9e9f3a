//! HTTP/2 frames as they stand on the wire (RFC 9113, sections 4 and 6).

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::Reason;

/// What a client sends before its first frame.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Identifiers of SETTINGS entries.
pub mod setting {
    pub const HEADER_TABLE_SIZE: u16 = 1;
    pub const ENABLE_PUSH: u16 = 2;
    pub const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub const INITIAL_WINDOW_SIZE: u16 = 4;
    pub const MAX_FRAME_SIZE: u16 = 5;
    pub const MAX_HEADER_LIST_SIZE: u16 = 6;
    pub const ENABLE_CONNECT_PROTOCOL: u16 = 8;
}

const HEAD_LEN: usize = 9;
/// END_STREAM on DATA and HEADERS, ACK on SETTINGS and PING.
const FIRST_BIT: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// One frame. Kinds the suites have no use for travel as [`Frame::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// `padding`: length of the padding, if the frame is padded at all; its bytes are zero.
    Data {
        stream: u32,
        payload: Bytes,
        padding: Option<u8>,
        end_stream: bool,
    },
    /// Padding and priority are taken off when read, and never written.
    Headers {
        stream: u32,
        block: Bytes,
        end_stream: bool,
        end_headers: bool,
    },
    Continuation {
        stream: u32,
        block: Bytes,
        end_headers: bool,
    },
    Reset {
        stream: u32,
        code: Reason,
    },
    /// An acknowledgement has no entries.
    Settings {
        ack: bool,
        entries: Vec<(u16, u32)>,
    },
    Ping {
        ack: bool,
        payload: [u8; 8],
    },
    GoAway {
        last: u32,
        code: Reason,
        debug: Bytes,
    },
    WindowUpdate {
        stream: u32,
        increment: u32,
    },
    Other {
        kind: u8,
        flags: u8,
        stream: u32,
        payload: Bytes,
    },
}

impl Frame {
    /// The stream the frame is about; 0 for the connection.
    pub fn stream(&self) -> u32 {
        match *self {
            Frame::Data { stream, .. }
            | Frame::Headers { stream, .. }
            | Frame::Continuation { stream, .. }
            | Frame::Reset { stream, .. }
            | Frame::WindowUpdate { stream, .. }
            | Frame::Other { stream, .. } => stream,
            Frame::Settings { .. } | Frame::Ping { .. } | Frame::GoAway { .. } => 0,
        }
    }

    /// What the frame takes from the windows: the payload of DATA with its padding, in bytes.
    pub fn flow_controlled_len(&self) -> u32 {
        match self {
            Frame::Data {
                payload, padding, ..
            } => payload.len() as u32 + padding.map_or(0, |padding| u32::from(padding) + 1),
            _ => 0,
        }
    }

    /// Appends the frame's bytes to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        let bit = |set: bool, flag: u8| if set { flag } else { 0 };
        let mut body = BytesMut::new();
        let (kind, flags) = match self {
            Frame::Data {
                payload,
                padding,
                end_stream,
                ..
            } => {
                padding.iter().for_each(|len| body.put_u8(*len));
                body.put_slice(payload);
                body.put_bytes(0, padding.unwrap_or(0).into());
                let flags = bit(*end_stream, FIRST_BIT) | bit(padding.is_some(), PADDED);
                (0x0, flags)
            }
            Frame::Headers {
                block,
                end_stream,
                end_headers,
                ..
            } => {
                body.put_slice(block);
                let flags = bit(*end_stream, FIRST_BIT) | bit(*end_headers, END_HEADERS);
                (0x1, flags)
            }
            Frame::Reset { code, .. } => {
                body.put_u32((*code).into());
                (0x3, 0)
            }
            Frame::Settings { ack, entries } => {
                for (id, value) in entries {
                    body.put_u16(*id);
                    body.put_u32(*value);
                }
                (0x4, bit(*ack, FIRST_BIT))
            }
            Frame::Ping { ack, payload } => {
                body.put_slice(payload);
                (0x6, bit(*ack, FIRST_BIT))
            }
            Frame::GoAway { last, code, debug } => {
                body.put_u32(*last);
                body.put_u32((*code).into());
                body.put_slice(debug);
                (0x7, 0)
            }
            Frame::WindowUpdate { increment, .. } => {
                body.put_u32(*increment);
                (0x8, 0)
            }
            Frame::Continuation {
                block, end_headers, ..
            } => {
                body.put_slice(block);
                (0x9, bit(*end_headers, END_HEADERS))
            }
            Frame::Other {
                kind,
                flags,
                payload,
                ..
            } => {
                body.put_slice(payload);
                (*kind, *flags)
            }
        };
        out.put_uint(body.len() as u64, 3);
        out.put_u8(kind);
        out.put_u8(flags);
        out.put_u32(self.stream());
        out.put_slice(&body);
    }

    /// Takes one frame off the front of `input`, or nothing while it is not whole.
    ///
    /// # Panics
    ///
    /// If the frame is malformed: what hyper sends must never be.
    pub fn decode(input: &mut BytesMut) -> Option<Frame> {
        let len = input.get(..3)?.get_uint(3) as usize;
        if input.len() < HEAD_LEN + len {
            return None;
        }
        let mut head = input.split_to(HEAD_LEN);
        head.advance(3);
        let (kind, flags, stream) = (head.get_u8(), head.get_u8(), head.get_u32());
        let payload = input.split_to(len).freeze();
        Some(Self::from_parts(kind, flags, stream, payload))
    }

    fn from_parts(kind: u8, flags: u8, stream: u32, mut payload: Bytes) -> Frame {
        let first_bit = flags & FIRST_BIT != 0;
        let end_headers = flags & END_HEADERS != 0;
        match kind {
            0x0 => {
                let padding = take_padding(flags, &mut payload);
                Frame::Data {
                    stream,
                    payload,
                    padding,
                    end_stream: first_bit,
                }
            }
            0x1 => {
                take_padding(flags, &mut payload);
                if flags & PRIORITY != 0 {
                    payload.advance(5);
                }
                Frame::Headers {
                    stream,
                    block: payload,
                    end_stream: first_bit,
                    end_headers,
                }
            }
            0x3 => Frame::Reset {
                stream,
                code: payload.get_u32().into(),
            },
            0x4 => {
                let mut entries = Vec::new();
                while payload.has_remaining() {
                    entries.push((payload.get_u16(), payload.get_u32()));
                }
                Frame::Settings {
                    ack: first_bit,
                    entries,
                }
            }
            0x6 => Frame::Ping {
                ack: first_bit,
                payload: payload[..].try_into().expect("a PING carries eight bytes"),
            },
            0x7 => Frame::GoAway {
                last: payload.get_u32(),
                code: payload.get_u32().into(),
                debug: payload,
            },
            0x8 => Frame::WindowUpdate {
                stream,
                increment: payload.get_u32(),
            },
            0x9 => Frame::Continuation {
                stream,
                block: payload,
                end_headers,
            },
            _ => Frame::Other {
                kind,
                flags,
                stream,
                payload,
            },
        }
    }
}

fn take_padding(flags: u8, payload: &mut Bytes) -> Option<u8> {
    if flags & PADDED == 0 {
        return None;
    }
    let padding = payload.get_u8();
    payload.truncate(payload.len() - usize::from(padding));
    Some(padding)
}
