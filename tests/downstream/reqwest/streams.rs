//! Bodies that come and go piece by piece.

use bytes::Bytes;
use futures_util::{stream, StreamExt};
use http_body_util::channel::Channel;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode, Version};
use hyper_downstream::bodies::pattern;
use hyper_downstream::{real_time, serve, BoxError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{by, echo, status, SHORT};

// Contract 5.5-1, 9-12. Each piece comes back before the next is sent.
#[test]
fn bodies_stream_up_and_down_at_once() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let server = serve(echo).await;
            let (sender, receiver) = mpsc::channel::<Result<Bytes, BoxError>>(1);
            let body = reqwest::Body::wrap_stream(ReceiverStream::new(receiver));
            let request = by(protocol).post(server.http("/")).body(body);
            let mut response = request.send().await.expect("an early response");
            for round in 0..10 {
                let piece = pattern(1 + round * 5000);
                sender.send(Ok(piece.clone())).await.expect("a taker");
                let mut echoed = Vec::new();
                while echoed.len() < piece.len() {
                    let chunk = response.chunk().await.expect("no error");
                    echoed.extend_from_slice(&chunk.expect("more"));
                }
                assert!(echoed == piece, "round {round} of {protocol:?}");
            }
            drop(sender);
            while let Some(chunk) = response.chunk().await.expect("no error") {
                assert!(chunk.is_empty());
            }
        });
    }
}

#[test]
fn a_long_download_is_taken_as_it_comes() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            const PIECES: usize = 200;
            let server = serve(|_| async {
                let (mut sender, body) = Channel::<Bytes, BoxError>::new(1);
                tokio::spawn(async move {
                    for _ in 0..PIECES {
                        sender.send_data(pattern(40_000)).await.expect("a taker");
                    }
                });
                Response::new(body.boxed())
            })
            .await;
            let response = by(protocol).get(server.http("/")).send().await;
            let response = response.expect("a response");
            assert_eq!(response.content_length(), None);
            let mut chunks = response.bytes_stream();
            let (mut received, piece) = (0, pattern(40_000));
            while let Some(chunk) = chunks.next().await {
                for byte in chunk.expect("no error") {
                    assert_eq!(byte, piece[received % piece.len()]);
                    received += 1;
                }
            }
            assert_eq!(received, PIECES * piece.len());
        });
    }
}

/// Tells what became of a request's body; that of itself, where a service is dropped with its request.
struct Fate(mpsc::UnboundedSender<&'static str>);

impl Fate {
    fn tell(&self, fate: &'static str) {
        // Nobody asks for the second.
        let _ = self.0.send(fate);
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        self.tell("dropped");
    }
}

// Contract 5.5-3, 6.3-7.
#[test]
fn an_upload_that_fails_fails_the_request() {
    for protocol in [Version::HTTP_11, Version::HTTP_2] {
        real_time(async move {
            let (sender, mut fates) = mpsc::unbounded_channel();
            let server = serve(move |request: Request<Incoming>| {
                let fate = Fate(sender.clone());
                async move {
                    match request.into_body().collect().await {
                        Ok(_) => fate.tell("whole"),
                        Err(_) => fate.tell("cut short"),
                    }
                    status(StatusCode::BAD_REQUEST)
                }
            })
            .await;
            let pieces = [Ok(Bytes::from("begun")), Err(BoxError::from("no more"))];
            let body = reqwest::Body::wrap_stream(stream::iter(pieces));
            let sent = by(protocol).post(server.http("/")).body(body).send().await;
            // A server that saw it cut short may have been quick to say so.
            match sent {
                Err(error) => assert!(error.is_request(), "{error:?}"),
                Ok(response) => assert_eq!(response.status(), StatusCode::BAD_REQUEST),
            }
            // Nothing at all may have reached it, if the error did so first.
            let fate = tokio::time::timeout(SHORT, fates.recv()).await;
            assert_ne!(fate, Ok(Some("whole")), "by {protocol:?}");
        });
    }
}
