//! Bodies in the chunked coding (RFC 9112, section 7.1), cut into pieces in any way, in either role.
//!
//! A second decoder, which has the whole input before it, says how much data there is and whether the body ends, fails or is
//! cut off; hyper has to agree.

use crate::options;
use crate::pieces::cut;
use crate::server::on_paused_clock;
use crate::support::reading::Reading;
use crate::support::scripted_h1::{Client, Delivery, Server};
use crate::support::virtual_timer::run_until_idle;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With so many bytes behind it.
    Complete {
        rest: usize,
    },
    Malformed,
    /// There may be more.
    Open,
}

/// Most bytes a body may have around its sizes: white space, zeros and extensions.
const MOST_PADDING: usize = 16 * 1024 - 1;

const MOST_TRAILERS: usize = 100;

struct Decoder<'a> {
    input: &'a [u8],
    at: usize,
    padding: usize,
    data: Vec<u8>,
}

/// Why a decoder stops within a body.
enum Stop {
    Malformed,
    Open,
}

impl Decoder<'_> {
    fn byte(&mut self) -> Result<u8, Stop> {
        let byte = self.input.get(self.at).copied().ok_or(Stop::Open)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Stop> {
        match self.byte()? {
            byte if byte == wanted => Ok(()),
            _ => Err(Stop::Malformed),
        }
    }

    fn pad(&mut self) -> Result<(), Stop> {
        self.padding += 1;
        match self.padding > MOST_PADDING {
            true => Err(Stop::Malformed),
            false => Ok(()),
        }
    }

    /// The size in a chunk's line, and the line's end.
    fn size(&mut self) -> Result<u64, Stop> {
        let mut size: u64 = 0;
        let mut digits = 0;
        let mut byte = loop {
            let byte = self.byte()?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                break byte;
            };
            if digits > 0 && size == 0 && digit == 0 {
                self.pad()?;
            }
            size = size.checked_mul(16).ok_or(Stop::Malformed)? + u64::from(digit);
            digits += 1;
        };
        if digits == 0 {
            return Err(Stop::Malformed);
        }
        while byte == b' ' || byte == b'\t' {
            self.pad()?;
            byte = self.byte()?;
        }
        if byte == b';' {
            byte = loop {
                match self.byte()? {
                    b'\r' => break b'\r',
                    b'\n' => return Err(Stop::Malformed),
                    _ => self.pad()?,
                }
            };
        }
        if byte != b'\r' {
            return Err(Stop::Malformed);
        }
        self.expect(b'\n')?;
        Ok(size)
    }

    fn body(&mut self) -> Result<(), Stop> {
        loop {
            let size = self.size()?;
            if size == 0 {
                return self.trailers();
            }
            let left = self.input.len() - self.at;
            let here = usize::try_from(size).unwrap_or(usize::MAX).min(left);
            self.data
                .extend_from_slice(&self.input[self.at..self.at + here]);
            self.at += here;
            if here as u64 != size {
                return Err(Stop::Open);
            }
            self.expect(b'\r')?;
            self.expect(b'\n')?;
        }
    }

    /// A section of lines that end with CRLF, read whole before it is looked at.
    fn trailers(&mut self) -> Result<(), Stop> {
        let start = self.at;
        loop {
            let line = self.at;
            while self.byte()? != b'\n' {
                // A line that begins with CR can only be the last one.
                if self.input[line] == b'\r' && self.at > line + 1 {
                    return Err(Stop::Malformed);
                }
            }
            let line = &self.input[line..self.at];
            if !line.ends_with(b"\r\n") {
                return Err(Stop::Malformed);
            }
            if line == b"\r\n" {
                break;
            }
        }
        let section = &self.input[start..self.at - 2];
        let mut lines = section.split(|byte| *byte == b'\n');
        lines.next_back();
        match lines.clone().count() <= MOST_TRAILERS && lines.all(is_field) {
            true => Ok(()),
            false => Err(Stop::Malformed),
        }
    }
}

/// `line` ends with CR.
fn is_field(line: &[u8]) -> bool {
    let line = &line[..line.len() - 1];
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let is_text = |byte: &u8| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f);
    let (name, value) = line.split_at(colon);
    !name.is_empty() && name.iter().all(is_token) && value[1..].iter().all(is_text)
}

fn decode(input: &[u8]) -> (Vec<u8>, End) {
    let mut decoder = Decoder {
        input,
        at: 0,
        padding: 0,
        data: Vec::new(),
    };
    let end = match decoder.body() {
        Ok(()) => End::Complete {
            rest: input.len() - decoder.at,
        },
        Err(Stop::Malformed) => End::Malformed,
        Err(Stop::Open) => End::Open,
    };
    (decoder.data, end)
}

pub fn run(input: &[u8]) {
    // Sections beyond 16 KiB have a limit of their own.
    let (options, input) = options::split(&input[..input.len().min(8192)]);
    let [as_client, ..] = options.bits;
    let (data, end) = decode(input);
    let (seen, is_open) = on_paused_clock(async {
        match as_client {
            true => received_by_client(input, &options.pieces).await,
            false => received_by_server(input, &options.pieces).await,
        }
    });
    assert_eq!(
        seen.data.escape_ascii().to_string(),
        data.escape_ascii().to_string()
    );
    match end {
        End::Complete { rest } => {
            assert!(seen.error.is_none(), "{:?}", seen.error);
            assert!(
                is_open || rest > 0 || !as_client,
                "a whole body ends nothing"
            );
        }
        End::Malformed => assert!(seen.error.is_some() && !is_open),
        End::Open => assert!(seen.error.is_some()),
    }
}

/// What is read of a request's body, and whether the connection is open for more.
async fn received_by_server(input: &[u8], pieces: &[usize]) -> (Reading, bool) {
    let mut server = Server::start();
    let call = server
        .request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let reading = Reading::start(call.request.into_body());
    for piece in cut(input, pieces) {
        server.peer.deliver(Delivery::Whole, piece).await;
    }
    run_until_idle().await;
    let is_open = !reading.is_finished();
    server.peer.eof().await;
    let reading = reading.finish().await;
    call.answer.try_respond(crate::support::responses::empty());
    run_until_idle().await;
    (reading, is_open)
}

/// What is read of a response's body, and whether the connection is open for more.
async fn received_by_client(input: &[u8], pieces: &[usize]) -> (Reading, bool) {
    let mut client = Client::start();
    let response = client
        .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let reading = Reading::start(response.expect("a response").into_body());
    for piece in cut(input, pieces) {
        client.peer.deliver(Delivery::Whole, piece).await;
    }
    run_until_idle().await;
    let is_open = !reading.is_finished() || client.requests().is_ready();
    if !client.has_ended() {
        client.peer.eof().await;
    }
    let reading = reading.finish().await;
    run_until_idle().await;
    (reading, is_open)
}
