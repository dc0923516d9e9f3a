//! The peer's frames, and what it makes of ours (RFC 9113, sections 4.1 and 6).

const FRAME_HEADER: usize = 9;
const STREAM: u32 = 1;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Preface, SETTINGS with that initial window, and a CONNECT.
pub(crate) fn opening(window: u32) -> Vec<u8> {
    const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];
    // `:method` and `:authority`, named by their places in the static table (RFC 7541, appendix A).
    const CONNECT: &[u8] = b"\x02\x07CONNECT\x01\x03a:1";

    let settings = [&INITIAL_WINDOW_SIZE[..], &window.to_be_bytes()].concat();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &settings));
    bytes.extend(frame(HEADERS, END_HEADERS, STREAM, CONNECT));
    bytes
}

pub(crate) fn window_update(increment: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, STREAM, &increment.to_be_bytes())
}

pub(crate) fn rst_stream(code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, STREAM, &code.to_be_bytes())
}

pub(crate) fn end_stream() -> Vec<u8> {
    frame(DATA, END_STREAM, STREAM, b"")
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len())
        .expect("the frames of a model are small")
        .to_be_bytes();
    let mut frame = [&length[..], &[kind, flags], &stream.to_be_bytes()].concat();
    frame.extend(payload);
    frame
}

/// What came out of the tunnel.
#[derive(Clone, Debug, Default)]
pub struct Received {
    undecoded: Vec<u8>,
    pub data: Vec<u8>,
    pub is_ended: bool,
    /// The code of an RST_STREAM.
    pub reset: Option<u32>,
}

impl Received {
    /// Panics at a frame that a tunnel must not send.
    pub(crate) fn decode(&mut self, bytes: &[u8]) {
        self.undecoded.extend(bytes);
        while let Some(frame) = self.next_frame() {
            let (kind, flags, payload) = (frame[3], frame[4], &frame[FRAME_HEADER..]);
            match kind {
                DATA => {
                    assert!(!self.is_over(), "DATA behind the stream's end");
                    self.is_ended = flags & END_STREAM != 0;
                    assert!(self.is_ended || !payload.is_empty(), "an empty DATA frame");
                    self.data.extend(payload);
                }
                RST_STREAM => {
                    assert!(self.reset.is_none(), "a second RST_STREAM");
                    let code = payload.try_into().expect("a code has four bytes");
                    self.reset = Some(u32::from_be_bytes(code));
                }
                _ => {}
            }
        }
    }

    fn next_frame(&mut self) -> Option<Vec<u8>> {
        let [a, b, c] = *self.undecoded.first_chunk()?;
        let len = FRAME_HEADER + u32::from_be_bytes([0, a, b, c]) as usize;
        (len <= self.undecoded.len()).then(|| self.undecoded.drain(..len).collect())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_ended || self.reset.is_some()
    }
}
