//! The two halves of a stream, with the methods that hyper's tunnels call.

use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use h2::{Error, Reason};
use http::HeaderMap;

use crate::lock;

/// As `h2::SendStream`.
pub struct SendStream<B: Buf>(Option<h2::SendStream<B>>);

/// As `h2::RecvStream`.
pub struct RecvStream(Option<h2::RecvStream>);

/// As `h2::FlowControl`.
pub struct FlowControl<'a>(&'a mut h2::FlowControl);

const STILL_HERE: &str = "a handle keeps its stream until it is dropped";

impl<B: Buf> SendStream<B> {
    pub(crate) fn new(stream: h2::SendStream<B>) -> SendStream<B> {
        SendStream(Some(stream))
    }

    pub fn reserve_capacity(&mut self, capacity: usize) {
        let _lock = lock();
        self.stream().reserve_capacity(capacity);
    }

    pub fn capacity(&self) -> usize {
        let _lock = lock();
        self.0.as_ref().expect(STILL_HERE).capacity()
    }

    pub fn poll_capacity(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<usize, Error>>> {
        let _lock = lock();
        self.stream().poll_capacity(cx)
    }

    pub fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reason, Error>> {
        let _lock = lock();
        self.stream().poll_reset(cx)
    }

    /// Panics where `data` is more than was granted: h2 itself would buffer it, without a bound.
    pub fn send_data(&mut self, data: B, end_of_stream: bool) -> Result<(), Error> {
        let _lock = lock();
        let stream = self.stream();
        let (len, granted) = (data.remaining(), stream.capacity());
        let sent = stream.send_data(data, end_of_stream);
        // A stream that is over has granted nothing, and refuses.
        assert!(
            sent.is_err() || len <= granted,
            "{len} bytes of DATA where {granted} were granted"
        );
        sent
    }

    pub fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Error> {
        let _lock = lock();
        self.stream().send_trailers(trailers)
    }

    pub fn send_reset(&mut self, reason: Reason) {
        let _lock = lock();
        self.stream().send_reset(reason);
    }

    fn stream(&mut self) -> &mut h2::SendStream<B> {
        self.0.as_mut().expect(STILL_HERE)
    }
}

impl<B: Buf> Drop for SendStream<B> {
    fn drop(&mut self) {
        let _lock = lock();
        self.0 = None;
    }
}

impl RecvStream {
    pub(crate) fn new(stream: h2::RecvStream) -> RecvStream {
        RecvStream(Some(stream))
    }

    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let _lock = lock();
        self.stream().poll_data(cx)
    }

    pub fn poll_trailers(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<HeaderMap>, Error>> {
        let _lock = lock();
        self.stream().poll_trailers(cx)
    }

    pub fn is_end_stream(&self) -> bool {
        let _lock = lock();
        self.0.as_ref().expect(STILL_HERE).is_end_stream()
    }

    pub fn flow_control(&mut self) -> FlowControl<'_> {
        FlowControl(self.stream().flow_control())
    }

    fn stream(&mut self) -> &mut h2::RecvStream {
        self.0.as_mut().expect(STILL_HERE)
    }
}

impl Drop for RecvStream {
    fn drop(&mut self) {
        let _lock = lock();
        self.0 = None;
    }
}

impl FlowControl<'_> {
    pub fn available_capacity(&self) -> isize {
        let _lock = lock();
        self.0.available_capacity()
    }

    pub fn used_capacity(&self) -> usize {
        let _lock = lock();
        self.0.used_capacity()
    }

    pub fn release_capacity(&mut self, size: usize) -> Result<(), Error> {
        let _lock = lock();
        self.0.release_capacity(size)
    }
}
