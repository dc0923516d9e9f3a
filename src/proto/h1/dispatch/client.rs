//! A client's exchanges: a request from the handle out, the response in, one after the other.
//!
//! Invariants:
//! - A request is taken from the queue only while the connection is idle.
//! - A failure has one owner: the request under way, or else one that waits, or else the connection.
//! - A response that is arriving is not given up because the rest of the request cannot be sent.

use std::task::{ready, Context, Poll};

use bytes::Bytes;
use http::{response, Request, Response};
use http_body::Body;

use crate::body::channel::Start;
use crate::body::length::Content;
use crate::body::Incoming;
use crate::error::kind::Kind;
use crate::error::{BoxError, Error, Result};
use crate::ext::informational::OnInformational;
use crate::proto::exchange::{Envelope, Refused, Reply, Requests};
use crate::proto::h1::codec::{Event, Received, Receiving, Sending};
use crate::proto::h1::config::Config;
use crate::proto::h1::conn::Conn;
use crate::proto::h1::dispatch::driver::{drive, Round};
use crate::proto::h1::dispatch::intake::{Intake, Unread};
use crate::proto::h1::dispatch::outflow::Outflow;
use crate::proto::h1::dispatch::turn::TurnOffer;
use crate::proto::h1::io::transport::TransportOptions;
use crate::proto::h1::role;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::{Read, Write};
use crate::trace;
use crate::upgrade::pending::{pending, Pending};

type Req<B> = Request<B>;
type Res = Response<Incoming>;

pub(crate) struct Client<T, B> {
    conn: Conn<T, role::Client>,
    requests: Requests<Req<B>, Res>,
    turn: TurnOffer,
    /// A request that came before its turn. Boxed, so that a connection may be moved whatever its bodies are.
    early: Option<Box<Envelope<Req<B>, Res>>>,
    /// Who waits for the response head under way.
    reply: Option<Reply<Req<B>, Res>>,
    on_informational: Option<OnInformational>,
    intake: Intake,
    outflow: Outflow<B>,
    /// The upgrade that the response under way has agreed to.
    upgrade: Option<Pending>,
    /// The request under way is the last one by our own word.
    asked_to_close: bool,
    /// Why nothing can be sent any more, while a response may still arrive.
    mute: Option<Error>,
    stage: Stage,
    trace: trace::Connection,
}

enum Stage {
    Exchanging,
    /// All exchanges are over.
    Ending,
    /// The transport is closed as far as that takes no waiting: what went wrong has been told to whom it concerns.
    GivenUp,
    Over,
}

impl<T, B> Client<T, B> {
    /// The transport, and what was received and not used.
    pub(crate) fn into_parts(self) -> (T, Bytes) {
        self.conn.into_parts()
    }
}

