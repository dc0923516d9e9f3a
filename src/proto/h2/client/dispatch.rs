//! Starts the requests of a client connection.
//!
//! Invariants:
//! - A request leaves the queue only when h2 can take it, so at most one waits inside h2 for a
//!   stream, and the others can still be given back.
//! - When this ends, the queue is closed and what waited in it has been given back.

use std::future::{poll_fn, Future};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use futures_channel::oneshot;
use h2::client::SendRequest;
use h2::Reason;
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;

use crate::body::Incoming;
use crate::error::kind::{Kind, User};
use crate::error::BoxError;
use crate::ext::Protocol;
use crate::proto::exchange::{Reply, Requests};
use crate::proto::h2::body_pipe::BodyPipe;
use crate::proto::h2::client::config::Config;
use crate::proto::h2::client::connection_task::{ConnectionTask, Driven};
use crate::proto::h2::client::exec::{ClientTask, Http2ClientConnExec};
use crate::proto::h2::client::stream::StreamTask;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::streams::Streams;
use crate::proto::h2::transport::first_frame::FirstFrame;
use crate::proto::h2::transport::port::Port;
use crate::proto::headers::{
    content_length, set_content_length_if_missing, strip_connection_fields, ContentLength, Message,
};
use crate::rt::clock::Clock;
use crate::rt::{Read, Write};
use crate::trace;

type Received = Response<Incoming>;

/// Takes requests from the queue and makes streams of them.
pub(crate) struct Dispatcher<B, E, T> {
    h2: SendRequest<SendBuf>,
    requests: Requests<Request<B>, Received>,
    connection_ended: oneshot::Receiver<crate::Result<()>>,
    exec: E,
    /// The latest stream, while it waits for the peer to allow one more. Its task would
    /// register with h2 in the place of this one, which then never learnt of the opening.
    opening: Option<StreamTask<B>>,
    first_frame: FirstFrame,
    streams: Arc<Streams>,
    // The executor's bound names the transport.
    transport: PhantomData<fn(T)>,
}

// Nothing is pinned, so nothing depends on where this stands.
impl<B, E, T> Unpin for Dispatcher<B, E, T> {}

/// Writes the preface and SETTINGS, and hands the transport to a task of its own.
///
/// Does not wait for the peer.
pub(crate) async fn handshake<T, B, E>(
    io: T,
    requests: Requests<Request<B>, Received>,
    config: &Config,
    mut exec: E,
    clock: Clock,
) -> crate::Result<Dispatcher<B, E, T>>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin,
{
    let (mut port, mut wire) = Port::new(io, clock.clone());
    let first_frame = wire.watch_first_frame();
    let outlet = port.outlet().clone();
    let (h2, mut driven) = Driven::handshake(config.h2_builder(), wire).await?;
    poll_fn(|cx| port.poll_pushed(cx))
        .await
        .map_err(|err| crate::Error::new(Kind::Io).with(err))?;

    let recorder = driven.start_pings(config.ping(), clock.clone());
    let (ended, connection_ended) = oneshot::channel();
    exec.execute_h2_future(ClientTask::Connection {
        task: ConnectionTask::new(port, driven, ended),
    });
    Ok(Dispatcher {
        h2,
        requests,
        connection_ended,
        exec,
        opening: None,
        first_frame,
        streams: Arc::new(Streams {
            outlet,
            recorder,
            clock,
            max_send_buffer_size: config.max_send_buffer_size,
            tunnel_linger: config.tunnel_linger,
            trace: trace::Connection::opened("client", "HTTP/2"),
        }),
        transport: PhantomData,
    })
}

impl<B, E, T> Dispatcher<B, E, T> {
    pub(crate) fn is_extended_connect_protocol_enabled(&self) -> bool {
        self.h2.is_extended_connect_protocol_enabled()
    }

    pub(crate) fn current_max_send_streams(&self) -> usize {
        self.h2.current_max_send_streams()
    }

    pub(crate) fn current_max_recv_streams(&self) -> usize {
        self.h2.current_max_recv_streams()
    }

    /// What a refusal of h2 to take requests means for the connection.
    fn end_of(&self, err: h2::Error) -> crate::Result<()> {
        self.streams.recorder.ensure_not_timed_out()?;
        match err.reason() {
            Some(Reason::NO_ERROR) => Ok(()),
            _ => Err(crate::Error::from_h2(err)),
        }
    }
}

