//! Outgoing bodies with a known temper. All carry `Bytes` and fail with [`BodyError`]; boxed they are [`TestBody`]s.
//!
//! For the number of polls wrap any of them in [`CountPolls`](super::virtual_timer::CountPolls).

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Frame, SizeHint};
use hyper::HeaderMap;
use tokio::sync::mpsc;

/// The body of requests and responses hyper sends.
pub type TestBody = BoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// Boxes any body of `Bytes`.
pub fn test_body<B>(body: B) -> TestBody
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    body.map_err(Into::into).boxed()
}

pub fn empty_body() -> TestBody {
    test_body(Empty::new())
}

/// The error a body of this module yields: the text it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError(pub &'static str);

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for BodyError {}

type Item = Result<Frame<Bytes>, BodyError>;

/// A body fed from elsewhere; it ends when its [`BodySender`] is dropped. Unbounded, of unknown length.
pub fn channel() -> (BodySender, ChannelBody) {
    let (tx, rx) = mpsc::unbounded_channel();
    (BodySender(tx), ChannelBody(rx))
}

/// Feeds a [`ChannelBody`]. Each method tells whether the body still exists.
#[derive(Debug)]
pub struct BodySender(mpsc::UnboundedSender<Item>);

impl BodySender {
    pub fn send_data(&self, data: impl Into<Bytes>) -> bool {
        self.0.send(Ok(Frame::data(data.into()))).is_ok()
    }

    pub fn send_trailers(&self, trailers: HeaderMap) -> bool {
        self.0.send(Ok(Frame::trailers(trailers))).is_ok()
    }

    pub fn fail(&self, text: &'static str) -> bool {
        self.0.send(Err(BodyError(text))).is_ok()
    }

    /// Resolves when the body has been dropped.
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// The reading half of [`channel`].
#[derive(Debug)]
pub struct ChannelBody(mpsc::UnboundedReceiver<Item>);

impl Body for ChannelBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let item = ready!(self.0.poll_recv(cx));
        Poll::Ready(item)
    }
}

/// A body whose frames are all there from the start.
#[derive(Debug)]
pub struct Frames {
    items: VecDeque<Item>,
    length: Length,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Declared,
    Unknown,
}

impl Frames {
    /// `count` data frames of `chunk` each, of unknown length.
    pub fn repeat(count: usize, chunk: impl Into<Bytes>) -> Self {
        let chunk = chunk.into();
        Self::of((0..count).map(|_| chunk.clone()))
    }

    /// These data frames, of unknown length.
    pub fn of(chunks: impl IntoIterator<Item = Bytes>) -> Self {
        Frames {
            items: chunks
                .into_iter()
                .map(|chunk| Ok(Frame::data(chunk)))
                .collect(),
            length: Length::Unknown,
        }
    }

    /// Declares the length, and so the end of the stream with the last frame.
    pub fn with_declared_length(mut self) -> Self {
        self.length = Length::Declared;
        self
    }

    pub fn with_trailers(mut self, trailers: HeaderMap) -> Self {
        self.items.push_back(Ok(Frame::trailers(trailers)));
        self
    }

    /// After the frames so far the body fails.
    pub fn then_fail(mut self, text: &'static str) -> Self {
        self.items.push_back(Err(BodyError(text)));
        self
    }

    fn remaining(&self) -> u64 {
        let data = self
            .items
            .iter()
            .flatten()
            .filter_map(|frame| frame.data_ref());
        data.map(|bytes| bytes.len() as u64).sum()
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Item>> {
        Poll::Ready(self.items.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.length == Length::Declared && self.items.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            Length::Declared => SizeHint::with_exact(self.remaining()),
            Length::Unknown => SizeHint::default(),
        }
    }
}
