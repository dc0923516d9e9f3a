//! The connection as the peer knows it: windows, and what came over the wire.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use h2::Reason;
use tokio::io::{AsyncRead, ReadBuf};

use crate::parser::{Parser, Piece};
use crate::pattern::{bytes_at, from_hyper, from_peer};
use crate::script::Setup;
use crate::support::gate::WireEnd;
use crate::support::scripted_h2::{setting, Frame, RawPeer};
use crate::support::tunnels::{Link, Role};
use crate::tunnel::{Call, Tunnel};

/// A frame that every peer must accept (RFC 9113, section 4.2).
pub const FRAME: usize = 16 << 10;

/// hyper's window for what it receives, of a stream and of the connection.
pub const RECEIVE_WINDOW: usize = 65_535;

pub struct Model {
    pub link: Link<RawPeer<WireEnd>>,
    pub role: Role,
    pub tunnels: Vec<Tunnel>,
    pub limit: usize,
    /// The most that may be accepted beyond the window.
    pub frame: usize,
    /// Whether the peer reads its socket.
    pub is_reading: bool,
    /// Most bytes under way to hyper at once.
    pub most_under_way: usize,

    pub parser: Parser,
    pieces: Vec<u8>,
    answers: Vec<Frame>,
    snapshots: VecDeque<Snapshot>,

    pub initial_window: i64,
    /// SETTINGS_INITIAL_WINDOW_SIZE sent and not acknowledged.
    pub unacknowledged: VecDeque<i64>,
    /// Whether SETTINGS ever lowered the windows.
    has_shrunk: bool,
    pub connection_granted: i64,
    pub arrived: i64,
    sent: usize,
    credit: usize,
}

/// What was accepted when the socket had taken so much. Judged when that much has been read.
struct Snapshot {
    taken: u64,
    tunnel: usize,
    accepted: usize,
}

impl Model {
    pub fn new(
        link: Link<RawPeer<WireEnd>>,
        role: Role,
        setup: &Setup,
        tunnels: Vec<Tunnel>,
    ) -> Self {
        let mut model = Model {
            link,
            role,
            tunnels,
            limit: setup.limit.max(2),
            frame: frame(setup.limit),
            is_reading: true,
            most_under_way: 0,
            parser: Parser::default(),
            pieces: vec![0; FRAME],
            answers: Vec::with_capacity(16),
            snapshots: VecDeque::with_capacity(4096),
            initial_window: setup.stream_window.into(),
            unacknowledged: VecDeque::with_capacity(64),
            has_shrunk: false,
            connection_granted: setup.connection_window.into(),
            arrived: 0,
            sent: 0,
            credit: 0,
        };
        model.note_windows();
        model
    }

    // ----- the user -----

    pub fn poll(&mut self, t: usize, call: Call) -> Poll<()> {
        let tunnel = &mut self.tunnels[t];
        let before = tunnel.accepted;
        let polled = tunnel.poll(call);
        if tunnel.accepted > before {
            self.check_connection_window();
            self.take_snapshot(t);
        }
        polled
    }

    fn take_snapshot(&mut self, tunnel: usize) {
        let (taken, accepted) = (self.link.to_peer.taken(), self.tunnels[tunnel].accepted);
        match self.snapshots.back_mut() {
            Some(last) if last.taken == taken && last.tunnel == tunnel => last.accepted = accepted,
            _ => self.snapshots.push_back(Snapshot {
                taken,
                tunnel,
                accepted,
            }),
        }
        self.check_snapshots();
    }

    fn check_snapshots(&mut self) {
        let delivered = self.link.to_peer.delivered();
        while let Some(snapshot) = self.snapshots.front() {
            if snapshot.taken > delivered {
                return;
            }
            let held = snapshot.accepted - self.tunnels[snapshot.tunnel].arrived;
            assert!(held <= self.limit, "{held} held, limit {}", self.limit);
            self.snapshots.pop_front();
        }
    }

    /// Streams share the connection's window; a dead one has used of it what arrived. Where SETTINGS took a window away,
    /// what was accepted for it is of no account: its part of the connection's window went to the others.
    fn check_connection_window(&self) {
        if self.has_shrunk {
            return;
        }
        let mut beyond = -self.connection_granted;
        for tunnel in &self.tunnels {
            let is_dead = tunnel.is_reset() || tunnel.may_have_lingered();
            beyond += match is_dead {
                true => tunnel.arrived,
                false => tunnel.accepted.saturating_sub(self.frame),
            } as i64;
        }
        assert!(
            beyond <= 0,
            "{beyond} bytes beyond the connection's window, and a frame each"
        );
    }

