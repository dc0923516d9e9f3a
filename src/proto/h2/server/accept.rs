//! Serves a connection: the handshake, then a service call and a stream task for each request.
//!
//! Invariants:
//! - Nothing here is pinned.
//! - A request that is wrong in itself costs its own stream only.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use h2::server::{Connection, Handshake, SendResponse};
use h2::{Reason, RecvStream};
use http::{Method, Request};
use http_body::Body;

use crate::body::h2_stream::H2Stream as IncomingStream;
use crate::body::Incoming;
use crate::error::kind::Kind;
use crate::error::BoxError;
use crate::ext::Protocol;
use crate::proto::h2::aside::{Aside, Part};
use crate::proto::h2::ping::ponger::{Ponged, Ponger};
use crate::proto::h2::ping::recorder::Recorder;
use crate::proto::h2::ping::{ponger, recorder};
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::server::config::Config;
use crate::proto::h2::server::exec::Http2ServerConnExec;
use crate::proto::h2::server::stream::{Asked, DateHeader, Ends, H2Stream};
use crate::proto::h2::streams::Streams;
use crate::proto::h2::transport::port::Port;
use crate::proto::h2::transport::wire::Wire;
use crate::proto::headers::{content_length, ContentLength};
use crate::rt::clock::Clock;
use crate::rt::{Read, Write};
use crate::service::HttpService;
use crate::trace;
use crate::upgrade::pending::pending;

pub(crate) struct Server<T, S, E> {
    state: State<T>,
    acceptor: Acceptor<S, E>,
}

/// What becomes of requests.
struct Acceptor<S, E> {
    service: S,
    exec: E,
    streams: Arc<Streams>,
    date: DateHeader,
}

enum State<T> {
    Live(Box<Live<T>>),
    Ended,
}

struct Live<T> {
    port: Port<T>,
    phase: Aside<Phase>,
}

#[derive(Default)]
enum Phase {
    Handshaking {
        handshake: Handshake<Wire, SendBuf>,
        ping: ponger::Config,
        /// A graceful shutdown that was asked for too early to begin.
        is_shutdown_due: bool,
    },
    Serving {
        connection: Connection<Wire, SendBuf>,
        ponger: Option<Ponger>,
    },
    #[default]
    Over,
}

impl Part for Phase {
    #[inline(never)]
    fn let_go(self) {}
}

// Nothing is pinned, so nothing depends on where this stands.
impl<T, S, E> Unpin for Server<T, S, E> {}

impl<T, S, E> Server<T, S, E>
where
    T: Read + Write + Unpin,
{
    /// Panics where an option is out of h2's range.
    pub(crate) fn new(io: T, service: S, config: &Config, exec: E, clock: Clock) -> Self {
        let (port, wire) = Port::new(io, clock.clone());
        let outlet = port.outlet().clone();
        let handshake = config.h2_builder().handshake(wire);
        Server {
            state: State::Live(Box::new(Live {
                port,
                phase: Aside::new(Phase::Handshaking {
                    handshake,
                    ping: config.ping(),
                    is_shutdown_due: false,
                }),
            })),
            acceptor: Acceptor {
                service,
                exec,
                streams: Arc::new(Streams {
                    outlet,
                    recorder: recorder::disabled(),
                    clock,
                    max_send_buffer_size: config.max_send_buffer_size,
                    tunnel_linger: config.tunnel_linger,
                    trace: trace::Connection::opened("server", "HTTP/2"),
                }),
                date: if config.auto_date_header {
                    DateHeader::IfMissing
                } else {
                    DateHeader::Never
                },
            },
        }
    }

    /// Lets the streams that are open finish, and takes no more.
    pub(crate) fn graceful_shutdown(&mut self) {
        let State::Live(live) = &mut self.state else {
            return;
        };
        match &mut *live.phase {
            Phase::Handshaking {
                is_shutdown_due, ..
            } => *is_shutdown_due = true,
            Phase::Serving { connection, .. } => connection.graceful_shutdown(),
            Phase::Over => {}
        }
    }
}

impl<T, S, E> Server<T, S, E>
where
    T: Read + Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<BoxError>,
    S::ResBody: 'static,
    <S::ResBody as Body>::Error: Into<BoxError>,
    E: Http2ServerConnExec<S::Future, S::ResBody>,
{
    fn poll_serve(&mut self, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let State::Live(live) = &mut self.state else {
            return Poll::Ready(Ok(()));
        };
        let acceptor = &mut self.acceptor;
        if let Some(recorder) = ready!(live.poll_handshake(cx, &acceptor.streams.clock))? {
            let streams = Arc::get_mut(&mut acceptor.streams);
            streams.expect("there is no stream yet").recorder = recorder;
        }
        live.poll_serving(cx, |request, respond| acceptor.accept(request, respond))
    }
}

