//! A body that always has another frame leaves time to others, even if its frames come to nothing.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use crate::support::bodies::BodyError;
use crate::support::responses::with_body;
use crate::support::scripted_h1::Server;

/// Without end, and without a byte.
struct EmptyFrames;

impl Body for EmptyFrames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
    }
}

// Contract 4.8-9.
#[tokio::test(start_paused = true)]
async fn empty_frames_without_end_do_not_keep_the_thread() {
    let mut server = Server::start();
    server.get().await.respond(with_body(EmptyFrames));
    // Each of these comes back only if the connection lets the others have their turn.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let polls = server.hyper.polls();
    tokio::task::yield_now().await;
    assert!(server.hyper.polls() > polls, "it goes on when it may");
    assert_eq!(server.peer.expect_head().await.status(), 200);
    server.hyper.abort();
}
