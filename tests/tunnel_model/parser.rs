//! HTTP/2 frames out of a byte stream that may stop anywhere: a payload is seen as far as it has come.

use bytes::BytesMut;

use crate::support::scripted_h2::Frame;

const HEAD_LEN: usize = 9;
const DATA: u8 = 0;
const END_STREAM: u8 = 1;

/// What the next bytes are.
#[derive(Debug)]
pub enum Piece<'a> {
    DataHead {
        stream: u32,
        len: usize,
        ends: bool,
    },
    Payload {
        stream: u32,
        bytes: &'a [u8],
    },
    /// The last byte of a DATA frame with END_STREAM has come.
    End {
        stream: u32,
    },
    /// Any other frame, whole.
    Frame(Frame),
}

#[derive(Debug, Default)]
pub struct Parser {
    head: [u8; HEAD_LEN],
    head_len: usize,
    payload_left: usize,
    /// A frame that is not DATA, as far as it has come.
    body: BytesMut,
}

impl Parser {
    /// Whether the bytes so far end with a frame's end.
    pub fn is_between_frames(&self) -> bool {
        self.head_len == 0
    }

    /// Takes one piece off the front of `input`; `None` once more bytes are needed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        loop {
            if self.head_len < HEAD_LEN {
                let taken = take(input, HEAD_LEN - self.head_len);
                self.head[self.head_len..][..taken.len()].copy_from_slice(taken);
                self.head_len += taken.len();
                if self.head_len < HEAD_LEN {
                    return None;
                }
                let [a, b, c, ..] = self.head;
                self.payload_left = u32::from_be_bytes([0, a, b, c]) as usize;
                if self.is_data() {
                    return Some(Piece::DataHead {
                        stream: self.stream(),
                        len: self.payload_left,
                        ends: self.ends(),
                    });
                }
                self.body.extend_from_slice(&self.head);
            }
            let bytes = take(input, self.payload_left);
            self.payload_left -= bytes.len();
            if !self.is_data() {
                self.body.extend_from_slice(bytes);
                if self.payload_left > 0 {
                    return None;
                }
                self.head_len = 0;
                return Frame::decode(&mut self.body).map(Piece::Frame);
            }
            if !bytes.is_empty() {
                let stream = self.stream();
                return Some(Piece::Payload { stream, bytes });
            }
            if self.payload_left > 0 {
                return None;
            }
            self.head_len = 0;
            if self.ends() {
                let stream = self.stream();
                return Some(Piece::End { stream });
            }
        }
    }

    fn is_data(&self) -> bool {
        self.head[3] == DATA
    }

    fn ends(&self) -> bool {
        self.head[4] & END_STREAM != 0
    }

    fn stream(&self) -> u32 {
        let [.., a, b, c, d] = self.head;
        u32::from_be_bytes([a, b, c, d])
    }
}

fn take<'a>(input: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(most.min(input.len()));
    *input = rest;
    taken
}
