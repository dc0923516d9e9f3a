//! Contract 4.7-10, 4.7-11, 4.7-12, 2.4-12, 2.4-13: bodies of responses on the wire.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};

use crate::messages::{cause_text, kind, with_body, with_field};
use crate::support::bodies::{channel, BodyError, Frames};
use crate::support::scripted_h1::Server;
use crate::support::virtual_timer::{run_until_idle, CountPolls};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: <date>\r\n\r\n";

// Contract 4.7-10.
#[tokio::test(start_paused = true)]
async fn each_frame_is_a_chunk_with_its_size_in_upper_case() {
    let mut server = Server::start();
    let frames = [1, 10, 16, 255, 4096].map(|len| Bytes::from("x".repeat(len)));
    server
        .get()
        .await
        .respond(with_body(Frames::of(frames.clone())));
    let mut expected = CHUNKED.to_owned();
    for frame in frames {
        let data = "x".repeat(frame.len());
        expected.push_str(&format!("{:X}\r\n{data}\r\n", frame.len()));
    }
    expected.push_str("0\r\n\r\n");
    server.peer.expect_text(&expected).await;
    server.assert_usable().await;
}

// Contract 4.7-10: an empty chunk would end the body.
#[tokio::test(start_paused = true)]
async fn empty_frames_are_skipped() {
    let mut server = Server::start();
    let frames = ["", "a", "", "", "b", ""].map(Bytes::from);
    server.get().await.respond(with_body(Frames::of(frames)));
    let expected = format!("{CHUNKED}1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    server.peer.expect_text(&expected).await;
}

// Contract 4.7-10.
#[tokio::test(start_paused = true)]
async fn empty_frames_are_skipped_in_a_sized_body() {
    let mut server = Server::start();
    let frames = ["", "a", "", "b", ""].map(Bytes::from);
    let body = Frames::of(frames).with_declared_length();
    server.get().await.respond(with_body(body));
    let said = server.peer.settled_text().await;
    assert!(
        said.ends_with("content-length: 2\r\ndate: <date>\r\n\r\nab"),
        "{said}"
    );
    server.assert_usable().await;
}

/// Of unknown length, but it knows when it has ended.
struct Announced(Vec<&'static str>);

impl Body for Announced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let next = match self.0.is_empty() {
            true => None,
            false => Some(Ok(Frame::data(Bytes::from_static(
                self.0.remove(0).as_bytes(),
            )))),
        };
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

// Contract 4.7-10.
#[tokio::test(start_paused = true)]
async fn a_body_that_says_it_has_ended_is_not_polled_again() {
    let mut server = Server::start();
    let (body, polls) = CountPolls::new(Announced(vec!["hello", "world"]));
    server.get().await.respond(with_body(body));
    let expected = format!("{CHUNKED}5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n");
    server.peer.expect_text(&expected).await;
    assert_eq!(polls.get(), 2);
    let writes = server.hyper.io.writes();
    let last = writes.last().expect("a write");
    assert!(last.ends_with("world\r\n0\r\n\r\n"), "{writes:?}");
}

// Contract 4.7-10.
#[tokio::test(start_paused = true)]
async fn data_leaves_as_it_comes() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.get().await.respond(with_body(body));
    server.peer.expect_text(CHUNKED).await;
    frames.send_data("one");
    server.peer.expect_text("3\r\none\r\n").await;
    frames.send_data("two");
    server.peer.expect_text("3\r\ntwo\r\n").await;
    drop(frames);
    server.peer.expect_text("0\r\n\r\n").await;
    server.assert_usable().await;
}

// Contract 4.7-11.
#[tokio::test(start_paused = true)]
async fn what_exceeds_the_declared_length_is_cut() {
    for chunks in [
        vec!["hello, world"],
        vec!["hel", "lo, world"],
        vec!["hello", ", world"],
    ] {
        let mut server = Server::start();
        let body = Frames::of(chunks.into_iter().map(Bytes::from));
        let response = with_field(with_body(body), "content-length", "5");
        server.get().await.respond(response);
        server
            .peer
            .expect_text("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: <date>\r\n\r\nhello")
            .await;
        server.assert_usable().await;
    }
}

// Contract 4.7-11, 2.4-13, 2.2.
#[tokio::test(start_paused = true)]
async fn a_body_shorter_than_declared_aborts_the_connection() {
    let mut server = Server::start();
    let (frames, body) = channel();
    let response = with_field(with_body(body), "content-length", "5");
    server.get().await.respond(response);
    frames.send_data("hel");
    server
        .peer
        .expect_text("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: <date>\r\n\r\nhel")
        .await;
    drop(frames);
    server.peer.expect_eof().await;
    let error = server.hyper.ended().await.expect_err("the service's fault");
    assert_eq!(kind(&error), "User(BodyWriteAborted)");
    assert!(error.is_user() && error.is_body_write_aborted());
    assert_eq!(error.to_string(), "user body write aborted");
    assert_eq!(cause_text(&error), "early end, expected 2 more bytes");
}

// Contract 4.7-12, 2.4-12: the peer must not take the body for complete.
#[tokio::test(start_paused = true)]
async fn a_body_that_fails_is_not_terminated() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.get().await.respond(with_body(body));
    frames.send_data("data");
    server
        .peer
        .expect_text(&format!("{CHUNKED}4\r\ndata\r\n"))
        .await;
    frames.fail("boom");
    server.peer.expect_eof().await;
    let error = server.hyper.ended().await.expect_err("the body's failure");
    assert_eq!(kind(&error), "User(Body)");
    assert!(error.is_user());
    assert_eq!(error.to_string(), "error from user's Body stream");
    assert_eq!(cause_text(&error), "boom");
    // Contract 2.4-21.
    assert_eq!(server.hyper.io.shutdowns(), 0);
}

