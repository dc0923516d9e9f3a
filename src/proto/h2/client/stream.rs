//! One request: its body out, its response in, and after CONNECT the tunnel.
//!
//! Invariants:
//! - The caller is answered once. A caller that stops waiting before that ends the stream: with the
//!   last handle gone h2 sends RST_STREAM(CANCEL).
//! - The body goes on after an early response, and stops with the stream.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{response, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::h2_stream::H2Stream;
use crate::body::Incoming;
use crate::error::BoxError;
use crate::proto::exchange::Reply;
use crate::proto::h2::body_pipe::BodyPipe;
use crate::proto::h2::ping::recorder::StreamActivity;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::streams::Streams;
use crate::proto::h2::upgrade::{tunnel, UpgradedSendStreamTask};
use crate::proto::headers::{content_length, ContentLength};
use crate::trace;
use crate::upgrade::pending::pending;
use crate::upgrade::upgraded::Upgraded;

pin_project! {
    /// Serves one request until both of its directions are done.
    pub struct StreamTask<B> {
        #[pin]
        body: Option<BodyPipe<B>>,
        phase: Phase<B>,
        activity: StreamActivity,
        streams: Arc<Streams>,
        trace: trace::Stream,
    }
}

enum Phase<B> {
    /// The response's head has not arrived.
    Awaiting {
        response: ResponseFuture,
        reply: Reply<Request<B>, Response<Incoming>>,
        /// The sending half of a CONNECT, until it is known what becomes of it.
        connect: Option<SendStream<SendBuf>>,
    },
    /// Only the request's body may be left.
    Answered,
    Tunnel(UpgradedSendStreamTask),
}

impl<B> StreamTask<B> {
    /// A request whose body, where it has one, is `body`.
    pub(crate) fn exchange(
        response: ResponseFuture,
        body: Option<BodyPipe<B>>,
        reply: Reply<Request<B>, Response<Incoming>>,
        streams: Arc<Streams>,
        trace: trace::Stream,
    ) -> StreamTask<B> {
        StreamTask::new(response, body, reply, None, streams, trace)
    }

    /// A CONNECT request.
    pub(crate) fn connect(
        response: ResponseFuture,
        send: SendStream<SendBuf>,
        reply: Reply<Request<B>, Response<Incoming>>,
        streams: Arc<Streams>,
        trace: trace::Stream,
    ) -> StreamTask<B> {
        StreamTask::new(response, None, reply, Some(send), streams, trace)
    }

    fn new(
        response: ResponseFuture,
        body: Option<BodyPipe<B>>,
        reply: Reply<Request<B>, Response<Incoming>>,
        connect: Option<SendStream<SendBuf>>,
        streams: Arc<Streams>,
        trace: trace::Stream,
    ) -> StreamTask<B> {
        StreamTask {
            body,
            phase: Phase::Awaiting {
                response,
                reply,
                connect,
            },
            activity: streams.recorder.open_stream(),
            streams,
            trace,
        }
    }

    /// Ready once the caller does not wait for the response any more.
    pub(crate) fn poll_abandoned(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.phase {
            Phase::Awaiting { reply, .. } => reply.poll_abandoned(cx),
            Phase::Answered | Phase::Tunnel(_) => Poll::Pending,
        }
    }
}

impl<B> Future for StreamTask<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Phase::Awaiting {
            response, reply, ..
        } = this.phase
        {
            if reply.poll_abandoned(cx).is_ready() {
                this.body.set(None);
                *this.phase = Phase::Answered;
                return Poll::Ready(());
            }
            if let Poll::Ready(result) = Pin::new(response).poll(cx) {
                let awaiting = std::mem::replace(this.phase, Phase::Answered);
                *this.phase = answer(awaiting, result, this.activity, this.streams, this.trace);
            }
        }
        if let Some(body) = this.body.as_mut().as_pin_mut() {
            // How it ended shows in the response.
            let _ = ready!(body.poll(cx));
            this.body.set(None);
        }
        match this.phase {
            // Registered above.
            Phase::Awaiting { .. } => Poll::Pending,
            Phase::Answered => Poll::Ready(()),
            Phase::Tunnel(task) => Pin::new(task).poll(cx),
        }
    }
}

fn answer<B>(
    awaiting: Phase<B>,
    result: Result<Response<RecvStream>, h2::Error>,
    activity: &StreamActivity,
    streams: &Streams,
    trace: &trace::Stream,
) -> Phase<B> {
    let Phase::Awaiting { reply, connect, .. } = awaiting else {
        return awaiting;
    };
    let (head, recv) = match result {
        Ok(response) => response.into_parts(),
        Err(err) => {
            // The stream ended with the connection; the connection knows why.
            let err = activity
                .ensure_not_timed_out()
                .err()
                .unwrap_or_else(|| crate::Error::from_h2(err));
            reply.fail(err);
            return Phase::Answered;
        }
    };
    activity.record_non_data();

    match connect {
        Some(send) if head.status.is_success() => {
            open_tunnel(head, recv, send, reply, activity, streams, trace)
        }
        Some(refused) => {
            // An ordinary response, and nothing follows the request.
            streams.sender(refused).end_empty();
            reply.send(Ok(ordinary(head, recv, activity)));
            Phase::Answered
        }
        None => {
            reply.send(Ok(ordinary(head, recv, activity)));
            Phase::Answered
        }
    }
}

fn ordinary(
    head: response::Parts,
    recv: RecvStream,
    activity: &StreamActivity,
) -> Response<Incoming> {
    let length = match content_length(&head.headers) {
        ContentLength::Valid(length) => Some(length),
        ContentLength::Absent | ContentLength::Invalid => None,
    };
    let body = Incoming::h2(H2Stream::new(recv, length, activity.observer()));
    Response::from_parts(head, body)
}

fn open_tunnel<B>(
    mut head: response::Parts,
    recv: RecvStream,
    mut send: SendStream<SendBuf>,
    reply: Reply<Request<B>, Response<Incoming>>,
    activity: &StreamActivity,
    streams: &Streams,
    trace: &trace::Stream,
) -> Phase<B> {
    // RFC 9110 §9.3.6: a 2xx answer to CONNECT has no content, so one that announces some is not
    // to be taken for the start of a tunnel.
    if let ContentLength::Valid(1..) | ContentLength::Invalid = content_length(&head.headers) {
        send.send_reset(Reason::INTERNAL_ERROR);
        reply.fail(crate::Error::from_h2(Reason::INTERNAL_ERROR.into()));
        return Phase::Answered;
    }

    let (pending, on_upgrade) = pending();
    head.extensions.insert(on_upgrade);
    let sender = streams.sender(send);
    let patience = streams.patience();
    let (handle, task) = tunnel(sender, recv, activity.observer(), patience, trace.tunnel());
    reply.send(Ok(Response::from_parts(head, Incoming::empty())));
    pending.fulfill(Upgraded::new(handle, Bytes::new()));
    Phase::Tunnel(task)
}