impl<S, E> Acceptor<S, E>
where
    S: HttpService<Incoming>,
    S::Error: Into<BoxError>,
    S::ResBody: 'static,
    <S::ResBody as Body>::Error: Into<BoxError>,
    E: Http2ServerConnExec<S::Future, S::ResBody>,
{
    fn accept(&mut self, request: Request<RecvStream>, mut respond: SendResponse<SendBuf>) {
        let id = respond.stream_id().as_u32();
        let trace = self.streams.trace.stream(request.method()).opened(id);
        let activity = self.streams.recorder.open_stream();
        activity.record_non_data();
        let length = content_length(request.headers());
        let (mut head, recv) = request.into_parts();
        if let Some(protocol) = head.extensions.remove::<h2::ext::Protocol>() {
            head.extensions.insert(Protocol::from_h2(protocol));
        }

        let (body, asked) = if head.method == Method::CONNECT {
            // RFC 9110 §9.3.6: a CONNECT request has no content.
            if let ContentLength::Valid(1..) | ContentLength::Invalid = length {
                respond.send_reset(Reason::INTERNAL_ERROR);
                return;
            }
            // RFC 9113 §8.5: and it says where to, unless it is extended and has a path.
            let is_extended = head.extensions.get::<Protocol>().is_some();
            if head.uri.authority().is_none() && !is_extended {
                respond.send_reset(Reason::PROTOCOL_ERROR);
                return;
            }
            let (pending, on_upgrade) = pending();
            head.extensions.insert(on_upgrade);
            let ends = Ends { recv, pending };
            (Incoming::empty(), Asked::Tunnel(Some(ends)))
        } else {
            let length = match length {
                ContentLength::Valid(length) => Some(length),
                ContentLength::Absent | ContentLength::Invalid => None,
            };
            let body = IncomingStream::new(recv, length, activity.observer());
            (Incoming::h2(body), Asked::by(&head.method))
        };

        let answer = self.service.call(Request::from_parts(head, body));
        self.exec.execute_h2stream(H2Stream::new(
            answer,
            respond,
            asked,
            self.streams.clone(),
            self.date,
            activity,
            trace,
        ));
    }
}

impl<T> Live<T>
where
    T: Read + Write + Unpin,
{
    /// Ready once the handshake is over, and with the connection's recorder when it is just so.
    fn poll_handshake(
        &mut self,
        cx: &mut Context<'_>,
        clock: &Clock,
    ) -> Poll<crate::Result<Option<Recorder>>> {
        let Phase::Handshaking {
            handshake,
            ping,
            is_shutdown_due,
        } = &mut *self.phase
        else {
            return Poll::Ready(Ok(None));
        };
        let handshaken = self
            .port
            .poll_around(cx, |cx| Pin::new(&mut *handshake).poll(cx));
        let Poll::Ready(handshaken) = handshaken else {
            // While h2 waits for the preface it does not look.
            let writing = self.port.ensure_not_failed();
            writing.map_err(|err| crate::Error::new(Kind::Io).with(err))?;
            return Poll::Pending;
        };
        let mut connection = handshaken.map_err(crate::Error::from_h2)?;
        if *is_shutdown_due {
            connection.graceful_shutdown();
        }
        let ping_pong = || connection.ping_pong();
        let (recorder, ponger) = ponger::start(ping_pong, ping.clone(), clock.clone());
        *self.phase = Phase::Serving { connection, ponger };
        Poll::Ready(Ok(Some(recorder)))
    }

    /// Has `accept` have each request. Ready when the connection is over.
    fn poll_serving(
        &mut self,
        cx: &mut Context<'_>,
        mut accept: impl FnMut(Request<RecvStream>, SendResponse<SendBuf>),
    ) -> Poll<crate::Result<()>> {
        let Phase::Serving { connection, ponger } = &mut *self.phase else {
            return Poll::Pending;
        };
        loop {
            // All that came together is taken on before the transport is looked at again.
            let served = self.port.poll_around(cx, |cx| {
                while let Some(accepted) = ready!(connection.poll_accept(cx)) {
                    let (request, respond) = accepted?;
                    accept(request, respond);
                }
                Poll::Ready(Ok(()))
            });
            if let Poll::Ready(served) = served {
                return Poll::Ready(served.map_err(crate::Error::from_h2));
            }
            let Some(ponger) = ponger else {
                return Poll::Pending;
            };
            match ready!(ponger.poll(cx)) {
                Ponged::WindowUpdate(size) => {
                    connection.set_target_window_size(size);
                    // Refused only while an earlier SETTINGS frame is unacknowledged; then the
                    // next measurement tries again.
                    let _ = connection.set_initial_window_size(size);
                }
                Ponged::KeepAliveTimedOut => {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                    // The GOAWAY is a courtesy to a peer that is most likely gone: it is offered
                    // to the transport once, and not waited for.
                    let _ = self.port.poll_around(cx, |cx| connection.poll_closed(cx));
                    return Poll::Ready(Err(crate::Error::keep_alive_timed_out()));
                }
            }
        }
    }
}

impl<T, S, E> Future for Server<T, S, E>
where
    T: Read + Write + Unpin,
    S: HttpService<Incoming>,
    S::Error: Into<BoxError>,
    S::ResBody: 'static,
    <S::ResBody as Body>::Error: Into<BoxError>,
    E: Http2ServerConnExec<S::Future, S::ResBody>,
{
    type Output = crate::Result<()>;

    /// Wakes on frames from the peer, on window and room to write, and on the keep-alive timer.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let result = ready!(self.poll_serve(cx));
        self.acceptor.streams.trace.closed(result.as_ref().err());
        // Streams that are still open learn of the end at once, not when this is dropped.
        self.state = State::Ended;
        Poll::Ready(result)
    }
}
