//! A peer that speaks in single frames.

use std::collections::{HashMap, VecDeque};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use h2::Reason;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::frame::{Frame, PREFACE};
use super::hpack::{encode, Decoder};
use super::peer_settings::PeerSettings;
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// One end of an HTTP/2 connection, played frame by frame.
///
/// On its own it does three things: it acknowledges SETTINGS, answers PINGs (see [`answer_pings`](Self::answer_pings)) and
/// adds up the WINDOW_UPDATEs it receives. Windows it never opens by itself, [`read_to_end`](Self::read_to_end) excepted.
///
/// `next*` are cancel safe: no frame is lost, nor left half-sent. Under a paused clock an `expect_*` whose frame can no
/// longer come panics at once. Frames of other streams that come before the awaited one are kept for later.
#[derive(Debug)]
pub struct RawPeer<T> {
    io: T,
    unread: BytesMut,
    unwritten: BytesMut,
    set_aside: VecDeque<Frame>,
    decoder: Decoder,
    credit: HashMap<u32, u64>,
    settings: Vec<(u16, u32)>,
    settings_acks: usize,
    pings: usize,
    answers_pings: bool,
    next_stream: u32,
}

impl<T: AsyncRead + AsyncWrite + Unpin> RawPeer<T> {
    /// Opens the connection as a client; returns once hyper's SETTINGS came and ours are acknowledged.
    pub async fn client(io: T, settings: &PeerSettings) -> Self {
        let mut peer = Self::new(io);
        peer.unwritten.extend_from_slice(PREFACE);
        peer.open(settings).await;
        peer
    }

    /// Opens the connection as a server; otherwise like [`client`](Self::client).
    pub async fn server(io: T, settings: &PeerSettings) -> Self {
        let mut peer = Self::new(io);
        while peer.unread.len() < PREFACE.len() {
            let read = peer.io.read_buf(&mut peer.unread).await;
            assert_ne!(read.expect("the preface arrives"), 0, "a preface, not EOF");
        }
        assert_eq!(peer.unread.split_to(PREFACE.len()), PREFACE);
        peer.open(settings).await;
        peer
    }

    fn new(io: T) -> Self {
        RawPeer {
            io,
            unread: BytesMut::new(),
            unwritten: BytesMut::new(),
            set_aside: VecDeque::new(),
            decoder: Decoder::default(),
            credit: HashMap::new(),
            settings: Vec::new(),
            settings_acks: 0,
            pings: 0,
            answers_pings: true,
            next_stream: 1,
        }
    }

    async fn open(&mut self, settings: &PeerSettings) {
        self.settings(&settings.entries()).await;
        match settings.connection_increment() {
            0 => {}
            increment => self.grant(0, increment).await,
        }
        self.expect_settings_ack(1).await;
    }

    // ----- sending -----

    pub async fn send(&mut self, frame: Frame) {
        frame.encode(&mut self.unwritten);
        self.flush().await;
    }

