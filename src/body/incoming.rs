//! The body of a message received from a peer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

#[cfg(not(all(feature = "http2", any(feature = "client", feature = "server"))))]
use crate::body::absent::Absent as H2Stream;
#[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
use crate::body::h2_stream::H2Stream;

/// A body received from a peer, read frame by frame.
///
/// A client finds it in the [`Response`](crate::Response), a server in the
/// [`Request`](crate::Request).
///
/// # Frames
///
/// Any number of DATA frames, then at most one trailers frame, then `None` for ever
/// (RFC 9110 §6.4 and §6.5). A frame is what arrived in one piece: its size says nothing about how the
/// sender wrote it.
///
/// # Backpressure
///
/// Over HTTP/2 the flow-control credit of a DATA frame (RFC 9113 §5.2) goes back to the sender when
/// the frame is taken from here and not before, so a body that is not read holds at most one
/// stream window of bytes.
///
/// # Errors
///
/// A body that fails yields the error in place of a frame. The cause, an `io::Error` or an
/// `h2::Error` with the peer's reason, is its `source()`. Frames that arrived before the failure
/// are delivered first.
///
/// # Cancel safety
///
/// Between frames nothing is lost: dropping a future that waits for the next frame leaves that
/// frame to the next poll. Dropping the body itself before its end tells an HTTP/2 peer to
/// stop sending (RST_STREAM).
#[must_use = "bodies do nothing unless polled"]
pub struct Incoming {
    kind: Kind,
}

#[cfg_attr(
    not(all(feature = "http2", any(feature = "client", feature = "server"))),
    allow(dead_code, reason = "without a connection nothing comes in")
)]
enum Kind {
    Empty,
    H2(H2Stream),
}

impl Incoming {
    /// A body that is over before it began.
    #[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
    pub(crate) fn empty() -> Incoming {
        Incoming { kind: Kind::Empty }
    }

    /// A stream whose HEADERS carried END_STREAM is an empty body, whatever length its
    /// content-length names (an answer to HEAD, say).
    #[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
    pub(crate) fn h2(stream: H2Stream) -> Incoming {
        if stream.is_end_stream() {
            return Incoming::empty();
        }
        Incoming {
            kind: Kind::H2(stream),
        }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = crate::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, crate::Error>>> {
        match &mut self.kind {
            Kind::Empty => Poll::Ready(None),
            Kind::H2(stream) => stream.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::H2(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::H2(stream) => stream.size_hint(),
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Debug)]
        struct Empty;
        #[derive(Debug)]
        struct Streaming;

        let mut tuple = f.debug_tuple("Body");
        match self.kind {
            Kind::Empty => tuple.field(&Empty),
            Kind::H2(_) => tuple.field(&Streaming),
        };
        tuple.finish()
    }
}
