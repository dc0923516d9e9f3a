//! A user's body on its way into an HTTP/2 stream.
//!
//! Invariants:
//! - The body is polled only while less than a frame waits, so at most one frame of gathered
//!   small pieces, or one piece of the body's own making, is in hand.
//! - Window is asked for after the body gave something, never before: an idle body pins none.
//! - Nothing is polled after the last frame; a reset drops the body at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use crate::error::kind::{Kind, User};
use crate::error::BoxError;
use crate::proto::h2::aside::{Aside, Part};
use crate::proto::h2::windowed_sender::WindowedSender;

pin_project! {
    /// Sends a whole body, then END_STREAM. `Ready(Err)` after the stream was reset, by either side.
    ///
    /// Dropping it before that resets nothing by itself: h2 does, when the stream's last handle goes.
    pub(crate) struct BodyPipe<B> {
        #[pin]
        body: Option<B>,
        sender: Aside<Sender>,
    }
}

/// One that is there until it is dropped.
#[derive(Default)]
struct Sender(Option<WindowedSender>);

impl Part for Sender {
    #[inline(never)]
    fn let_go(self) {}
}

impl<B> BodyPipe<B> {
    pub(crate) fn new(body: B, sender: WindowedSender) -> BodyPipe<B> {
        BodyPipe {
            body: Some(body),
            sender: Aside::new(Sender(Some(sender))),
        }
    }
}

impl<B> Future for BodyPipe<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = crate::Result<()>;

    /// Wakes when the body has more, on window, on RST_STREAM and on the connection's end.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<crate::Result<()>> {
        let mut this = self.project();
        let Sender(Some(sender)) = &mut **this.sender else {
            return Poll::Ready(Ok(()));
        };
        let result = ready!(pump(this.body.as_mut(), sender, cx));
        // A body may hold things that others wait for.
        this.body.set(None);
        Poll::Ready(result)
    }
}

fn pump<B>(
    mut body: Pin<&mut Option<B>>,
    sender: &mut WindowedSender,
    cx: &mut Context<'_>,
) -> Poll<crate::Result<()>>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    loop {
        let sending = sender.poll_send(cx).map_err(write_error)?;
        let Some(source) = body.as_mut().as_pin_mut() else {
            return sending.map(Ok);
        };
        if !sender.has_room() {
            ready!(sending);
            continue;
        }
        if sending.is_ready() {
            if let Poll::Ready(err) = sender.poll_reset(cx) {
                return Poll::Ready(Err(write_error(err)));
            }
        }

        match ready!(source.poll_frame(cx)) {
            Some(Ok(frame)) => {
                let had_trailers = push(frame, sender);
                let is_over = |body: Pin<&B>| body.is_end_stream();
                if had_trailers || body.as_ref().as_pin_ref().is_some_and(is_over) {
                    sender.end();
                    body.set(None);
                }
            }
            Some(Err(err)) => {
                let err = crate::Error::new(Kind::User(User::Body)).with(err);
                sender.reset(err.reset_reason());
                return Poll::Ready(Err(err));
            }
            None => {
                sender.end();
                body.set(None);
            }
        }
    }
}

/// Passes a frame on, and says whether it was trailers. A frame of any other kind is left out.
fn push<D: Buf>(frame: Frame<D>, sender: &mut WindowedSender) -> bool {
    match frame.into_data().map_err(Frame::into_trailers) {
        Ok(mut data) => {
            // Free of a copy where the data is `Bytes` already.
            sender.put(data.copy_to_bytes(data.remaining()));
            false
        }
        Err(Ok(trailers)) => {
            sender.end_with_trailers(trailers);
            true
        }
        Err(Err(_)) => false,
    }
}

fn write_error(err: h2::Error) -> crate::Error {
    crate::Error::new(Kind::BodyWrite).with(err)
}
