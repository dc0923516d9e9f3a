//! One request: the service's answer, its body out, and after CONNECT the tunnel.
//!
//! Invariants:
//! - A stream that cannot be answered is reset with a reason; the connection goes on.
//! - A peer that resets a stream ends the work on its answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{header, HeaderMap, Method, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::error::kind::{Kind, User};
use crate::error::BoxError;
use crate::proto::date;
use crate::proto::h2::body_pipe::BodyPipe;
use crate::proto::h2::ping::recorder::StreamActivity;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::streams::Streams;
use crate::proto::h2::upgrade::{tunnel, UpgradedSendStreamTask};
use crate::proto::headers::{
    content_length, set_content_length_if_missing, strip_connection_fields, ContentLength, Message,
};
use crate::trace;
use crate::upgrade::pending::Pending;
use crate::upgrade::upgraded::Upgraded;

pin_project! {
    /// Serves one stream until it needs nothing from us any more.
    #[must_use = "streams do nothing unless polled"]
    pub struct H2Stream<F, B> {
        #[pin]
        phase: Phase<F, B>,
        respond: SendResponse<SendBuf>,
        asked: Asked,
        streams: Arc<Streams>,
        date: DateHeader,
        activity: StreamActivity,
        trace: trace::Stream,
    }
}

pin_project! {
    #[project = PhaseProj]
    enum Phase<F, B> {
        Service { #[pin] answer: F },
        Body { #[pin] pipe: BodyPipe<B> },
        Tunnel { task: UpgradedSendStreamTask },
    }
}

/// What kind of answer the request calls for.
pub(crate) enum Asked {
    Content,
    /// HEAD: the fields of the answer without its content.
    FieldsOnly,
    /// CONNECT, with what a tunnel needs; taken when there is to be one.
    Tunnel(Option<Ends>),
}

/// The halves of a CONNECT stream that a tunnel is made of.
pub(crate) struct Ends {
    pub(crate) recv: RecvStream,
    pub(crate) pending: Pending,
}

/// Whether answers get a `date` field (RFC 9110 §6.6.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateHeader {
    IfMissing,
    Never,
}

/// What follows the head of an answer.
enum Next<B> {
    Body(BodyPipe<B>),
    Tunnel(UpgradedSendStreamTask),
    Nothing,
}

impl<F, B> H2Stream<F, B> {
    pub(crate) fn new(
        answer: F,
        respond: SendResponse<SendBuf>,
        asked: Asked,
        streams: Arc<Streams>,
        date: DateHeader,
        activity: StreamActivity,
        trace: trace::Stream,
    ) -> H2Stream<F, B> {
        H2Stream {
            phase: Phase::Service { answer },
            respond,
            asked,
            streams,
            date,
            activity,
            trace,
        }
    }
}

impl<F, B, E> Future for H2Stream<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = ();

    /// Wakes with the service's answer, with the body, on window and on RST_STREAM.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut this = self.as_mut().project();
            match this.phase.as_mut().project() {
                PhaseProj::Service { answer } => {
                    let Poll::Ready(result) = answer.poll(cx) else {
                        // Nobody wants the answer after a reset, or the connection's end.
                        return this.respond.poll_reset(cx).map(drop);
                    };
                    let next = match result {
                        Ok(response) => self.as_mut().send_head(response),
                        Err(err) => {
                            let err = crate::Error::new(Kind::User(User::Service)).with(err);
                            Err(err.reset_reason())
                        }
                    };
                    if !self.as_mut().go_on(next) {
                        return Poll::Ready(());
                    }
                }
                PhaseProj::Body { pipe } => {
                    // A failure has reset the stream, and there is nobody else to tell.
                    let _ = ready!(pipe.poll(cx));
                    return Poll::Ready(());
                }
                PhaseProj::Tunnel { task } => return Pin::new(task).poll(cx),
            }
        }
    }
}

impl<F, B: Body> H2Stream<F, B> {
    /// Enters the next phase, where there is one.
    fn go_on(self: Pin<&mut Self>, next: Result<Next<B>, Reason>) -> bool {
        let mut this = self.project();
        match next {
            Ok(Next::Nothing) => return false,
            Ok(Next::Tunnel(task)) => this.phase.set(Phase::Tunnel { task }),
            Ok(Next::Body(pipe)) => this.phase.set(Phase::Body { pipe }),
            Err(reason) => {
                this.respond.send_reset(reason);
                return false;
            }
        }
        true
    }

    /// Sends the head of the answer, and says what follows it.
    fn send_head(self: Pin<&mut Self>, response: Response<B>) -> Result<Next<B>, Reason> {
        let this = self.project();
        let (mut head, body) = response.into_parts();
        // An interim response (RFC 9110 §15.2) cannot be the last word.
        if head.status.is_informational() {
            return Err(Reason::INTERNAL_ERROR);
        }
        strip_connection_fields(&mut head.headers, Message::Response);
        if *this.date == DateHeader::IfMissing {
            head.headers
                .entry(header::DATE)
                .or_insert_with(date::header_value);
        }

        // A refused CONNECT needs its ends no more, and whoever waits for the upgrade is told.
        let ends = match this.asked {
            Asked::Tunnel(ends) => ends.take().filter(|_| head.status.is_success()),
            Asked::Content | Asked::FieldsOnly => None,
        };
        let is_over = if ends.is_some() {
            remove_zero_length(&mut head.headers)?;
            false
        } else {
            let is_over = body.is_end_stream()
                || matches!(this.asked, Asked::FieldsOnly)
                || is_without_content(head.status);
            if head.status == StatusCode::NO_CONTENT {
                head.headers.remove(header::CONTENT_LENGTH);
            } else if !is_without_content(head.status) {
                announce_length(&mut head.headers, &body);
            }
            is_over
        };

        let send = this
            .respond
            .send_response(Response::from_parts(head, ()), is_over)
            .map_err(|_| Reason::INTERNAL_ERROR)?;
        if is_over {
            return Ok(Next::Nothing);
        }
        let sender = this.streams.sender(send);
        let Some(Ends { recv, pending }) = ends else {
            return Ok(Next::Body(BodyPipe::new(body, sender)));
        };
        let observer = this.activity.observer();
        let patience = this.streams.patience();
        let (handle, task) = tunnel(sender, recv, observer, patience, this.trace.tunnel());
        pending.fulfill(Upgraded::new(handle, Bytes::new()));
        Ok(Next::Tunnel(task))
    }
}

/// RFC 9110 §9.3.6: a 2xx answer to CONNECT has no content, so it may not announce any.
fn remove_zero_length(headers: &mut HeaderMap) -> Result<(), Reason> {
    match content_length(headers) {
        ContentLength::Absent => {}
        ContentLength::Valid(0) => {
            headers.remove(header::CONTENT_LENGTH);
        }
        ContentLength::Valid(_) | ContentLength::Invalid => return Err(Reason::INTERNAL_ERROR),
    }
    Ok(())
}

fn announce_length<B: Body>(headers: &mut HeaderMap, body: &B) {
    if body.is_end_stream() {
        return;
    }
    if let Some(length) = body.size_hint().exact() {
        set_content_length_if_missing(headers, length);
    }
}

/// RFC 9110 §15.3.5 and §15.4.5: these answers end with their head.
fn is_without_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

impl Asked {
    pub(crate) fn by(method: &Method) -> Asked {
        if *method == Method::HEAD {
            Asked::FieldsOnly
        } else {
            Asked::Content
        }
    }
}
