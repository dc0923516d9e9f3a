//! The one place in the crate that asks h2 for window and hands it DATA.
//!
//! Invariants:
//! - `send_data` is never called with more bytes than h2 has granted, and with none while the
//!   grant is zero, save for an empty END_STREAM, which needs no window (RFC 9113 §6.9.1).
//! - Capacity is reserved for bytes in hand and for no others.
//! - While earlier bytes are held by the connection, only pieces of a frame or more follow them;
//!   smaller ones are gathered. So h2, which spends an entry on each DATA frame, has few of them.
//! - At most a frame waits here, and at most `limit` less a frame is with h2 and not taken by the
//!   socket, so the two together stay within `limit`. (A body's own frame waits whole,
//!   whatever its size: it is the body's memory.)
//!
//! h2 has one send waker a stream. Whoever calls the `poll_` functions here owns it: one
//! task for the life of the stream.

use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http::HeaderMap;

use crate::proto::h2::ledger::Ledger;
use crate::proto::h2::piece::Piece;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::outlet::Outlet;
use crate::proto::h2::waiting::Waiting;
use crate::proto::h2::window::FRAME_SIZE;

/// The most that goes into h2 at a time, in bytes, four frames: a socket is kept busy by what came
/// before while the next is made.
const MAX_DIRECT: usize = 64 << 10;

pub(crate) struct WindowedSender {
    stream: SendStream<SendBuf>,
    waiting: Waiting,
    /// None for a body of which nothing was sent yet: many are sent at once, and nobody asks what became of them.
    ledger: Option<Arc<Ledger>>,
    outlet: Arc<Outlet>,
    /// The most that waits here: a DATA frame, or half the limit where that is less.
    frame: usize,
    /// The most that h2 and the connection hold of this stream: whole frames, so that none is
    /// cut in two to use it up.
    queue_limit: usize,
    end: End,
}

/// How the sending half ends.
enum End {
    /// More may come.
    Open,
    /// END_STREAM follows what waits.
    AfterData,
    /// Trailers follow what waits, and end the stream.
    WithTrailers(Box<HeaderMap>),
    /// The end is with h2.
    Sent,
}

impl WindowedSender {
    /// `limit`: bytes that the stream may hold, here and in h2, until the socket takes them.
    pub(crate) fn new(
        stream: SendStream<SendBuf>,
        outlet: Arc<Outlet>,
        limit: usize,
    ) -> WindowedSender {
        let frame = FRAME_SIZE.min(limit / 2).max(1);
        let frames_with_h2 = (limit.saturating_sub(frame) / frame).max(1);
        WindowedSender {
            stream,
            waiting: Waiting::default(),
            ledger: None,
            outlet,
            frame,
            queue_limit: frames_with_h2 * frame,
            end: End::Open,
        }
    }