impl<T, B> Client<T, B>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    pub(crate) fn new(
        io: T,
        requests: Requests<Req<B>, Res>,
        turn: TurnOffer,
        config: Config,
        transport: &TransportOptions,
    ) -> Client<T, B> {
        Client {
            conn: Conn::new(io, config, transport),
            requests,
            turn,
            early: None,
            reply: None,
            on_informational: None,
            intake: Intake::new(Unread::TakeWhatIsThere),
            outflow: Outflow::new(),
            upgrade: None,
            asked_to_close: false,
            mute: None,
            stage: Stage::Exchanging,
            trace: trace::Connection::opened("client", "HTTP/1"),
        }
    }

    /// Drives the connection. Ready when it is over; wakes for everything that its exchanges wait for.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport_end: TransportEnd,
    ) -> Poll<Result<Outcome>> {
        if let Stage::Exchanging = self.stage {
            self.stage = match ready!(drive(cx, |cx| self.round(cx))) {
                Ok(()) => Stage::Ending,
                Err(error) => {
                    self.trace.closed(Some(&error));
                    if let Err(unheard) = self.fail(error, cx) {
                        self.stage = Stage::Over;
                        self.finish();
                        return Poll::Ready(Err(unheard));
                    }
                    Stage::GivenUp
                }
            };
        }
        let outcome = match self.stage {
            Stage::Ending => ready!(self.poll_ending(cx, transport_end)),
            Stage::GivenUp => {
                if transport_end == TransportEnd::Shutdown {
                    let _ = self.conn.poll_shutdown(cx);
                }
                Ok(Outcome::Closed)
            }
            Stage::Exchanging | Stage::Over => Ok(Outcome::Closed),
        };
        // Until the transport is handed over, a handle waits for its turn rather than being told of an end.
        if !matches!(outcome, Ok(Outcome::Upgrade(_))) {
            self.finish();
        }
        if matches!(self.stage, Stage::Ending) {
            self.trace.closed(outcome.as_ref().err());
        }
        self.stage = Stage::Over;
        Poll::Ready(outcome)
    }

    fn poll_ending(
        &mut self,
        cx: &mut Context<'_>,
        transport_end: TransportEnd,
    ) -> Poll<Result<Outcome>> {
        if self.conn.codec().is_switched() {
            if let Some(pending) = self.upgrade.take() {
                return Poll::Ready(Ok(Outcome::Upgrade(pending)));
            }
        }
        self.finish();
        if transport_end == TransportEnd::Shutdown {
            ready!(self.conn.poll_shutdown(cx))?;
        }
        Poll::Ready(Ok(Outcome::Closed))
    }

    /// Takes no more requests, and gives back those that wait.
    fn finish(&mut self) {
        self.turn.close();
        self.early = None;
        self.requests.close();
        self.upgrade = None;
    }

    /// Finds the one whom a failure concerns, or gives it back.
    fn fail(&mut self, error: Error, cx: &mut Context<'_>) -> Result<()> {
        self.outflow.clear();
        self.intake.fail();
        self.upgrade = None;
        self.turn.close();
        if let Some(reply) = self.reply.take() {
            reply.fail(error);
            return Ok(());
        }
        let Some(envelope) = self.take_waiting(cx) else {
            return Err(error);
        };
        let (request, reply) = envelope.open();
        reply.send(Err(Refused {
            error: Error::new(Kind::Canceled).with(error),
            message: Some(request),
        }));
        Ok(())
    }

    fn take_waiting(&mut self, cx: &mut Context<'_>) -> Option<Envelope<Req<B>, Res>> {
        if let Some(envelope) = self.early.take() {
            return Some(*envelope);
        }
        match self.requests.poll_next(cx) {
            Poll::Ready(waiting) => waiting,
            Poll::Pending => None,
        }
    }

    fn round(&mut self, cx: &mut Context<'_>) -> Round<Result<()>> {
        let mut has_progressed = false;
        for step in [Self::poll_read, Self::poll_write] {
            match step(self, cx) {
                Poll::Ready(Ok(())) => has_progressed = true,
                Poll::Ready(Err(err)) => return Round::Over(Err(self.mute.take().unwrap_or(err))),
                Poll::Pending => {}
            }
        }
        if self.mute.is_some() {
            return self.round_in_silence(has_progressed);
        }

        let (had_room, was_written) = (self.conn.has_room(), self.conn.is_written());
        let is_flushed = match self.conn.poll_flush(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(err)) => return self.fall_silent(err),
            Poll::Pending => false,
        };
        if self.conn.codec().is_closed() {
            self.outflow.clear();
            return match is_flushed {
                true => Round::Over(Ok(())),
                false => Round::Blocked,
            };
        }
        // A turn is offered only once all is written.
        let has_written = is_flushed && !was_written;
        if has_progressed || has_written || (!had_room && self.conn.has_room()) {
            Round::Progress
        } else {
            Round::Blocked
        }
    }

    /// The peer takes no more, perhaps because it has answered already and closed: what it said may be here.
    fn fall_silent(&mut self, error: Error) -> Round<Result<()>> {
        if !matches!(self.conn.receiving(), Receiving::Head | Receiving::Body) {
            return Round::Over(Err(error));
        }
        self.conn.codec().stop_sending();
        self.outflow.clear();
        self.mute = Some(error);
        Round::Progress
    }

    fn round_in_silence(&mut self, has_progressed: bool) -> Round<Result<()>> {
        let is_answered = match self.conn.receiving() {
            Receiving::Head => self.conn.has_partial_head(),
            Receiving::Body => true,
            Receiving::Idle | Receiving::Held | Receiving::Closed => false,
        };
        if has_progressed {
            Round::Progress
        } else if is_answered {
            Round::Blocked
        } else {
            let error = self.mute.take();
            Round::Over(error.map_or(Ok(()), Err))
        }
    }

    // ===== receiving =====

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let before = self.conn.receiving();
        ready!(self.poll_part(cx))?;
        let now = self.conn.receiving();
        if now != before && matches!(now, Receiving::Idle | Receiving::Body) {
            // What came together is looked at before the handle is.
            if let Poll::Ready(more) = self.poll_read(cx) {
                more?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match self.conn.receiving() {
            Receiving::Idle => self.conn.poll_event(cx).map_ok(drop),
            Receiving::Head => self.poll_head(cx),
            Receiving::Body => self.intake.poll(&mut self.conn, cx),
            Receiving::Held => self.poll_peer_gone(cx),
            Receiving::Closed => Poll::Pending,
        }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let reply = self.reply.as_mut();
        if reply.is_none_or(|reply| reply.poll_abandoned(cx).is_ready()) {
            // The response could be told from the next one only by reading it all.
            self.outflow.clear();
            self.conn.codec().close();
            return Poll::Ready(Ok(()));
        }
        match ready!(self.conn.poll_event(cx))? {
            Event::Informational(head) => {
                if let Some(callback) = &self.on_informational {
                    callback.call(&head);
                }
            }
            Event::Head(received) => self.deliver(received),
            _ => {}
        }
        Poll::Ready(Ok(()))
    }

    fn deliver(&mut self, received: Received<response::Parts>) {
        let body = self.intake.begin(received.body, Start::Eager);
        let mut response = Response::from_parts(received.head, body);
        if received.upgrade {
            let (pending, on_upgrade) = pending();
            response.extensions_mut().insert(on_upgrade);
            self.upgrade = Some(pending);
        }
        self.on_informational = None;
        if let Some(reply) = self.reply.take() {
            reply.send(Ok(response));
        }
    }

    /// The response is complete and the request is not: a peer that goes now will not read the rest.
    fn poll_peer_gone(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.conn.input_is_over() {
            let _ = ready!(self.conn.poll_end_of_input(cx));
        }
        self.stop_sending();
        Poll::Ready(Ok(()))
    }

    // ===== sending =====

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match self.conn.sending() {
            Sending::Head => self.poll_request(cx),
            Sending::Body => self.poll_body(cx),
            Sending::Idle | Sending::Held | Sending::Closed => Poll::Pending,
        }
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.conn.is_written() {
            self.turn.offer();
            self.conn.rest();
        }
        let next = match self.early.take() {
            Some(early) => Some(*early),
            None => ready!(self.requests.poll_next(cx)),
        };
        let Some(envelope) = next.filter(|envelope| !envelope.is_abandoned()) else {
            // Nobody is left who would send, or who would know what came of what was sent.
            self.conn.codec().close();
            return Poll::Ready(Ok(()));
        };
        self.turn.hold();
        let (request, reply) = envelope.open();
        self.reply = Some(reply);
        let (mut head, body) = request.into_parts();
        self.trace.exchange(&head.method);
        self.on_informational = head.extensions.remove();
        self.conn.send_head(head, Content::of(&body))?;
        self.asked_to_close = !self.conn.codec().keeps_alive();
        if self.conn.sending() == Sending::Body {
            self.outflow.begin(body);
        }
        // The beginning of a body leaves together with its head, if it is there.
        match self.outflow.poll(&mut self.conn, cx) {
            Poll::Pending => Poll::Ready(Ok(())),
            sent => sent,
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let is_answered = self.conn.receiving() == Receiving::Held && self.upgrade.is_none();
        if is_answered && !self.asked_to_close && !self.conn.codec().keeps_alive() {
            // RFC 9112, section 9.6: the peer will not read on for long.
            self.stop_sending();
            return Poll::Ready(Ok(()));
        }
        let sent = self.outflow.poll(&mut self.conn, cx);
        if sent.is_pending() && is_answered && self.early.is_none() {
            // With the handle gone, nothing is left that could come of waiting for the rest of the request.
            match ready!(self.requests.poll_next(cx)) {
                Some(early) => self.early = Some(Box::new(early)),
                None => self.stop_sending(),
            }
            return Poll::Ready(Ok(()));
        }
        sent
    }

    fn stop_sending(&mut self) {
        self.outflow.clear();
        // RFC 9110, section 7.8: the other protocol begins behind a complete request.
        self.upgrade = None;
        self.conn.codec().stop_sending();
    }
}