    // ----- the peer's frames -----

    fn send(&mut self, frame: Frame) {
        let sent = self.link.peer.send(frame).now_or_never();
        sent.expect("the socket to hyper takes all there is");
        let under_way = self.link.to_hyper.buffered();
        self.most_under_way = self.most_under_way.max(under_way);
    }

    pub fn grant(&mut self, t: usize, increment: u32) {
        let tunnel = &mut self.tunnels[t];
        if tunnel.is_reset() || tunnel.is_closed() {
            return;
        }
        tunnel.granted += i64::from(increment);
        let stream = tunnel.stream;
        self.note_windows();
        self.send(Frame::WindowUpdate { stream, increment });
    }

    pub fn grant_connection(&mut self, increment: u32) {
        self.connection_granted += i64::from(increment);
        self.send(Frame::WindowUpdate {
            stream: 0,
            increment,
        });
    }

    pub fn set_initial_window(&mut self, bytes: u32) {
        let last = self.unacknowledged.back();
        self.has_shrunk |= i64::from(bytes) < *last.unwrap_or(&self.initial_window);
        self.unacknowledged.push_back(bytes.into());
        self.note_windows();
        self.send(Frame::Settings {
            ack: false,
            entries: vec![(setting::INITIAL_WINDOW_SIZE, bytes)],
        });
    }

    /// Sends `len` bytes of DATA, or as many as hyper's windows allow.
    pub fn send_data(&mut self, t: usize, len: usize) {
        let tunnel = &mut self.tunnels[t];
        if tunnel.is_reset() || tunnel.end_sent {
            return;
        }
        let stream_left = RECEIVE_WINDOW + tunnel.credit - tunnel.sent;
        let connection_left = RECEIVE_WINDOW + self.credit - self.sent;
        let mut left = len.min(stream_left).min(connection_left);
        while left > 0 {
            let tunnel = &mut self.tunnels[t];
            let len = left.min(FRAME);
            let payload = bytes_at(from_peer(tunnel.stream), tunnel.sent, len);
            let frame = data(tunnel.stream, payload, false);
            tunnel.sent += len;
            self.sent += len;
            left -= len;
            self.send(frame);
        }
    }

    pub fn half_close(&mut self, t: usize) {
        let tunnel = &mut self.tunnels[t];
        if tunnel.is_reset() || tunnel.end_sent {
            return;
        }
        tunnel.end_sent = true;
        let frame = data(tunnel.stream, &[], true);
        self.send(frame);
    }

    pub fn reset(&mut self, t: usize, code: Reason) {
        let tunnel = &mut self.tunnels[t];
        if tunnel.is_reset() || tunnel.is_closed() {
            return;
        }
        tunnel.reset_sent = Some(code);
        let stream = tunnel.stream;
        self.send(Frame::Reset { stream, code });
    }

    fn note_windows(&mut self) {
        let announced = self.unacknowledged.iter().copied().max();
        let initial = announced.map_or(self.initial_window, |most| most.max(self.initial_window));
        for tunnel in &mut self.tunnels {
            tunnel.most_allowed = tunnel.most_allowed.max(initial + tunnel.granted);
        }
    }

    // ----- the wire -----

    /// Reads at most `most` bytes of what the socket holds now.
    pub fn read_socket(&mut self, mut most: usize) {
        let mut pieces = std::mem::take(&mut self.pieces);
        let cx = &mut Context::from_waker(Waker::noop());
        loop {
            self.check_snapshots();
            let mut len = pieces.len().min(most);
            if let Some(snapshot) = self.snapshots.front() {
                let before = snapshot.taken - self.link.to_peer.delivered();
                len = len.min(before as usize);
            }
            let mut buf = ReadBuf::new(&mut pieces[..len]);
            if len == 0 || self.link.to_peer.buffered() == 0 {
                break;
            }
            let read = Pin::new(self.link.peer.io_mut()).poll_read(cx, &mut buf);
            assert!(matches!(read, Poll::Ready(Ok(()))), "{read:?}");
            most -= buf.filled().len();
            let mut input = buf.filled();
            let mut parser = std::mem::take(&mut self.parser);
            while let Some(piece) = parser.next(&mut input) {
                self.take_piece(piece);
            }
            self.parser = parser;
        }
        self.pieces = pieces;
        for answer in std::mem::take(&mut self.answers) {
            self.send(answer);
        }
    }