    /// From now on it is known of each byte whether the socket has taken it, the last included.
    pub(crate) fn keep_account(&mut self) {
        self.ledger.get_or_insert_default();
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// Bytes that were accepted and are not with h2 yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes that were accepted and that the socket has not taken, as far as is known.
    pub(crate) fn held(&self) -> usize {
        let ledger = self.ledger.as_ref();
        ledger.map_or(0, |ledger| ledger.held()) + self.waiting.len()
    }

    /// Whether accepted bytes were thrown away, unwritten.
    pub(crate) fn has_lost(&self) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.has_lost())
    }

    /// See [`Ledger::held_and_weight`].
    fn held_and_weight(&self) -> (usize, usize) {
        self.ledger
            .as_ref()
            .map_or((0, 0), |ledger| ledger.held_and_weight())
    }

    /// See [`Ledger::poll_weight_at_most`].
    fn poll_weight_at_most(&self, cx: &Context<'_>, at_most: usize) -> Poll<()> {
        match &self.ledger {
            Some(ledger) => ledger.poll_weight_at_most(cx, at_most),
            None => Poll::Ready(()),
        }
    }

    /// Whether another small piece may be gathered.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < self.frame
    }

    /// Whether END_STREAM, or the trailers that carry it, is with h2.
    pub(crate) fn is_end_sent(&self) -> bool {
        matches!(self.end, End::Sent)
    }

    /// Accepts a part of `bytes` and returns its length: zero where nothing fits.
    ///
    /// What h2 can take at once goes there. Of the rest, up to one frame is kept for
    /// [`poll_send`](WindowedSender::poll_send).
    pub(crate) fn write(&mut self, bytes: &[u8]) -> usize {
        if !self.waiting.is_empty() {
            return self.keep(bytes);
        }
        let (held, weight) = self.held_and_weight();
        let least = if held == 0 { 1 } else { self.frame };
        let most = bytes.len().min(self.room(weight)).min(MAX_DIRECT);
        if most < least {
            return self.keep(bytes);
        }

        self.reserve(most);
        let granted = self.stream.capacity().min(most);
        // A stream that refuses is over, which `poll_send` finds out.
        let sent = if granted >= least && self.send_copy(&bytes[..granted]).is_ok() {
            granted
        } else {
            0
        };
        if sent == most {
            return sent;
        }
        let kept = self.keep(&bytes[sent..]);
        self.reserve(kept);
        sent + kept
    }

    /// Keeps what fits into the frame that waits.
    fn keep(&mut self, bytes: &[u8]) -> usize {
        let room = self.frame.saturating_sub(self.waiting.len());
        let kept = room.min(bytes.len());
        self.waiting.gather(&bytes[..kept], &mut self.outlet.pool());
        kept
    }

    /// Accepts `bytes`, whole. Call only while [`has_room`](WindowedSender::has_room).
    pub(crate) fn put(&mut self, bytes: Bytes) {
        debug_assert!(self.has_room());
        if !bytes.is_empty() && self.waiting.is_empty() {
            // The pool, and its lock, are not needed.
            self.waiting.put_first(bytes);
        } else if !bytes.is_empty() {
            self.waiting.put(bytes, &mut self.outlet.pool());
        } else if self.held() == 0 {
            // An empty DATA frame means something to some peers, so a lone one goes through.
            // A stream that refuses is over, which `poll_send` finds out.
            let _ = self.send(bytes.into());
        }
    }

    /// No more bytes come; END_STREAM follows those that wait.
    pub(crate) fn end(&mut self) {
        if let End::Open = self.end {
            self.end = End::AfterData;
        }
    }

    /// No more bytes come; `trailers` follow those that wait.
    pub(crate) fn end_with_trailers(&mut self, trailers: HeaderMap) {
        if let End::Open = self.end {
            self.end = End::WithTrailers(Box::new(trailers));
        }
    }

    /// Ends a stream that sent nothing. One that is over already needs no end.
    #[cfg(feature = "client")]
    pub(crate) fn end_empty(mut self) {
        self.end();
        let _ = self.send_end();
    }

    /// Moves what waits into h2, as window is granted.
    ///
    /// `Ready(Ok)` promises that nothing waits, and where an end was asked for, that it is with
    /// h2. Wakes on window (WINDOW_UPDATE, SETTINGS), on RST_STREAM, GOAWAY and the connection's
    /// end, and where bytes wait for earlier ones, when those are taken.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        while !self.waiting.is_empty() {
            ready!(self.poll_send_piece(cx))?;
        }
        if let End::Open | End::Sent = self.end {
            return Poll::Ready(Ok(()));
        }
        match self.send_end() {
            Ok(()) => Poll::Ready(Ok(())),
            Err(_) => Poll::Ready(Err(self.why_closed(cx))),
        }
    }

    fn poll_send_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        let (held, weight) = self.held_and_weight();
        let least = if held == 0 {
            1
        } else {
            self.frame.min(self.whole_rest())
        };
        let room = self.room(weight);
        if self.waiting.len() < least || room < least {
            return self.poll_drained(cx);
        }

        let most = self.waiting.len().min(room).min(MAX_DIRECT);
        self.reserve(most);
        let granted = self.stream.capacity();
        if granted < least {
            return self.poll_granted(cx, held);
        }
        let most = granted.min(most);
        let piece = match self.waiting.take_whole(most) {
            Some(piece) => piece,
            None => self.waiting.take(most, &mut self.outlet.pool()),
        };
        match self.send(piece) {
            Ok(()) => Poll::Ready(Ok(())),
            // Reset since it granted; h2's refusal does not say why.
            Err(_) => Poll::Ready(Err(self.why_closed(cx))),
        }
    }

    /// The least that may follow held bytes: a frame, or all that is left once no more comes.
    fn whole_rest(&self) -> usize {
        match self.end {
            End::Open => usize::MAX,
            _ => self.waiting.len(),
        }
    }

    /// Waits for window, or where bytes are held, for their leaving: then less window will do.
    fn poll_granted(&mut self, cx: &mut Context<'_>, held: usize) -> Poll<Result<(), h2::Error>> {
        match self.stream.poll_capacity(cx) {
            Poll::Ready(Some(Ok(_))) => Poll::Ready(Ok(())),
            Poll::Ready(Some(Err(err))) => Poll::Ready(Err(err)),
            Poll::Ready(None) => Poll::Ready(Err(self.why_closed(cx))),
            Poll::Pending if held > 0 => self.poll_weight_at_most(cx, 0).map(Ok),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Waits until held bytes have left: all of them where a small piece waits, half where a frame
    /// does, so that a socket never runs dry meanwhile.
    fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        let at_most = if self.has_room() {
            0
        } else {
            self.queue_limit
                .saturating_sub(self.frame)
                .min(self.queue_limit / 2)
        };
        if self.poll_weight_at_most(cx, at_most).is_ready() {
            return Poll::Ready(Ok(()));
        }
        self.poll_reset(cx).map(Err)
    }

    /// Whether the window is what keeps the waiting bytes here.
    pub(crate) fn waits_for_window(&mut self) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        self.reserve(self.waiting.len());
        self.stream.capacity() < self.waiting.len()
    }

    /// Ready once the socket has taken all that was handed to h2, END_STREAM included.
    ///
    /// Wakes when the last of it is taken. Where some was thrown away, nothing is waited for.
    pub(crate) fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_lost() {
            return Poll::Ready(());
        }
        self.poll_weight_at_most(cx, 0)
    }

    /// Ready with the reason once the peer, or h2, has reset the stream, or the connection is over.
    pub(crate) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<h2::Error> {
        self.stream.poll_reset(cx).map(|reset| match reset {
            Ok(reason) => reason.into(),
            Err(err) => err,
        })
    }

    /// Resets the stream and forgets all that h2 has not written yet.
    pub(crate) fn reset(&mut self, reason: Reason) {
        self.waiting = Waiting::default();
        self.end = End::Sent;
        self.stream.send_reset(reason);
    }

    /// How much more h2 may be given beside what weighs on the stream, in whole frames.
    fn room(&self, weight: usize) -> usize {
        let room = self.queue_limit.saturating_sub(weight);
        room - room % self.frame
    }

    fn send_end(&mut self) -> Result<(), h2::Error> {
        match std::mem::replace(&mut self.end, End::Sent) {
            End::Open => {
                self.end = End::Open;
                Ok(())
            }
            End::AfterData => {
                let end = self.buffer(Piece::default(), true);
                self.stream.send_data(end, true)
            }
            End::WithTrailers(trailers) => self.stream.send_trailers(*trailers),
            End::Sent => Ok(()),
        }
    }

    /// Sends `bytes` in pieces that fill a buffer each.
    fn send_copy(&mut self, bytes: &[u8]) -> Result<(), h2::Error> {
        for frame in bytes.chunks(self.frame) {
            let piece = self.outlet.copy(frame);
            self.send(piece)?;
        }
        Ok(())
    }

    fn send(&mut self, piece: Piece) -> Result<(), h2::Error> {
        let is_last = self.waiting.is_empty() && matches!(self.end, End::AfterData);
        if is_last {
            self.end = End::Sent;
        }
        let piece = self.buffer(piece, is_last);
        self.stream.send_data(piece, is_last)
    }

    fn buffer(&mut self, piece: Piece, is_last: bool) -> SendBuf {
        if !is_last {
            self.keep_account();
        }
        let receipt = self
            .ledger
            .as_ref()
            .map(|ledger| ledger.charge(piece.len()));
        SendBuf::new(piece, receipt, self.outlet.clone())
    }

    fn reserve(&mut self, bytes: usize) {
        self.stream.reserve_capacity(bytes);
    }

    fn why_closed(&mut self, cx: &mut Context<'_>) -> h2::Error {
        match self.poll_reset(cx) {
            Poll::Ready(err) => err,
            // Closed without an error: nobody is left to take the bytes.
            Poll::Pending => Reason::STREAM_CLOSED.into(),
        }
    }
}
