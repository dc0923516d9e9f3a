//! An HTTP/2 client that opens tunnels and counts bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::frames::{self, Head};
use super::origin::{Connected, Origins};
use super::pacer::Pacer;
use super::{connections, invalid, Client};
use crate::load::{Load, Pace, Work, FRAME};
use crate::socket::{pace, prepare};

/// Window for each tunnel that is not stalled, and what is returned of it at a time.
const STREAM_WINDOW: u32 = 16 << 20;
const RETURN_AT: u32 = 4 << 20;
/// Enough for all tunnels, so that the connection's window holds none of them up.
const CONNECTION_WINDOW: u32 = 512 << 20;
/// The protocol's own initial window (RFC 9113 §6.9.2).
const DEFAULT_WINDOW: u32 = 65_535;

/// Most that one read takes.
const READ: usize = 256 << 10;
const SLOW_READ: usize = 64 << 10;
/// Most that one write carries, in bytes and in frames.
const BATCH: usize = 64 << 10;
const BATCH_FRAMES: usize = 512;
/// A frame below this size counts against what h2 lets a connection owe for framing.
const SMALL: usize = 256;

pub struct H2Client {
    load: Load,
    socket: TcpStream,
    input: Input,
    output: Vec<u8>,
    streams: Vec<Stream>,
    /// Frames of DATA received.
    frames: u64,
    /// Bytes of DATA that the connection's window has not got back.
    unreturned: u32,
    /// How much we may send.
    send_window: i64,
    initial_send_window: Option<i64>,
    pacer: Pacer,
    origins: Connected,
    stalled: Connected,
}

#[derive(Default)]
struct Stream {
    is_open: bool,
    received: u64,
    unreturned: u32,
    send_window: i64,
}

/// What was read and not yet looked at.
struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Rest of a DATA frame's payload that is yet to come.
    skip: usize,
}

impl H2Client {
    pub fn open(proxy: SocketAddr, load: Load, origins: Origins) -> io::Result<H2Client> {
        let socket = TcpStream::connect(proxy)?;
        prepare(&socket)?;
        pace(&socket, load.pace)?;
        let stalled = Origins::listen()?;
        let read = match load.pace {
            Pace::Full => READ,
            Pace::PerFrame(_) | Pace::PerChunk(_) => SLOW_READ,
        };
        let mut client = H2Client {
            load,
            socket,
            input: Input {
                buffer: vec![0; read],
                start: 0,
                end: 0,
                skip: 0,
            },
            output: frames::PREFACE.to_vec(),
            streams: Vec::new(),
            frames: 0,
            unreturned: 0,
            send_window: DEFAULT_WINDOW.into(),
            initial_send_window: None,
            pacer: Pacer::new(),
            // Replaced when the tunnels are open.
            origins: origins.accept(0, load)?,
            stalled: stalled.accept(0, load)?,
        };
        frames::write_setting(&mut client.output, frames::INITIAL_WINDOW_SIZE, 0);
        let more = CONNECTION_WINDOW - DEFAULT_WINDOW;
        frames::write_window_update(&mut client.output, 0, more);
        client.flush()?;
        while client.initial_send_window.is_none() {
            client.receive()?;
        }

        client.connect(load.tunnels, &origins)?;
        for index in 0..load.tunnels {
            frames::write_window_update(&mut client.output, id(index), STREAM_WINDOW);
        }
        client.flush()?;
        client.origins = origins.accept(connections(load), load)?;

        client.connect(load.stalled, &stalled)?;
        client.stalled = stalled.accept(load.stalled, load)?;
        client.stalled.send(u64::MAX)?;
        Ok(client)
    }