    fn tunnel(&mut self, stream: u32) -> &mut Tunnel {
        let mut tunnels = self.tunnels.iter_mut();
        let tunnel = tunnels.find(|tunnel| tunnel.stream == stream);
        tunnel.unwrap_or_else(|| panic!("a frame on stream {stream}"))
    }

    fn take_piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::DataHead { stream, len, ends } => {
                assert!(len <= FRAME, "a frame of {len}");
                assert!(len > 0 || ends, "an empty DATA frame");
                let tunnel = self.tunnel(stream);
                assert!(!tunnel.end_seen, "DATA after END_STREAM");
                assert_eq!(tunnel.reset_seen, None, "DATA after RST_STREAM");
            }
            Piece::Payload { stream, bytes } => self.take_payload(stream, bytes),
            Piece::End { stream } => {
                let tunnel = self.tunnel(stream);
                assert!(tunnel.let_go.is_some(), "END_STREAM unasked");
                assert_eq!(tunnel.arrived, tunnel.accepted, "END_STREAM too early");
                tunnel.end_seen = true;
            }
            Piece::Frame(Frame::Reset { stream, code }) => {
                let role = self.role;
                check_reset(self.tunnel(stream), code, role);
                self.tunnel(stream).reset_seen = Some(code);
            }
            Piece::Frame(Frame::Settings { ack: true, .. }) => {
                let acknowledged = self.unacknowledged.pop_front();
                self.initial_window = acknowledged.expect("SETTINGS are acknowledged once");
            }
            Piece::Frame(Frame::Ping {
                ack: false,
                payload,
            }) => self.answers.push(Frame::Ping { ack: true, payload }),
            Piece::Frame(Frame::WindowUpdate {
                stream: 0,
                increment,
            }) => self.credit += increment as usize,
            Piece::Frame(Frame::WindowUpdate { stream, increment }) => {
                self.tunnel(stream).credit += increment as usize;
            }
            Piece::Frame(frame) => panic!("{frame:?} is not to be sent"),
        }
    }

    fn take_payload(&mut self, stream: u32, bytes: &[u8]) {
        let initial = self.unacknowledged.iter().copied().max();
        let initial = initial.unwrap_or(0).max(self.initial_window);
        let tunnel = self.tunnel(stream);
        let expected = bytes_at(from_hyper(stream), tunnel.arrived, bytes.len());
        assert!(bytes == expected, "a wrong byte after {}", tunnel.arrived);
        tunnel.arrived += bytes.len();
        assert!(tunnel.arrived <= tunnel.accepted, "more than was accepted");
        let allowed = initial + tunnel.granted;
        let beyond = tunnel.arrived as i64 - allowed;
        assert!(beyond <= 0, "{beyond} bytes beyond the stream's window");
        self.arrived += bytes.len() as i64;
        let beyond = self.arrived - self.connection_granted;
        assert!(beyond <= 0, "{beyond} bytes beyond the connection's window");
    }

    /// Bytes the peer sent that hyper has not given credit for.
    pub fn owed(&self) -> usize {
        self.sent - self.credit
    }
}

/// The most that waits behind the window: a DATA frame, or half the limit where that is less.
pub fn frame(limit: usize) -> usize {
    FRAME.min(limit / 2).max(1)
}

fn data(stream: u32, payload: &'static [u8], end_stream: bool) -> Frame {
    Frame::Data {
        stream,
        payload: payload.into(),
        padding: None,
        end_stream,
    }
}

/// hyper resets a tunnel that was let go: when patience has run out, or when all is out and the peer goes on regardless.
fn check_reset(tunnel: &Tunnel, code: Reason, role: Role) {
    assert_eq!(tunnel.reset_seen, None, "RST_STREAM twice");
    assert!(tunnel.let_go.is_some(), "RST_STREAM({code:?}) unasked");
    let is_left = tunnel.end_seen && !tunnel.is_held();
    let is_due = match code {
        Reason::NO_ERROR => is_left && role == Role::Server,
        // The socket may have had END_STREAM when nobody knew it yet.
        Reason::CANCEL => tunnel.may_have_lingered() || is_left && role == Role::Client,
        _ => false,
    };
    assert!(
        is_due,
        "RST_STREAM({code:?}) before its time, with {} of {} bytes arrived",
        tunnel.arrived, tunnel.accepted
    );
}