    /// Sends bytes that need not be a frame.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.unwritten.extend_from_slice(bytes);
        self.flush().await;
    }

    /// Sends HEADERS that leave the stream open.
    pub async fn send_headers(&mut self, stream: u32, fields: &[(&str, &str)]) {
        self.send(headers(stream, fields, false)).await;
    }

    /// Sends HEADERS with END_STREAM: a message without a body, or trailers.
    pub async fn send_last_headers(&mut self, stream: u32, fields: &[(&str, &str)]) {
        self.send(headers(stream, fields, true)).await;
    }

    /// Sends a CONNECT request for `authority` and returns its stream.
    pub async fn send_connect(&mut self, authority: &str, more: &[(&str, &str)]) -> u32 {
        let mut fields = vec![(":method", "CONNECT"), (":authority", authority)];
        fields.extend_from_slice(more);
        let stream = self.next_stream;
        self.next_stream += 2;
        self.send_headers(stream, &fields).await;
        stream
    }

    pub async fn send_data(&mut self, stream: u32, payload: impl Into<Bytes>) {
        self.send(data(stream, payload.into(), false)).await;
    }

    /// Sends DATA with END_STREAM.
    pub async fn send_last_data(&mut self, stream: u32, payload: impl Into<Bytes>) {
        self.send(data(stream, payload.into(), true)).await;
    }

    /// Opens a window by `increment` bytes: that of `stream`, or with 0 the connection's.
    pub async fn grant(&mut self, stream: u32, increment: u32) {
        self.send(Frame::WindowUpdate { stream, increment }).await;
    }

    pub async fn reset(&mut self, stream: u32, code: Reason) {
        self.send(Frame::Reset { stream, code }).await;
    }

    pub async fn settings(&mut self, entries: &[(u16, u32)]) {
        let entries = entries.to_vec();
        self.send(Frame::Settings {
            ack: false,
            entries,
        })
        .await;
    }

    pub async fn ping(&mut self, payload: [u8; 8]) {
        self.send(Frame::Ping {
            ack: false,
            payload,
        })
        .await;
    }

    pub async fn goaway(&mut self, last: u32, code: Reason) {
        let debug = Bytes::new();
        self.send(Frame::GoAway { last, code, debug }).await;
    }

    /// Closes this direction of the transport; reading goes on.
    pub async fn eof(&mut self) {
        self.io.shutdown().await.expect("the transport shuts down");
    }

    async fn flush(&mut self) {
        let written = self.io.write_all_buf(&mut self.unwritten).await;
        written.expect("the transport takes the peer's frames");
    }

    // ----- receiving -----

    /// The next frame as it came, housekeeping included; `None` at the end or failure of the transport.
    pub async fn next_raw(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::decode(&mut self.unread) {
                return Some(frame);
            }
            match self.io.read_buf(&mut self.unread).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame that is neither SETTINGS, PING nor WINDOW_UPDATE; `None` at the end of the transport.
    pub async fn next(&mut self) -> Option<Frame> {
        match self.set_aside.pop_front() {
            Some(frame) => Some(frame),
            None => self.next_unseen().await,
        }
    }

    async fn next_unseen(&mut self) -> Option<Frame> {
        loop {
            if let Step::Frame(frame) = self.step().await? {
                return Some(frame);
            }
        }
    }

    /// Receives one frame and does what is due for it.
    async fn step(&mut self) -> Option<Step> {
        let answer = match self.next_raw().await? {
            Frame::Settings { ack: true, .. } => {
                self.settings_acks += 1;
                None
            }
            Frame::Settings { entries, .. } => {
                self.settings.extend(entries);
                Some(Frame::Settings {
                    ack: true,
                    entries: Vec::new(),
                })
            }
            Frame::Ping { ack: true, .. } => None,
            Frame::Ping { payload, .. } => {
                self.pings += 1;
                self.answers_pings
                    .then_some(Frame::Ping { ack: true, payload })
            }
            Frame::WindowUpdate { stream, increment } => {
                *self.credit.entry(stream).or_default() += u64::from(increment);
                None
            }
            frame => return Some(Step::Frame(frame)),
        };
        if let Some(answer) = answer {
            answer.encode(&mut self.unwritten);
            // A transport that no longer takes answers may still hold frames to read.
            let _ = self.io.write_all_buf(&mut self.unwritten).await;
        }
        Some(Step::Housekeeping)
    }

    /// The next frame on `stream` (0: the connection); `None` at the end of the transport.
    pub async fn next_on(&mut self, stream: u32) -> Option<Frame> {
        if let Some(at) = self.set_aside.iter().position(|f| f.stream() == stream) {
            return self.set_aside.remove(at);
        }
        loop {
            let frame = self.next_unseen().await?;
            if frame.stream() == stream {
                return Some(frame);
            }
            self.set_aside.push_back(frame);
        }
    }

    /// Lets everything that can happen happen, and returns the frames it brought.
    pub async fn settled_frames(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            run_until_idle().await;
            let before = frames.len();
            while let Some(Some(frame)) = self.next().now_or_never() {
                frames.push(frame);
            }
            if frames.len() == before {
                return frames;
            }
        }
    }

    /// Waits until hyper has acknowledged `count` SETTINGS frames in all, that of the handshake included.
    pub async fn expect_settings_ack(&mut self, count: usize) {
        while self.settings_acks < count {
            let step = expect_soon("SETTINGS acknowledgement", self.step()).await;
            match step.expect("SETTINGS are acknowledged before the connection ends") {
                Step::Frame(frame) => self.set_aside.push_back(frame),
                Step::Housekeeping => {}
            }
        }
    }

    pub(super) fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }

    // ----- what housekeeping has seen -----

    /// Whether PINGs get their acknowledgement; they do unless told otherwise.
    pub fn answer_pings(&mut self, answer: bool) {
        self.answers_pings = answer;
    }

    /// Bytes of WINDOW_UPDATE received so far for `stream` (0: the connection).
    pub fn credit(&self, stream: u32) -> u64 {
        self.credit.get(&stream).copied().unwrap_or(0)
    }

    /// PINGs received so far, acknowledgements not counted.
    pub fn pings(&self) -> usize {
        self.pings
    }

    /// The last value hyper announced for a SETTINGS entry (see [`setting`](super::setting)).
    pub fn setting(&self, id: u16) -> Option<u32> {
        let entry = self.settings.iter().rev().find(|(known, _)| *known == id)?;
        Some(entry.1)
    }

    /// The transport underneath.
    pub fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }
}

/// What one received frame came to.
enum Step {
    Housekeeping,
    Frame(Frame),
}

fn headers(stream: u32, fields: &[(&str, &str)], end_stream: bool) -> Frame {
    Frame::Headers {
        stream,
        block: encode(fields),
        end_stream,
        end_headers: true,
    }
}

fn data(stream: u32, payload: Bytes, end_stream: bool) -> Frame {
    Frame::Data {
        stream,
        payload,
        padding: None,
        end_stream,
    }
}
