//! A server's exchanges: a request in, the service's answer out, one after the other.
//!
//! Invariants:
//! - The service is called for one request at a time, and the next head is read only after the answer to the last is
//!   queued and its request is over, and while there is room for another answer.
//! - Whatever was said to the peer before a failure is sent before the connection ends.
//! - An upgrade that was asked for and is not agreed to fails when the answer that refuses it is sent.

use std::future::Future;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{request, Request, Response};
use http_body::Body;

use crate::body::channel::Start;
use crate::body::length::Content;
use crate::body::Incoming;
use crate::error::kind::{Kind, Parse, User};
use crate::error::{BoxError, Error, Result};
use crate::proto::h1::codec::{Event, Received, Receiving, Sending};
use crate::proto::h1::config::Config;
use crate::proto::h1::conn::Conn;
use crate::proto::h1::dispatch::driver::{drive, Round};
use crate::proto::h1::dispatch::intake::{Intake, Unread};
use crate::proto::h1::dispatch::outflow::Outflow;
use crate::proto::h1::io::transport::TransportOptions;
use crate::proto::h1::read_timeout::ReadTimeout;
use crate::proto::h1::role;
use crate::proto::outcome::{Outcome, TransportEnd};
use crate::rt::clock::Clock;
use crate::rt::{Read, Write};
use crate::service::HttpService;
use crate::trace;
use crate::upgrade::pending::{pending, Pending};

/// What the driver of a server is set up with, apart from what the codec and the transport are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerOptions {
    /// Answer a peer that has ended its direction, instead of taking it for gone.
    pub(crate) half_close: bool,
    /// Gather the answers to requests that arrived together.
    pub(crate) pipeline_flush: bool,
    pub(crate) header_read_timeout: Option<Duration>,
}

pub(crate) struct Server<T, S: HttpService<Incoming>> {
    conn: Conn<T, role::Server>,
    service: S,
    /// The call under way. On the heap, so that a connection may be moved whatever its service is.
    call: Pin<Box<Option<S::Future>>>,
    intake: Intake,
    outflow: Outflow<S::ResBody>,
    /// The upgrade that the request under way asks for.
    upgrade: Option<Pending>,
    timeout: ReadTimeout,
    options: ServerOptions,
    stage: Stage,
    trace: trace::Connection,
}

enum Stage {
    Serving,
    /// All exchanges are over.
    Ending,
    Failing(Failure),
    Over,
}

/// An end with an error.
struct Failure {
    error: Error,
    farewell: Farewell,
}

/// What is still done before a connection ends with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// Nothing: the peer is not there, or is not to be told.
    None,
    /// What was said is sent. The transport is not shut down, as that could make a truncated message look complete.
    Flush,
    /// What was said is sent, and it is the last word.
    Shutdown,
}

impl Failure {
    fn new(farewell: Farewell) -> impl FnOnce(Error) -> Failure {
        move |error| Failure { error, farewell }
    }
}

impl<T, S: HttpService<Incoming>> Server<T, S> {
    /// The transport, what was received and not used, and the service.
    pub(crate) fn into_parts(self) -> (T, Bytes, S) {
        let (io, read_buf) = self.conn.into_parts();
        (io, read_buf, self.service)
    }
}

