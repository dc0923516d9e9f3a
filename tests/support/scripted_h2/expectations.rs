//! What a [`RawPeer`] may insist on: the next frame of a stream is the one named, or the test fails.

use bytes::{Bytes, BytesMut};
use h2::Reason;
use tokio::io::{AsyncRead, AsyncWrite};

use super::frame::Frame;
use super::hpack::Fields;
use super::raw_peer::RawPeer;
use crate::support::virtual_timer::expect_soon;

/// See [`RawPeer`] for what all `expect_*` have in common.
impl<T: AsyncRead + AsyncWrite + Unpin> RawPeer<T> {
    async fn expect_on(&mut self, stream: u32, what: &str) -> Frame {
        let frame = expect_soon(what, self.next_on(stream)).await;
        frame.unwrap_or_else(|| panic!("{what}: the connection ended first"))
    }

    /// The head, or the trailers, that come next on `stream`.
    pub async fn expect_headers(&mut self, stream: u32) -> Fields {
        let frame = self.expect_on(stream, "HEADERS").await;
        self.decode_headers(frame).await
    }

    /// As a server: the next request, with its stream.
    pub async fn expect_request(&mut self) -> (u32, Fields) {
        let frame = expect_soon("a request", self.next()).await;
        let frame = frame.expect("a request comes before the connection ends");
        let stream = frame.stream();
        (stream, self.decode_headers(frame).await)
    }

    async fn decode_headers(&mut self, frame: Frame) -> Fields {
        let Frame::Headers {
            stream,
            block,
            mut end_headers,
            ..
        } = frame
        else {
            panic!("expected HEADERS, got {frame:?}")
        };
        let mut block = BytesMut::from(block);
        while !end_headers {
            match self.expect_on(stream, "CONTINUATION").await {
                Frame::Continuation {
                    block: more,
                    end_headers: end,
                    ..
                } => {
                    block.extend_from_slice(&more);
                    end_headers = end;
                }
                other => panic!("expected CONTINUATION, got {other:?}"),
            }
        }
        self.decoder().decode(&block)
    }

    /// The DATA frame that comes next on `stream`: its payload, and whether it ends the stream.
    pub async fn expect_data(&mut self, stream: u32) -> (Bytes, bool) {
        match self.expect_on(stream, "DATA").await {
            Frame::Data {
                payload,
                end_stream,
                ..
            } => (payload, end_stream),
            other => panic!("expected DATA, got {other:?}"),
        }
    }

    /// Exactly `len` bytes of DATA on `stream`, over as many frames as it takes. Opens no window.
    pub async fn expect_bytes(&mut self, stream: u32, len: usize) -> Bytes {
        let mut bytes = BytesMut::new();
        while bytes.len() < len {
            bytes.extend_from_slice(&self.expect_data(stream).await.0);
        }
        assert_eq!(bytes.len(), len, "more came than was asked for");
        bytes.freeze()
    }

    /// All DATA on `stream` up to END_STREAM, opening both windows by as much as comes.
    pub async fn read_to_end(&mut self, stream: u32) -> Bytes {
        let mut bytes = BytesMut::new();
        loop {
            let (payload, end) = self.expect_data(stream).await;
            bytes.extend_from_slice(&payload);
            if end {
                return bytes.freeze();
            }
            if !payload.is_empty() {
                self.grant(stream, payload.len() as u32).await;
                self.grant(0, payload.len() as u32).await;
            }
        }
    }

    /// An empty DATA frame with END_STREAM, and nothing before it.
    pub async fn expect_end(&mut self, stream: u32) {
        let (payload, end) = self.expect_data(stream).await;
        assert!(payload.is_empty() && end, "expected the bare END_STREAM");
    }

    pub async fn expect_reset(&mut self, stream: u32) -> Reason {
        match self.expect_on(stream, "RST_STREAM").await {
            Frame::Reset { code, .. } => code,
            other => panic!("expected RST_STREAM, got {other:?}"),
        }
    }

    /// The last stream and the code of the GOAWAY that comes next.
    pub async fn expect_goaway(&mut self) -> (u32, Reason) {
        match self.expect_on(0, "GOAWAY").await {
            Frame::GoAway { last, code, .. } => (last, code),
            other => panic!("expected GOAWAY, got {other:?}"),
        }
    }
}
