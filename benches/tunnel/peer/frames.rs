//! HTTP/2 frames by hand (RFC 9113 §4.1 and §6).

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0x0;
pub const HEADERS: u8 = 0x1;
pub const RST_STREAM: u8 = 0x3;
pub const SETTINGS: u8 = 0x4;
pub const PING: u8 = 0x6;
pub const GOAWAY: u8 = 0x7;
pub const WINDOW_UPDATE: u8 = 0x8;

pub const ACK: u8 = 0x1;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
pub const PADDED: u8 = 0x8;

pub const INITIAL_WINDOW_SIZE: u16 = 0x4;

pub const HEAD: usize = 9;

/// A frame's head.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub length: usize,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Head {
    pub fn parse(bytes: &[u8; HEAD]) -> Head {
        let [a, b, c, kind, flags, stream @ ..] = *bytes;
        Head {
            length: u32::from_be_bytes([0, a, b, c]) as usize,
            kind,
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        }
    }

    pub fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&(self.length as u32).to_be_bytes()[1..]);
        to.extend_from_slice(&[self.kind, self.flags]);
        to.extend_from_slice(&self.stream.to_be_bytes());
    }
}

pub fn write(to: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let head = Head {
        length: payload.len(),
        kind,
        flags,
        stream,
    };
    head.write(to);
    to.extend_from_slice(payload);
}

pub fn write_window_update(to: &mut Vec<u8>, stream: u32, bytes: u32) {
    write(to, WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
}

pub fn write_setting(to: &mut Vec<u8>, setting: u16, value: u32) {
    let mut payload = setting.to_be_bytes().to_vec();
    payload.extend_from_slice(&value.to_be_bytes());
    write(to, SETTINGS, 0, 0, &payload);
}

/// `:method: CONNECT` and the authority, as literals without indexing whose names are those of the
/// static table (RFC 7541 §6.2.2 and Appendix A).
pub fn write_connect(to: &mut Vec<u8>, stream: u32, authority: &str) {
    let mut fields = vec![0x02, 7];
    fields.extend_from_slice(b"CONNECT");
    fields.extend_from_slice(&[0x01, authority.len() as u8]);
    fields.extend_from_slice(authority.as_bytes());
    write(to, HEADERS, END_HEADERS, stream, &fields);
}

/// `:status: 200`, indexed (RFC 7541 §6.1), which is how every server begins that answer.
pub const STATUS_200: u8 = 0x88;
