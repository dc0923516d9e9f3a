//! The receiving half of an HTTP/2 stream, as a body.
//!
//! Invariants:
//! - Flow-control credit is returned for a DATA frame when the frame is handed out, never before.
//! - `content-length`, where the peer sent one, was already held against the DATA frames by h2
//!   (RFC 9113 §8.1.1); here it only feeds `size_hint`.

use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http_body::{Frame, SizeHint};

/// Told what a reader takes from a stream, so that the connection can measure its bandwidth and
/// see that it is alive.
pub(crate) trait ReceiveObserver: Send + Sync {
    /// `len` bytes of DATA were taken.
    fn data_received(&self, len: usize);
    /// Trailers, or the end, were taken.
    fn end_received(&self);
}

pub(crate) struct H2Stream {
    recv: RecvStream,
    /// Bytes still to come, where the peer announced them.
    remaining: Option<u64>,
    position: Position,
    observer: Option<Arc<dyn ReceiveObserver>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Data,
    Trailers,
    End,
}

impl H2Stream {
    /// `None` where HEADERS carried END_STREAM: then nothing comes, whatever length `content-length`
    /// names (in an answer to HEAD, say).
    pub(crate) fn new(
        recv: RecvStream,
        content_length: Option<u64>,
        observer: Option<Arc<dyn ReceiveObserver>>,
    ) -> Option<H2Stream> {
        (!recv.is_end_stream()).then_some(H2Stream {
            recv,
            remaining: content_length,
            position: Position::Data,
            observer,
        })
    }

    /// Ready with the next frame, or with `None` once the stream has ended.
    ///
    /// Wakes on DATA, trailers, RST_STREAM and the end of the connection.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<crate::Result<Frame<Bytes>>>> {
        if self.position == Position::Data {
            match ready!(self.recv.poll_data(cx)) {
                Some(Ok(data)) => return Poll::Ready(Some(Ok(self.take_data(data)))),
                Some(Err(err)) => {
                    return Poll::Ready(clean_end_or(err, crate::Error::from_h2_body))
                }
                None => self.position = Position::Trailers,
            }
        }
        if self.position == Position::Trailers {
            let trailers = match ready!(self.recv.poll_trailers(cx)) {
                Ok(trailers) => trailers,
                Err(err) => return Poll::Ready(clean_end_or(err, crate::Error::from_h2)),
            };
            self.position = Position::End;
            if let Some(fields) = trailers {
                self.note_end();
                return Poll::Ready(Some(Ok(Frame::trailers(fields))));
            }
        }
        self.note_end();
        Poll::Ready(None)
    }

    fn take_data(&mut self, data: Bytes) -> Frame<Bytes> {
        // The stream may be gone already, and then there is nobody to give credit to.
        let _ = self.recv.flow_control().release_capacity(data.len());
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.saturating_sub(data.len() as u64);
        }
        if let Some(observer) = &self.observer {
            observer.data_received(data.len());
        }
        Frame::data(data)
    }

    fn note_end(&self) {
        if let Some(observer) = &self.observer {
            observer.end_received();
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.position == Position::End || self.recv.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self.remaining {
            Some(remaining) => SizeHint::with_exact(remaining),
            None => SizeHint::default(),
        }
    }
}

/// RST_STREAM(NO_ERROR) asks to stop without calling anything an error (RFC 9113 §8.1), so a
/// reader sees the end there; a connection that went away with NO_ERROR has cut the body short.
/// h2 repeats an error on each poll.
fn clean_end_or<T>(
    err: h2::Error,
    wrap: fn(h2::Error) -> crate::Error,
) -> Option<crate::Result<T>> {
    if err.is_reset() && err.reason() == Some(Reason::NO_ERROR) {
        return None;
    }
    Some(Err(wrap(err)))
}
