//! Reads HTTP/2 frame headers off bytes that pass by.

/// Length, type, flags and stream identifier: RFC 9113, Section 4.1.
const HEADER: usize = 9;
/// What a client sends before its first frame: RFC 9113, Section 3.4.
const PREFACE: usize = 24;

const DATA: u8 = 0x0;
const WINDOW_UPDATE: u8 = 0x8;

/// What was seen of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// So many bytes of a DATA payload went by; a frame may come in several parts. Padding would
    /// count too, but h2 pads nothing.
    Data { stream: u32, bytes: u64 },
    /// The window of a stream (0: of the connection) was opened by so many bytes.
    WindowUpdate { stream: u32, bytes: u64 },
}

/// Follows one direction of one connection, whatever parts its bytes come in.
#[derive(Debug)]
pub struct Scanner {
    /// Bytes still to pass before the next frame header.
    skip: usize,
    header: [u8; HEADER],
    /// How much of `header` has come.
    known: usize,
    /// The increment of a WINDOW_UPDATE, as far as it has come.
    increment: u32,
}

impl Scanner {
    pub fn of_server() -> Scanner {
        Scanner {
            skip: 0,
            header: [0; HEADER],
            known: 0,
            increment: 0,
        }
    }

    pub fn of_client() -> Scanner {
        Scanner {
            skip: PREFACE,
            ..Scanner::of_server()
        }
    }

    pub fn scan(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Seen)) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let (payload, rest) = bytes.split_at(self.skip.min(bytes.len()));
                self.skip -= payload.len();
                self.payload(payload, &mut seen);
                bytes = rest;
                continue;
            }
            self.header[self.known] = bytes[0];
            self.known += 1;
            bytes = &bytes[1..];
            if self.known == HEADER {
                self.known = 0;
                self.increment = 0;
                let [high, middle, low, ..] = self.header;
                self.skip = u32::from_be_bytes([0, high, middle, low]) as usize;
            }
        }
    }

    fn payload(&mut self, payload: &[u8], seen: &mut impl FnMut(Seen)) {
        let [_, _, _, kind, _, stream @ ..] = self.header;
        // The highest bit is reserved.
        let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
        match kind {
            // The preface comes before any header: `header` is all zeroes then, which names
            // stream 0, and DATA belongs to none.
            DATA if stream != 0 => seen(Seen::Data {
                stream,
                bytes: payload.len() as u64,
            }),
            WINDOW_UPDATE => {
                for byte in payload {
                    self.increment = self.increment << 8 | u32::from(*byte);
                }
                if self.skip == 0 {
                    seen(Seen::WindowUpdate {
                        stream,
                        bytes: u64::from(self.increment & (u32::MAX >> 1)),
                    });
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0xff, 0xff];
    const UPDATE: &[u8] = &[0, 0, 4, 8, 0, 0, 0, 0, 3, 0, 1, 0, 2];
    const FIVE_BYTES: &[u8] = &[0, 0, 5, 0, 0, 0, 0, 0, 1, b'h', b'e', b'l', b'l', b'o'];

    /// Window updates as they are, DATA added up, for input that comes `step` bytes at a time.
    fn scan(mut scanner: Scanner, input: &[u8], step: usize) -> (Vec<Seen>, u64) {
        let mut updates = Vec::new();
        let mut data = 0;
        for part in input.chunks(step) {
            scanner.scan(part, |seen| match seen {
                Seen::Data { stream, bytes } => {
                    assert_eq!(stream, 1);
                    data += bytes;
                }
                update => updates.push(update),
            });
        }
        (updates, data)
    }

    #[test]
    fn frames_are_seen_whatever_parts_they_come_in() {
        let server = [SETTINGS, FIVE_BYTES, UPDATE, FIVE_BYTES].concat();
        let client = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &server].concat();
        let update = Seen::WindowUpdate {
            stream: 3,
            bytes: 0x1_0002,
        };
        for step in 1..=client.len() {
            let expected = (vec![update], 10);
            assert_eq!(scan(Scanner::of_server(), &server, step), expected);
            assert_eq!(scan(Scanner::of_client(), &client, step), expected);
        }
    }
}
