//! Cases 25, 28 and 29 at every point of a tunnel's life: wherever its task is cancelled, exactly the bytes that were accepted
//! arrive, and then the end; wherever it is reset, nothing that fails later says `Ok`.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};

use h2::Reason;
use tokio::io::AsyncWriteExt;

use crate::cause::assert_reset_with;
use crate::support::scripted_h2::Frame;
use crate::support::tunnels::{both_roles, Link, Options, Role, Tunnel};
use crate::support::virtual_timer::expect_soon;
use crate::traffic::{assert_whole, pattern};

/// What the tunnel's task means to send: several frames, none of a round size.
const LEN: usize = 75_000;
/// What the peer grants at a time.
const GRANT: u32 = 7000;

both_roles!(
    what_was_accepted_arrives_wherever_the_task_is_cancelled,
    what_was_accepted_arrives_wherever_a_socket_sticks,
    a_reset_anywhere_fails_all_that_follows,
);

/// A future that is given up after so many polls.
struct CutOff<F> {
    inner: Pin<Box<F>>,
    polls_left: usize,
}

impl<F: Future> Future for CutOff<F> {
    /// `None` if it was cut off.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        if let Poll::Ready(output) = self.inner.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Writes [`LEN`] bytes in pieces of all sizes, with a flush now and then, shuts down, and counts what was accepted.
async fn send_all(mut tunnel: Tunnel<u32>, accepted: Arc<AtomicUsize>) -> io::Result<()> {
    let bytes = pattern(LEN);
    let mut sent = 0;
    for at in 1.. {
        let piece = &bytes[sent..LEN.min(sent + at * at)];
        if piece.is_empty() {
            break;
        }
        let len = tunnel.upgraded.write(piece).await?;
        sent += len;
        accepted.store(sent, Ordering::SeqCst);
        if at % 10 == 0 {
            tunnel.upgraded.flush().await?;
        }
        // A point to be cancelled at, between two calls.
        tokio::task::yield_now().await;
    }
    tunnel.upgraded.shutdown().await
}

/// Cuts the task off after `polls` polls; says whether it had ended by itself.
async fn cut_off_after(polls: usize, role: Role, options: &Options) -> bool {
    let mut link = Link::raw(role, options).await;
    let tunnel = link.tunnel().await;
    let stream = tunnel.stream;
    let accepted = Arc::new(AtomicUsize::new(0));
    let task = tokio::spawn(CutOff {
        inner: Box::pin(send_all(tunnel, accepted.clone())),
        polls_left: polls,
    });
    link.peer.grant(0, 1 << 20).await;
    let mut frames = link.peer.settled_frames().await;
    let is_end = |frame: &Frame| {
        !matches!(
            frame,
            Frame::Data {
                end_stream: false,
                ..
            }
        )
    };
    for _ in 0..=LEN / GRANT as usize + 1 {
        if frames.last().is_some_and(is_end) {
            break;
        }
        link.peer.grant(stream, GRANT).await;
        frames.extend(link.peer.settled_frames().await);
    }
    frames.extend(link.peer.settled_frames().await);
    let accepted = accepted.load(Ordering::SeqCst);
    assert_whole(&frames, &pattern(LEN)[..accepted]);
    let ended = expect_soon("the task", task).await.expect("no panic");
    ended.is_some()
}

// Cases 28 and 29.
async fn what_was_accepted_arrives_wherever_the_task_is_cancelled(role: Role) {
    for polls in 1.. {
        let options = Options::new().stream_window(0);
        if cut_off_after(polls, role, &options).await {
            assert!(polls > 50, "cut off at {polls} points only");
            break;
        }
    }
}

// Cases 28 and 29, with little room for anything.
async fn what_was_accepted_arrives_wherever_a_socket_sticks(role: Role) {
    for polls in (1..).step_by(7) {
        let options = Options::new()
            .stream_window(1000)
            .max_send_buf_size(5000)
            .socket_buffer(16 << 10);
        if cut_off_after(polls, role, &options).await {
            assert!(polls > 50, "cut off at {polls} polls only");
            break;
        }
    }
}

// Case 25: the peer gives up after each of its grants.
async fn a_reset_anywhere_fails_all_that_follows(role: Role) {
    for grants in 0..LEN / GRANT as usize {
        let mut link = Link::raw(role, &Options::new().stream_window(0)).await;
        let mut tunnel = link.tunnel().await;
        let stream = tunnel.stream;
        let bytes = pattern(LEN);
        let writer = tokio::spawn(async move {
            let written = tunnel.upgraded.write_all(&bytes).await;
            let ended = tunnel.upgraded.shutdown().await;
            [written, ended, tunnel.upgraded.flush().await]
        });
        for _ in 0..grants {
            link.peer.grant(stream, GRANT).await;
            link.peer.settled_frames().await;
        }
        link.peer.reset(stream, Reason::ENHANCE_YOUR_CALM).await;
        let results = expect_soon("the writer", writer).await.expect("no panic");
        let first_error = results.iter().position(Result::is_err);
        let first_error = first_error.expect("the last bytes cannot have been delivered");
        for result in results.into_iter().skip(first_error) {
            let err = result.expect_err("it failed before");
            assert_reset_with(&err, Reason::ENHANCE_YOUR_CALM);
        }
        assert!(link.peer.settled_frames().await.is_empty());
    }
}