impl<B, E, T> Dispatcher<B, E, T>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T>,
{
    fn poll_dispatch(&mut self, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        loop {
            let is_ready = self.h2.poll_ready(cx);
            if let Poll::Ready(ended) = Pin::new(&mut self.connection_ended).poll(cx) {
                return Poll::Ready(match (ended, is_ready) {
                    // What h2 keeps of a violation has the words that went into our GOAWAY.
                    (Ok(Err(_)), Poll::Ready(Err(err))) if !err.is_io() => self.end_of(err),
                    // An executor that dropped the task has ended the connection, too.
                    (ended, _) => ended.unwrap_or(Ok(())),
                });
            }
            self.poll_opening(is_ready.is_pending(), cx);
            if let Err(err) = ready!(is_ready) {
                return Poll::Ready(self.end_of(err));
            }
            let Some(envelope) = ready!(self.requests.poll_next(cx)) else {
                return Poll::Ready(Ok(()));
            };
            if !envelope.is_abandoned() {
                let (request, reply) = envelope.open();
                self.start(request, reply);
            }
        }
    }

    /// Lets the latest stream go to its task, unless it waits for its turn to open.
    fn poll_opening(&mut self, is_waiting: bool, cx: &mut Context<'_>) {
        let Some(mut task) = self.opening.take() else {
            return;
        };
        if !is_waiting {
            self.exec.execute_h2_future(ClientTask::Stream { task });
        } else if task.poll_abandoned(cx).is_pending() {
            self.opening = Some(task);
        }
    }

    fn start(&mut self, request: Request<B>, reply: Reply<Request<B>, Received>) {
        let (mut head, body) = request.into_parts();
        strip_connection_fields(&mut head.headers, Message::Request);
        if let Some(protocol) = head.extensions.remove::<Protocol>() {
            // RFC 8441 §3: not before the peer has said that it takes them. Until it has said
            // anything, its answer decides.
            if !self.h2.is_extended_connect_protocol_enabled() && self.first_frame.has_arrived() {
                let refusal = "peer has not enabled extended CONNECT";
                reply.fail(crate::Error::new(Kind::Http2).with(refusal));
                return;
            }
            head.extensions.insert(protocol.into_h2());
        }
        let is_connect = head.method == Method::CONNECT;
        if is_connect && has_content(&head.headers, &body) {
            reply.fail(crate::Error::new(Kind::User(User::InvalidConnectWithBody)));
            return;
        }
        if let Some(length) = announced_length(&head.method, &body) {
            set_content_length_if_missing(&mut head.headers, length);
        }

        let is_over = !is_connect && body.is_end_stream();
        let trace = self.streams.trace.stream(&head.method);
        let request = Request::from_parts(head, ());
        let (response, send) = match self.h2.send_request(request, is_over) {
            Ok(streams) => streams,
            Err(err) => {
                reply.fail(crate::Error::from_h2(err));
                return;
            }
        };
        let trace = trace.opened(response.stream_id().as_u32());
        let streams = self.streams.clone();
        let task = if is_connect {
            StreamTask::connect(response, send, reply, streams, trace)
        } else {
            let body = (!is_over).then(|| BodyPipe::new(body, streams.sender(send)));
            StreamTask::exchange(response, body, reply, streams, trace)
        };
        self.opening = Some(task);
    }
}

/// Whether a CONNECT request brings content, which it may not (RFC 9110 §9.3.6).
fn has_content<B: Body>(headers: &HeaderMap, body: &B) -> bool {
    !matches!(
        content_length(headers),
        ContentLength::Absent | ContentLength::Valid(0)
    ) || body.size_hint().exact().is_some_and(|length| length > 0)
}

/// The length to announce where the caller did not (RFC 9110 §8.6): a request that
/// usually has no content says nothing about having none.
fn announced_length<B: Body>(method: &Method, body: &B) -> Option<u64> {
    let is_usually_empty = matches!(
        *method,
        Method::GET | Method::HEAD | Method::DELETE | Method::CONNECT
    );
    body.size_hint()
        .exact()
        .filter(|length| *length > 0 || !is_usually_empty)
}

impl<B, E, T> Future for Dispatcher<B, E, T>
where
    T: Read + Write + Unpin,
    B: Body + 'static,
    B::Error: Into<BoxError>,
    E: Http2ClientConnExec<B, T> + Unpin,
{
    type Output = crate::Result<()>;

    /// Wakes on a request, on room for it, and on the end of the connection.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let result = ready!(self.poll_dispatch(cx));
        self.streams.trace.closed(result.as_ref().err());
        self.requests.close();
        // A stream that still waits to open ends with the connection; its task passes on why.
        if let Some(task) = self.opening.take() {
            self.exec.execute_h2_future(ClientTask::Stream { task });
        }
        Poll::Ready(result)
    }
}