impl<T, S> Server<T, S>
where
    T: Read + Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<BoxError>,
    S::ResBody: 'static,
    <S::ResBody as Body>::Error: Into<BoxError>,
{
    pub(crate) fn new(
        io: T,
        service: S,
        config: Config,
        transport: &TransportOptions,
        options: ServerOptions,
        clock: Clock,
    ) -> Server<T, S> {
        Server {
            conn: Conn::new(io, config, transport),
            service,
            call: Box::pin(None),
            intake: Intake::new(Unread::ReadOn),
            outflow: Outflow::new(),
            upgrade: None,
            timeout: ReadTimeout::new(clock, options.header_read_timeout),
            options,
            stage: Stage::Serving,
            trace: trace::Connection::opened("server", "HTTP/1"),
        }
    }

    /// Makes the exchange under way the last one. The next poll acts on it.
    pub(crate) fn graceful_shutdown(&mut self) {
        if !matches!(self.stage, Stage::Serving) {
            return;
        }
        self.conn.codec().disable_keep_alive();
        if self.conn.codec().is_idle() {
            if !self.conn.has_partial_head() {
                self.conn.codec().close();
            }
        } else if self.only_drains() {
            self.conn.codec().stop_receiving();
        }
    }

    /// Serves the connection. Ready when it is over; wakes for everything that its exchanges wait for.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport_end: TransportEnd,
    ) -> Poll<Result<Outcome>> {
        if let Stage::Serving = self.stage {
            self.stage = match ready!(self.poll_exchanges(cx)) {
                Ok(()) => Stage::Ending,
                Err(failure) => {
                    self.call.set(None);
                    self.outflow.clear();
                    self.intake.fail();
                    self.upgrade = None;
                    Stage::Failing(failure)
                }
            };
        }
        let is_over = matches!(self.stage, Stage::Over);
        let outcome = match &self.stage {
            Stage::Ending => ready!(self.poll_ending(cx, transport_end)),
            Stage::Failing(failure) => {
                let farewell = failure.farewell;
                let last_words = ready!(self.poll_farewell(farewell, cx, transport_end));
                match mem::replace(&mut self.stage, Stage::Over) {
                    Stage::Failing(failure) => last_words.and(Err(failure.error)),
                    _ => unreachable!("the stage was just looked at"),
                }
            }
            Stage::Serving | Stage::Over => Ok(Outcome::Closed),
        };
        if !is_over {
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
        self.upgrade = None;
        if transport_end == TransportEnd::Shutdown {
            ready!(self.conn.poll_shutdown(cx))?;
            self.conn.discard_input(cx);
        }
        Poll::Ready(Ok(Outcome::Closed))
    }

    /// Where there is a last word, a transport that does not take it is the failure that counts.
    fn poll_farewell(
        &mut self,
        farewell: Farewell,
        cx: &mut Context<'_>,
        transport_end: TransportEnd,
    ) -> Poll<Result<()>> {
        match (farewell, transport_end) {
            (Farewell::None, _) => {}
            (Farewell::Shutdown, TransportEnd::Shutdown) => {
                ready!(self.conn.poll_flush(cx))?;
                ready!(self.conn.poll_shutdown(cx))?;
                self.conn.discard_input(cx);
            }
            (Farewell::Shutdown, _) => ready!(self.conn.poll_flush(cx))?,
            (Farewell::Flush, _) => {
                let _ = ready!(self.conn.poll_flush(cx));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Drives the exchanges. An answer that waits for the next one to leave with it waits no longer than this call.
    fn poll_exchanges(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        let driven = drive(cx, |cx| {
            if self.conn.is_written() {
                return self.round(cx);
            }
            // A service may panic, and the answers before that are not to be lost with it.
            let round = panic::catch_unwind(AssertUnwindSafe(|| self.round(cx)));
            round.unwrap_or_else(|panicked| {
                let _ = self.conn.poll_flush(cx);
                panic::resume_unwind(panicked)
            })
        });
        if driven.is_pending() && !self.conn.is_written() {
            // A transport that fails does so again when it is asked next.
            let _ = self.conn.poll_flush(cx);
        }
        driven
    }

    fn round(&mut self, cx: &mut Context<'_>) -> Round<std::result::Result<(), Failure>> {
        let mut has_progressed = false;
        for step in [Self::poll_read, Self::poll_write] {
            match step(self, cx) {
                Poll::Ready(Ok(())) => has_progressed = true,
                Poll::Ready(Err(failure)) => return Round::Over(Err(failure)),
                Poll::Pending => {}
            }
        }
        if has_progressed && self.gathers_answers() {
            return Round::Progress;
        }

        let had_room = self.conn.has_room();
        let was_written = self.conn.is_written();
        let is_flushed = match self.conn.poll_flush(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(err)) => return Round::Over(Err(Failure::new(Farewell::None)(err))),
            Poll::Pending => false,
        };
        if self.conn.codec().is_closed() {
            return match is_flushed {
                true => Round::Over(Ok(())),
                false => Round::Blocked,
            };
        }
        let made_room = !had_room && self.conn.has_room();
        let is_written = !was_written && self.conn.is_written();
        if has_progressed || made_room || is_written {
            Round::Progress
        } else {
            Round::Blocked
        }
    }

    /// Whether the answers so far wait for those to come. Only while there is more to do in this very poll; and unless
    /// the option asks for more, no answer waits for a service that has to wait itself.
    fn gathers_answers(&mut self) -> bool {
        self.conn.has_unparsed()
            && self.conn.has_room()
            && (self.options.pipeline_flush || self.conn.codec().is_idle())
    }

    // ===== receiving =====

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        match self.conn.receiving() {
            Receiving::Head => {
                ready!(self.poll_head(cx))?;
                // What has come of the body is there before the service is asked for anything.
                if self.conn.receiving() == Receiving::Body {
                    if let Poll::Ready(carried) = self.poll_body(cx) {
                        carried?;
                    }
                }
                Poll::Ready(Ok(()))
            }
            Receiving::Body => self.poll_body(cx),
            Receiving::Held if self.options.half_close => Poll::Pending,
            Receiving::Held => self
                .conn
                .poll_end_of_input(cx)
                .map_ok(drop)
                .map_err(Failure::new(Farewell::None)),
            Receiving::Idle | Receiving::Closed => Poll::Pending,
        }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        if !self.conn.has_room() {
            // A peer that reads no answers could ask for any number of them. The flush of this round wakes.
            if !self.conn.has_unparsed() {
                return Poll::Pending;
            }
            self.timeout.start();
            return self.poll_timeout(cx);
        }
        let Poll::Ready(event) = self.conn.poll_event(cx) else {
            if !self.conn.is_written() {
                // Who has not got the last answer yet need not send the next request.
                return Poll::Pending;
            }
            self.conn.rest();
            self.timeout.start();
            return self.poll_timeout(cx);
        };
        self.timeout.stop();
        Poll::Ready(match event {
            Ok(Event::Head(received)) => {
                self.accept(received);
                Ok(())
            }
            // The peer has ended the connection.
            Ok(_) => Ok(()),
            Err(err) => self.refuse(err),
        })
    }

    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        ready!(self.timeout.poll(cx));
        let error = Error::new(Kind::HeaderTimeout);
        Poll::Ready(Err(Failure::new(Farewell::None)(error)))
    }

    fn accept(&mut self, received: Received<request::Parts>) {
        self.trace.exchange(&received.head.method);
        let start = if received.expects_continue {
            Start::WhenWanted
        } else {
            Start::Eager
        };
        let body = self.intake.begin(received.body, start);
        let mut request = Request::from_parts(received.head, body);
        if received.upgrade {
            let (pending, on_upgrade) = pending();
            request.extensions_mut().insert(on_upgrade);
            self.upgrade = Some(pending);
        }
        self.call.set(Some(self.service.call(request)));
    }

    /// A head that never was one.
    fn refuse(&mut self, error: Error) -> std::result::Result<(), Failure> {
        let farewell = match error.kind() {
            // A transport that fails between messages has only closed in an unkind way.
            Kind::Io if !self.conn.has_partial_head() => {
                self.conn.codec().close();
                return Ok(());
            }
            // The peer can be served yet, by whoever takes over what was received.
            Kind::Parse(Parse::VersionH2) => Farewell::Flush,
            Kind::Parse(_) => {
                self.conn.send_rejection(&error);
                Farewell::Shutdown
            }
            // The answers to the requests before may still be on their way.
            _ => Farewell::Flush,
        };
        Err(Failure { error, farewell })
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        let to_failure = Failure::new(Farewell::Flush);
        if self.conn.codec().expects_continue() {
            if ready!(self.intake.poll_reader(cx)).is_err() {
                // The client may never send a body that was not asked for, so nothing is waited for.
                let finished = self.intake.finish_or_give_up(&mut self.conn, cx);
                return Poll::Ready(finished.map_err(to_failure));
            }
            self.conn.send_continue();
        }
        if self.only_drains() && !self.conn.codec().keeps_alive() {
            // There is no next request to get to.
            let finished = self.intake.finish_or_give_up(&mut self.conn, cx);
            return Poll::Ready(finished.map_err(to_failure));
        }
        let carried = self.intake.poll(&mut self.conn, cx);
        if carried.is_pending() && self.only_drains() && self.conn.is_written() {
            self.timeout.start();
            return self.poll_timeout(cx);
        }
        carried.map_err(to_failure)
    }

    /// Whether the answer is complete and the rest of an unread request is all there is to do.
    fn only_drains(&self) -> bool {
        self.intake.is_draining() && self.conn.sending() == Sending::Held
    }

    // ===== sending =====

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Failure>> {
        let is_answered = match self.conn.sending() {
            Sending::Head => {
                let Some(call) = self.call.as_mut().as_pin_mut() else {
                    return Poll::Pending;
                };
                let answer = ready!(call.poll(cx));
                self.call.set(None);
                self.answer(answer, cx)?;
                true
            }
            Sending::Body => false,
            Sending::Idle | Sending::Held | Sending::Closed => return Poll::Pending,
        };
        // The beginning of a body leaves together with its head, if it is there.
        match self.outflow.poll(&mut self.conn, cx) {
            Poll::Pending if is_answered => Poll::Ready(Ok(())),
            sent => sent.map_err(Failure::new(Farewell::Flush)),
        }
    }

    fn answer(
        &mut self,
        answer: std::result::Result<Response<S::ResBody>, S::Error>,
        cx: &mut Context<'_>,
    ) -> std::result::Result<(), Failure> {
        let response = answer.map_err(|err| Failure {
            error: Error::new(Kind::User(User::Service)).with(err),
            farewell: Farewell::Flush,
        })?;
        if self.conn.receiving() == Receiving::Body {
            // The service may have dropped the request unread just now. If the connection ends with that, the head
            // has to say so.
            if let Poll::Ready(carried) = self.poll_body(cx) {
                carried?;
            }
        }
        let (head, body) = response.into_parts();
        self.conn
            .send_head(head, Content::of(&body))
            .map_err(Failure::new(Farewell::Shutdown))?;
        if self.conn.sending() == Sending::Body {
            self.outflow.begin(body);
        }
        if !self.conn.codec().is_switching() {
            self.upgrade = None;
        }
        Ok(())
    }
}