    fn connect(&mut self, tunnels: usize, origins: &Origins) -> io::Result<()> {
        let authority = origins.address()?.to_string();
        for _ in 0..tunnels {
            let index = self.streams.len();
            frames::write_connect(&mut self.output, id(index), &authority);
            self.streams.push(Stream {
                send_window: self.initial_send_window.unwrap_or_default(),
                ..Stream::default()
            });
        }
        self.flush()?;
        while !self.streams.iter().all(|stream| stream.is_open) {
            self.receive()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.socket.write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    /// Reads once, looks at every frame that is complete, and answers what asks for an answer.
    fn receive(&mut self) -> io::Result<()> {
        self.input.read(&mut self.socket)?;
        while let Some(head) = self.input.next_head() {
            if head.kind == frames::DATA {
                self.input.skip = head.length;
                self.data(head)?;
            } else {
                let Some(payload) = self.input.payload(head.length) else {
                    self.input.unread_head();
                    break;
                };
                self.control(head, &payload)?;
            }
        }
        self.flush()
    }

    fn data(&mut self, head: Head) -> io::Result<()> {
        if head.flags & (frames::PADDED | frames::END_STREAM) != 0 {
            return Err(unexpected(head));
        }
        self.frames += 1;
        let length = head.length as u32;
        // Those that are stalled come behind, and have no window.
        let with_window = &mut self.streams[..self.load.tunnels];
        let stream = stream_of(with_window, head)?;
        stream.received += u64::from(length);
        stream.unreturned += length;
        if stream.unreturned >= RETURN_AT {
            frames::write_window_update(&mut self.output, head.stream, stream.unreturned);
            stream.unreturned = 0;
        }
        self.unreturned += length;
        if self.unreturned >= RETURN_AT {
            frames::write_window_update(&mut self.output, 0, self.unreturned);
            self.unreturned = 0;
        }
        match self.load.pace {
            Pace::Full => {}
            Pace::PerFrame(time) => self.pacer.charge(time),
            Pace::PerChunk(time) => self
                .pacer
                .charge(time.mul_f64(head.length as f64 / SLOW_READ as f64)),
        }
        Ok(())
    }

    fn control(&mut self, head: Head, payload: &[u8]) -> io::Result<()> {
        match head.kind {
            frames::SETTINGS if head.flags & frames::ACK == 0 => {
                let size = initial_window_size(payload).unwrap_or(DEFAULT_WINDOW);
                self.initial_send_window = Some(size.into());
                frames::write(&mut self.output, frames::SETTINGS, frames::ACK, 0, &[]);
            }
            frames::PING if head.flags & frames::ACK == 0 => {
                frames::write(&mut self.output, frames::PING, frames::ACK, 0, payload);
            }
            frames::SETTINGS | frames::PING => {}
            frames::HEADERS if payload.first() == Some(&frames::STATUS_200) => {
                stream_of(&mut self.streams, head)?.is_open = head.flags & frames::END_STREAM == 0;
            }
            frames::WINDOW_UPDATE => {
                let bytes = payload.try_into().map_err(|_| unexpected(head))?;
                let more = i64::from(u32::from_be_bytes(bytes));
                if head.stream == 0 {
                    self.send_window += more;
                } else {
                    stream_of(&mut self.streams, head)?.send_window += more;
                }
            }
            frames::GOAWAY | frames::RST_STREAM => {
                return Err(invalid(format!("the proxy gave up: {head:?} {payload:?}")));
            }
            _ => return Err(unexpected(head)),
        }
        Ok(())
    }

    fn received(&self) -> u64 {
        self.streams.iter().map(|stream| stream.received).sum()
    }

    fn receive_until(&mut self, received: u64) -> io::Result<()> {
        // DATA counts when its head is there; the rest of the last one may be yet to come.
        while self.received() < received || self.input.skip > 0 {
            self.receive()?;
        }
        if self.received() > received {
            return Err(invalid("more bytes than were sent"));
        }
        Ok(())
    }

    fn upload(&mut self, each: u64) -> io::Result<()> {
        let tunnels = self.load.tunnels;
        let frame = self.load.write_size.min(FRAME);
        let mut left = vec![each; tunnels];
        let mut sent = self.origins.received().total();
        let goal = sent + each * tunnels as u64;
        let mut turn = 0;
        while sent < goal {
            let (mut batched, mut idle) = (0, 0);
            while self.output.len() < BATCH && batched < BATCH_FRAMES && idle < tunnels {
                let index = turn % tunnels;
                turn += 1;
                let window = self.send_window.min(self.streams[index].send_window);
                let now = (frame as i64).min(left[index] as i64).min(window);
                if now <= 0 {
                    idle += 1;
                    continue;
                }
                idle = 0;
                batched += 1;
                left[index] -= now as u64;
                sent += now as u64;
                self.send_window -= now;
                self.streams[index].send_window -= now;
                let payload = &PAYLOAD[..now as usize];
                frames::write(&mut self.output, frames::DATA, 0, id(index), payload);
            }
            if batched == 0 {
                self.receive()?;
            } else {
                self.flush()?;
            }
            if frame < SMALL {
                // At most one batch is on its way when the next one is sent.
                let on_its_way = (BATCH_FRAMES * frame) as u64;
                self.origins
                    .received()
                    .wait_for(sent.saturating_sub(on_its_way));
            }
        }
        self.origins.received().wait_for(goal);
        Ok(())
    }
}

static PAYLOAD: [u8; FRAME] = [b'u'; FRAME];

impl Client for H2Client {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn run(&mut self, amount: u64) -> io::Result<()> {
        let tunnels = self.load.tunnels as u64;
        let each = amount / tunnels;
        match self.load.work {
            Work::Download => {
                let goal = self.received() + each * tunnels;
                self.origins.send(each)?;
                self.receive_until(goal)
            }
            Work::Upload => self.upload(each),
            Work::PingPong => {
                let message = &PAYLOAD[..self.load.write_size];
                for _ in 0..amount {
                    let goal = self.received() + message.len() as u64;
                    // Echoed bytes come back as window on both levels, in steps; these are far apart.
                    while self.send_window.min(self.streams[0].send_window) < message.len() as i64 {
                        self.receive()?;
                    }
                    self.send_window -= message.len() as i64;
                    self.streams[0].send_window -= message.len() as i64;
                    frames::write(&mut self.output, frames::DATA, 0, id(0), message);
                    self.flush()?;
                    self.receive_until(goal)?;
                }
                Ok(())
            }
        }
    }
}

impl Input {
    fn read(&mut self, socket: &mut TcpStream) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let read = socket.read(&mut self.buffer[self.end..])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.end += read;
        Ok(())
    }

    /// Steps over the rest of the last DATA frame, and over the head that follows it.
    fn next_head(&mut self) -> Option<Head> {
        let skipped = self.skip.min(self.end - self.start);
        self.skip -= skipped;
        self.start += skipped;
        let head = self.buffer[self.start..self.end].first_chunk()?;
        self.start += frames::HEAD;
        Some(Head::parse(head))
    }

    fn unread_head(&mut self) {
        self.start -= frames::HEAD;
    }

    fn payload(&mut self, length: usize) -> Option<Vec<u8>> {
        let payload = self.buffer[self.start..self.end].get(..length)?.to_vec();
        self.start += length;
        Some(payload)
    }
}

fn id(index: usize) -> u32 {
    index as u32 * 2 + 1
}

fn stream_of(streams: &mut [Stream], head: Head) -> io::Result<&mut Stream> {
    let index = head.stream.wrapping_sub(1) as usize / 2;
    streams.get_mut(index).ok_or_else(|| unexpected(head))
}

fn initial_window_size(settings: &[u8]) -> Option<u32> {
    settings.chunks_exact(6).find_map(|setting| {
        let (id, value) = setting.split_at(2);
        (id == frames::INITIAL_WINDOW_SIZE.to_be_bytes())
            .then(|| u32::from_be_bytes(value.try_into().expect("a setting's value has 4 bytes")))
    })
}

fn unexpected(head: Head) -> io::Error {
    invalid(format!("a frame that was not expected: {head:?}"))
}
