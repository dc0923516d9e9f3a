//! The body of a message received from a peer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

#[cfg(not(all(feature = "http1", any(feature = "client", feature = "server"))))]
use crate::body::absent::Absent as Receiver;
#[cfg(not(all(feature = "http2", any(feature = "client", feature = "server"))))]
use crate::body::absent::Absent as H2Stream;
#[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
use crate::body::channel::Receiver;
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
/// Over HTTP/1 the connection hands over one DATA frame at a time, and reads no further from its
/// transport until that is taken. So an unread body holds one frame, which is at most one read
/// (`max_buf_size` limits it), and what was received behind it.
///
/// # Errors
///
/// A body that fails yields the error in place of a frame. The cause, an `io::Error` or an
/// `h2::Error` with the peer's reason, is its `source()`. Frames that arrived before the failure
/// are delivered first. An HTTP/1 body whose connection was dropped fails with
/// [`is_incomplete_message`](crate::Error::is_incomplete_message).
///
/// # Cancel safety
///
/// Between frames nothing is lost: dropping a future that waits for the next frame leaves that
/// frame to the next poll. Dropping the body itself before its end tells an HTTP/2 peer to
/// stop sending (RST_STREAM). Over HTTP/1, a server reads on to the end of a short request body and
/// keeps the connection; where the rest is long, and on a client where it has not arrived yet, the
/// connection is closed after the exchange.
#[must_use = "bodies do nothing unless polled"]
pub struct Incoming {
    kind: Kind,
}

#[cfg_attr(
    not(all(
        feature = "http1",
        feature = "http2",
        any(feature = "client", feature = "server")
    )),
    allow(
        dead_code,
        reason = "nothing comes in over a protocol that is compiled out"
    )
)]
enum Kind {
    Empty,
    H1(Receiver),
    H2(H2Stream),
}

impl Incoming {
    /// A body that is over before it began.
    #[cfg(all(
        any(feature = "http1", feature = "http2"),
        any(feature = "client", feature = "server")
    ))]
    pub(crate) fn empty() -> Incoming {
        Incoming { kind: Kind::Empty }
    }

    #[cfg(all(feature = "http1", any(feature = "client", feature = "server")))]
    pub(crate) fn h1(receiver: Receiver) -> Incoming {
        Incoming {
            kind: Kind::H1(receiver),
        }
    }

    /// A stream of which something is to come; else an empty body.
    #[cfg(all(feature = "http2", any(feature = "client", feature = "server")))]
    pub(crate) fn h2(stream: Option<H2Stream>) -> Incoming {
        Incoming {
            kind: stream.map_or(Kind::Empty, Kind::H2),
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
            Kind::H1(receiver) => receiver.poll_frame(cx),
            Kind::H2(stream) => stream.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::H1(receiver) => receiver.is_end_stream(),
            Kind::H2(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::H1(receiver) => receiver.size_hint(),
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
            Kind::H1(_) | Kind::H2(_) => tuple.field(&Streaming),
        };
        tuple.finish()
    }
}