// Contract 4.7-12: a body may fail with an error of hyper's own (2.1-4), as a proxy's does.
#[tokio::test(start_paused = true)]
async fn a_sized_body_that_fails_is_cut_short() {
    let mut server = Server::start();
    let (frames, body) = channel();
    let response = with_field(with_body(body), "content-length", "5");
    server.get().await.respond(response);
    frames.send_data("hel");
    frames.fail("boom");
    let said = server.peer.read_to_end().await;
    let text = String::from_utf8_lossy(&said);
    assert!(!text.ends_with("hello"), "{text}");
    let error = server.hyper.ended().await.expect_err("the body's failure");
    assert_eq!(kind(&error), "User(Body)");
}

// Contract 4.7-10: nothing but the wire's room holds data back, and it does.
#[tokio::test(start_paused = true)]
async fn a_large_body_arrives_whole_through_a_small_socket() {
    let mut server = Server::start();
    server.peer.from_hyper().set_buffer(1000);
    let chunk = Bytes::from((0..=255).cycle().take(100_000).collect::<Vec<u8>>());
    let frames = (0..10).map(|_| chunk.clone());
    let body = Frames::of(frames).with_declared_length();
    server
        .request("GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        .await
        .respond(with_body(body));
    let said = server.peer.read_to_end().await;
    assert!(said.ends_with(&chunk.repeat(10)));
    server.assert_ends_well().await;
}

// Contract 4.7-10: a frame that is neither data nor wanted trailers ends the body all the same.
#[tokio::test(start_paused = true)]
async fn trailers_nobody_asked_for_end_the_body() {
    let mut server = Server::start();
    let mut trailers = HeaderMap::new();
    trailers.insert("x", "y".parse().expect("a value"));
    let body = Frames::repeat(1, "hello").with_trailers(trailers);
    server.get().await.respond(with_body(body));
    let expected = format!("{CHUNKED}5\r\nhello\r\n0\r\n\r\n");
    server.peer.expect_text(&expected).await;
    server.assert_usable().await;
}

// Contract 4.7-10: a peer that is gone is no reason to go on polling.
#[tokio::test(start_paused = true)]
async fn a_body_is_dropped_when_its_connection_breaks() {
    let mut server = Server::start();
    let (frames, body) = channel();
    server.get().await.respond(with_body(body));
    run_until_idle().await;
    server.peer.reset();
    frames.send_data("data");
    server
        .hyper
        .ended()
        .await
        .expect_err("the transport's error");
    assert!(frames.is_closed());
}
