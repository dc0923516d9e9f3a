//! Contract 6.3-7, 2.3-6, 2.4-18: request bodies that fail or panic.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream;
use h2::Reason;
use http_body_util::StreamBody;
use hyper::body::{Body, Frame, SizeHint};

use crate::client::{cause_text, failure, get, h2_cause, kind, link, post, response, RawLink};
use crate::support::bodies::{channel, Frames};
use crate::support::tunnels::Options;
use crate::support::virtual_timer::expect_soon;

type BoxError = Box<dyn Error + Send + Sync>;

/// An error with a cause.
#[derive(Debug)]
struct Because(BoxError);

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body broke")
    }
}

impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// A body that fails at once, with `error`.
fn failing(error: BoxError) -> impl Body<Data = Bytes, Error = BoxError> + Send + Sync {
    StreamBody::new(stream::iter([Err::<Frame<Bytes>, _>(error)]))
}

/// Sends a body that fails with `error`; returns the code hyper resets the stream with, and what the caller gets.
async fn reset_after(error: BoxError) -> (Reason, hyper::Error) {
    let mut link = link().await;
    let answer = link.hyper.requests().send_request(post(failing(error)));
    let (stream, _) = link.peer.expect_request().await;
    let code = link.peer.expect_reset(stream).await;
    let failed = failure(answer).await;
    assert_usable(&mut link).await;
    (code, failed)
}

async fn assert_usable(link: &mut RawLink) {
    crate::client::assert_usable(link).await;
}

// Contract 6.3-7, 2.3-6.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_resets_the_stream_and_fails_the_request() {
    let (code, failed) = reset_after("boom".into()).await;
    assert_eq!(code, Reason::INTERNAL_ERROR);
    assert_eq!(kind(&failed), "Http2");
    let cause = h2_cause(&failed);
    assert!(cause.is_reset() && !cause.is_remote());
    assert_eq!(cause.reason(), Some(Reason::INTERNAL_ERROR));
}

// Contract 2.3-6.
#[tokio::test(start_paused = true)]
async fn the_code_is_that_of_the_h2_error_in_the_bodys_error() {
    let (code, failed) = reset_after(h2::Error::from(Reason::ENHANCE_YOUR_CALM).into()).await;
    assert_eq!(code, Reason::ENHANCE_YOUR_CALM);
    assert_eq!(h2_cause(&failed).reason(), Some(Reason::ENHANCE_YOUR_CALM));
}

// Contract 2.3-6: wherever it stands in the chain.
#[tokio::test(start_paused = true)]
async fn the_code_is_that_of_the_first_h2_error_in_the_chain() {
    let inner: BoxError = h2::Error::from(Reason::REFUSED_STREAM).into();
    let middle: BoxError = Because(inner).into();
    let (code, _) = reset_after(Because(middle).into()).await;
    assert_eq!(code, Reason::REFUSED_STREAM);
}

// Contract 2.3-6, 7.1-8: a proxy passes on why its upstream failed.
#[tokio::test(start_paused = true)]
async fn a_received_body_that_was_reset_passes_its_code_on() {
    let mut upstream = link().await;
    let answer = upstream.hyper.requests().send_request(get());
    let (stream, _) = upstream.peer.expect_request().await;
    upstream
        .peer
        .send_headers(stream, &[(":status", "200")])
        .await;
    let body = response(answer).await.into_body();
    upstream
        .peer
        .reset(stream, Reason::INADEQUATE_SECURITY)
        .await;

    let mut downstream = link().await;
    let answer = downstream.hyper.requests().send_request(post(body));
    let (stream, _) = downstream.peer.expect_request().await;
    let code = downstream.peer.expect_reset(stream).await;
    assert_eq!(code, Reason::INADEQUATE_SECURITY);
    failure(answer).await;
}

// Contract 6.3-7.
#[tokio::test(start_paused = true)]
async fn data_before_the_failure_is_sent() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    body.send_data("first");
    assert_eq!(link.peer.expect_bytes(stream, 5).await, "first");
    body.fail("boom");
    let code = link.peer.expect_reset(stream).await;
    assert_eq!(code, Reason::INTERNAL_ERROR);
    failure(answer).await;
    assert_usable(&mut link).await;
}

// Contract 6.3-7.
#[tokio::test(start_paused = true)]
async fn a_response_that_came_before_the_failure_is_delivered() {
    let mut link = link().await;
    let (body, frames) = channel();
    let answer = link.hyper.requests().send_request(post(frames));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.send_headers(stream, &[(":status", "200")]).await;
    let response = response(answer).await;
    assert_eq!(response.status(), 200);
    body.fail("boom");
    let code = link.peer.expect_reset(stream).await;
    assert_eq!(code, Reason::INTERNAL_ERROR);
    assert_usable(&mut link).await;
}

// Contract 6.3-7, 6.1-3: a failure behind data that waits for window.
#[tokio::test(start_paused = true)]
async fn a_failure_behind_blocked_data_fails_the_request_when_it_is_reached() {
    let options = Options::new().stream_window(0);
    let mut link = crate::client::link_with(&options).await;
    let body = Frames::repeat(1, "data").then_fail("boom");
    let answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    link.peer.grant(stream, 100).await;
    let frames = link.peer.settled_frames().await;
    let last = frames.last().expect("the stream is reset");
    assert!(matches!(
        last,
        crate::support::scripted_h2::Frame::Reset {
            code: Reason::INTERNAL_ERROR,
            ..
        }
    ));
    failure(answer).await;
}

/// A body that panics when it is polled.
struct Panicking;

impl Body for Panicking {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        panic!("a body of ill temper")
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

// Contract 2.4-18.
#[tokio::test(start_paused = true)]
async fn a_body_that_panics_fails_its_request_as_the_users_fault() {
    let mut link = link().await;
    let answer = link.hyper.requests().try_send_request(post(Panicking));
    let failed = failure(answer).await;
    assert!(failed.message().is_none());
    let failed = failed.into_error();
    assert_eq!(kind(&failed), "User(DispatchGone)");
    assert!(failed.is_user());
    assert_eq!(cause_text(&failed), "user code panicked");
}

// Contract 2.4-18: the peer is not led to believe that the body was complete.
#[tokio::test(start_paused = true)]
async fn a_body_that_panics_later_ends_no_stream_cleanly() {
    let mut link = link().await;
    let (first, frames) = channel();
    first.send_data("first");
    let body = PanicAtEnd(Box::pin(frames));
    let answer = link.hyper.requests().send_request(post(body));
    let (stream, _) = link.peer.expect_request().await;
    assert_eq!(link.peer.expect_bytes(stream, 5).await, "first");
    drop(first);
    let end = expect_soon("the end of the stream", link.peer.next_on(stream)).await;
    match end {
        None => {}
        Some(crate::support::scripted_h2::Frame::Reset { code, .. }) => {
            assert_ne!(code, Reason::NO_ERROR)
        }
        Some(frame) => panic!("not an honest end: {frame:?}"),
    }
    failure(answer).await;
}

/// A body that panics where it ought to end.
struct PanicAtEnd(Pin<Box<crate::support::bodies::ChannelBody>>);

impl Body for PanicAtEnd {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.0.as_mut().poll_frame(cx) {
            Poll::Ready(None) => panic!("a body of ill temper"),
            Poll::Ready(Some(frame)) => Poll::Ready(Some(frame.map_err(Into::into))),
            Poll::Pending => Poll::Pending,
        }
    }
}
