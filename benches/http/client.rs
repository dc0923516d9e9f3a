//! The client, in a process of its own: blocking sockets and bytes made by hand, the same for every row.
//!
//! Commands come by standard input, a line each, and are answered by a line each:
//! `open ADDRESS SCENARIO`, `run SESSION BATCHES`, `close`.

use std::io::{self, BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::scenario::{named, Protocol, Scenario, Upload, MIB};

/// The argument that makes a process the client.
pub const ARGUMENT: &str = "client-of-the-measured-process";

/// After so much silence an answer is complete, when it is looked at for the first time.
const SILENCE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);

// ===== as the measuring process sees it =====

pub struct Client {
    child: Child,
    requests: ChildStdin,
    answers: io::Lines<io::BufReader<ChildStdout>>,
    sessions: usize,
}

impl Client {
    pub fn start() -> io::Result<Client> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take().expect("standard input is a pipe");
        let answers = io::BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        Ok(Client {
            child,
            requests,
            answers: answers.lines(),
            sessions: 0,
        })
    }

    /// Opens the connections of a row.
    pub fn open(&mut self, server: SocketAddr, scenario: &Scenario) -> usize {
        assert_eq!(
            self.ask(&format!("open {server} {}", scenario.name)),
            "opened"
        );
        self.sessions += 1;
        self.sessions - 1
    }

    pub fn run(&mut self, session: usize, batches: usize) -> Duration {
        let answer = self.ask(&format!("run {session} {batches}"));
        let nanoseconds = answer
            .strip_prefix("ran ")
            .and_then(|time| time.parse().ok());
        Duration::from_nanos(nanoseconds.expect("the client tells how long it took"))
    }

    pub fn close(&mut self) {
        assert_eq!(self.ask("close"), "closed");
        self.sessions = 0;
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.requests, "{request}").expect("the client is there");
        let answer = self.answers.next().and_then(Result::ok);
        answer.unwrap_or_else(|| panic!("the client did not answer `{request}`"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ===== in its own process =====

/// Does as it is told until standard input ends.
pub fn serve() -> io::Result<()> {
    let mut sessions: Vec<Session> = Vec::new();
    for line in io::stdin().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let answer = match (words.next(), words.next(), words.next()) {
            (Some("open"), Some(server), Some(name)) => {
                let server = server.parse().map_err(io::Error::other)?;
                sessions.push(Session::open(server, named(name))?);
                "opened".to_owned()
            }
            (Some("run"), Some(session), Some(batches)) => {
                let session: usize = session.parse().map_err(io::Error::other)?;
                let batches = batches.parse().map_err(io::Error::other)?;
                let start = Instant::now();
                sessions[session].run(batches)?;
                format!("ran {}", start.elapsed().as_nanos())
            }
            _ => {
                sessions.clear();
                "closed".to_owned()
            }
        };
        println!("{answer}");
    }
    Ok(())
}

/// The connections of a row.
struct Session {
    connections: Vec<Box<dyn Connection>>,
}

trait Connection {
    /// Sends all requests that are in flight at a time.
    fn send(&mut self) -> io::Result<()>;
    /// Reads all answers to them.
    fn receive(&mut self) -> io::Result<()>;
}

impl Session {
    fn open(server: SocketAddr, scenario: Scenario) -> io::Result<Session> {
        let connect = |_| -> io::Result<Box<dyn Connection>> {
            let socket = TcpStream::connect(server)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(match scenario.protocol {
                Protocol::Http1 => Box::new(Http1::open(socket, &scenario)?),
                Protocol::Http2 => Box::new(Http2::open(socket, scenario)?),
            })
        };
        let connections = (0..scenario.connections).map(connect);
        Ok(Session {
            connections: connections.collect::<io::Result<_>>()?,
        })
    }

    fn run(&mut self, batches: usize) -> io::Result<()> {
        for _ in 0..batches {
            for connection in &mut self.connections {
                connection.send()?;
            }
            for connection in &mut self.connections {
                connection.receive()?;
            }
        }
        Ok(())
    }
}

struct Http1 {
    socket: TcpStream,
    requests: Vec<u8>,
    /// Bytes of all answers to them.
    answers: usize,
    buffer: Vec<u8>,
}

impl Http1 {
    /// Sends the requests once, to see how long the answers are.
    fn open(socket: TcpStream, scenario: &Scenario) -> io::Result<Http1> {
        let mut connection = Http1 {
            socket,
            requests: scenario.http1_request().repeat(scenario.in_flight),
            answers: 0,
            buffer: vec![0; 256 << 10],
        };
        connection.send()?;
        connection.socket.set_read_timeout(Some(SILENCE))?;
        let mut heads = 0;
        loop {
            match connection.socket.read(&mut connection.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    let text = &connection.buffer[..count];
                    heads += text
                        .windows(15)
                        .filter(|at| at == b"HTTP/1.1 200 OK")
                        .count();
                    connection.answers += count;
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => break,
                Err(err) => return Err(err),
            }
        }
        assert_eq!(heads, scenario.in_flight, "answers to {}", scenario.name);
        connection.socket.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

impl Connection for Http1 {
    fn send(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.requests)
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut left = self.answers;
        while left > 0 {
            let most = left.min(self.buffer.len());
            match self.socket.read(&mut self.buffer[..most])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => left -= count,
            }
        }
        Ok(())
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const FRAME: usize = 16 << 10;
const HEAD: usize = 9;

/// Frames by hand (RFC 9113, section 4.1).
struct Http2 {
    socket: TcpStream,
    scenario: Scenario,
    /// The field section of every request.
    section: Vec<u8>,
    next_stream: u32,
    /// Bytes received since window was returned last.
    unreturned: u32,
    input: Vec<u8>,
    start: usize,
}

impl Http2 {
    fn open(socket: TcpStream, scenario: Scenario) -> io::Result<Http2> {
        let mut connection = Http2 {
            socket,
            section: section(&scenario),
            scenario,
            next_stream: 1,
            unreturned: 0,
            input: Vec::new(),
            start: 0,
        };
        let mut hello = PREFACE.to_vec();
        // Streams have all the window there is: INITIAL_WINDOW_SIZE, and one update for the connection.
        frame(&mut hello, SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
        frame(&mut hello, WINDOW_UPDATE, 0, 0, &(1u32 << 30).to_be_bytes());
        connection.socket.write_all(&hello)?;
        // The server's SETTINGS, and its acknowledgement of ours; its windows are updated right behind.
        let mut seen = 0;
        while seen < 2 {
            let (kind, flags, _) = connection.read_frame()?;
            if kind == SETTINGS {
                seen += 1;
                if flags & ACK == 0 {
                    let mut ack = Vec::new();
                    frame(&mut ack, SETTINGS, ACK, 0, &[]);
                    connection.socket.write_all(&ack)?;
                }
            }
        }
        Ok(connection)
    }

    /// The next frame's type, flags and payload length; what it carries is not looked at.
    fn read_frame(&mut self) -> io::Result<(u8, u8, usize)> {
        self.need(HEAD)?;
        let at = &self.input[self.start..];
        let length = u32::from_be_bytes([0, at[0], at[1], at[2]]) as usize;
        let (kind, flags) = (at[3], at[4]);
        self.need(HEAD + length)?;
        if kind == RST_STREAM || kind == GOAWAY {
            return Err(io::Error::other("the server has given up"));
        }
        self.start += HEAD + length;
        Ok((kind, flags, length))
    }

    fn need(&mut self, count: usize) -> io::Result<()> {
        let mut buffer = [0; 64 << 10];
        while self.input.len() - self.start < count {
            if self.start > 1 << 20 {
                self.input.drain(..self.start);
                self.start = 0;
            }
            match self.socket.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => self.input.extend_from_slice(&buffer[..more]),
            }
        }
        Ok(())
    }
}

impl Connection for Http2 {
    fn send(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        if self.unreturned > 0 {
            frame(
                &mut out,
                WINDOW_UPDATE,
                0,
                0,
                &self.unreturned.to_be_bytes(),
            );
            self.unreturned = 0;
        }
        let has_body = self.scenario.upload != Upload::Nothing;
        for _ in 0..self.scenario.in_flight {
            let end = if has_body { 0 } else { END_STREAM };
            frame(
                &mut out,
                HEADERS,
                END_HEADERS | end,
                self.next_stream,
                &self.section,
            );
            if has_body {
                for nth in 1..=MIB / FRAME {
                    let end = if nth == MIB / FRAME { END_STREAM } else { 0 };
                    frame(&mut out, DATA, end, self.next_stream, &[b'x'; FRAME]);
                }
            }
            self.next_stream += 2;
        }
        self.socket.write_all(&out)
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut open = self.scenario.in_flight;
        while open > 0 {
            let (kind, flags, length) = self.read_frame()?;
            match kind {
                DATA => self.unreturned += length as u32,
                PING if flags & ACK == 0 => {
                    let mut pong = Vec::new();
                    let payload = &self.input[self.start - length..self.start];
                    frame(&mut pong, PING, ACK, 0, payload);
                    self.socket.write_all(&pong)?;
                }
                _ => {}
            }
            if (kind == DATA || kind == HEADERS) && flags & END_STREAM != 0 {
                open -= 1;
            }
        }
        Ok(())
    }
}

fn frame(to: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    to.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    to.extend_from_slice(&[kind, flags]);
    to.extend_from_slice(&stream.to_be_bytes());
    to.extend_from_slice(payload);
}

/// A field section of literals that are not indexed (RFC 7541, section 6.2.2), so that it may be sent again and again.
fn section(scenario: &Scenario) -> Vec<u8> {
    let method = match scenario.upload {
        Upload::Nothing => "GET",
        Upload::Exact | Upload::Chunked => "POST",
    };
    let mut section = Vec::new();
    let pseudo = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "127.0.0.1"),
        (":path", scenario.path),
    ];
    for (name, value) in pseudo {
        literal(&mut section, name, value);
    }
    for (name, value) in scenario.request_fields() {
        literal(&mut section, &name, &value);
    }
    section
}

fn literal(section: &mut Vec<u8>, name: &str, value: &str) {
    section.push(0);
    for text in [name, value] {
        assert!(text.len() < 127, "a length of one byte");
        section.push(text.len() as u8);
        section.extend_from_slice(text.as_bytes());
    }
}
