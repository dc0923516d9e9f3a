use std::error::Error as _;

use bytes::Bytes;
use http::HeaderMap;
use tokio_test::task::{self, Spawn};
use tokio_test::{assert_pending, assert_ready, assert_ready_eq};

use super::{channel, ReaderGone, Receiver, Sender, Start};
use crate::body::length::BodyLength;
use crate::error::kind::Kind;
use crate::Error;

fn eager(length: BodyLength) -> (Spawn<Sender>, Spawn<Receiver>) {
    let (sender, receiver) = channel(length, Start::Eager);
    (task::spawn(sender), task::spawn(receiver))
}

macro_rules! ready {
    ($sender:expr) => {
        $sender.enter(|cx, mut sender| sender.poll_ready(cx))
    };
}

macro_rules! frame {
    ($receiver:expr) => {
        $receiver.enter(|cx, mut receiver| receiver.poll_frame(cx))
    };
}

macro_rules! data {
    ($receiver:expr) => {
        assert_ready!(frame!($receiver))
            .expect("the body goes on")
            .expect("the body is well")
            .into_data()
            .expect("the frame is data")
    };
}

// Contract 7.1-5.
#[test]
fn one_piece_of_data_fits_before_the_reader_asks_and_no_second() {
    let (mut sender, mut receiver) = eager(BodyLength::Chunked);
    assert_ready_eq!(ready!(sender), Ok(()));
    sender.send(Bytes::from_static(b"one"));
    assert_pending!(ready!(sender));
    assert_eq!(data!(receiver), "one");
    assert!(sender.is_woken(), "room is told");
    assert_ready_eq!(ready!(sender), Ok(()));
}

// Contract 4.6-2.
#[test]
fn a_sender_may_have_to_wait_for_the_first_poll() {
    let (sender, receiver) = channel(BodyLength::Exact(3), Start::WhenWanted);
    let (mut sender, mut receiver) = (task::spawn(sender), task::spawn(receiver));
    assert_pending!(ready!(sender));
    assert_pending!(frame!(receiver));
    assert!(sender.is_woken());
    assert_ready_eq!(ready!(sender), Ok(()));
    sender.send(Bytes::from_static(b"one"));
    assert!(receiver.is_woken());
    assert_eq!(data!(receiver), "one");
}

// Contract 7.1-3.
#[test]
fn trailers_come_behind_the_data_and_then_nothing_for_ever() {
    let (mut sender, mut receiver) = eager(BodyLength::Chunked);
    sender.send(Bytes::from_static(b"one"));
    let mut trailers = HeaderMap::new();
    trailers.insert("a", "1".parse().expect("a value"));
    sender.into_inner().finish_with(trailers.clone());
    assert_eq!(data!(receiver), "one");
    let frame = assert_ready!(frame!(receiver))
        .expect("trailers")
        .expect("no error");
    assert_eq!(frame.into_trailers().expect("trailers"), trailers);
    for _ in 0..2 {
        assert!(assert_ready!(frame!(receiver)).is_none());
    }
}

// Contract 7.1-3.
#[test]
fn a_failure_comes_behind_the_data_once() {
    let (mut sender, mut receiver) = eager(BodyLength::Chunked);
    sender.send(Bytes::from_static(b"one"));
    sender
        .into_inner()
        .fail(Error::new(Kind::Body).with("cause"));
    assert_eq!(data!(receiver), "one");
    let error = assert_ready!(frame!(receiver))
        .expect("an error")
        .expect_err("it failed");
    assert_eq!(error.source().expect("has a cause").to_string(), "cause");
    for _ in 0..2 {
        assert!(assert_ready!(frame!(receiver)).is_none());
    }
}

// Contract 7.1-6.
#[test]
fn a_sender_that_goes_without_a_word_leaves_an_incomplete_body() {
    let (sender, mut receiver) = eager(BodyLength::CloseDelimited);
    assert_pending!(frame!(receiver));
    drop(sender);
    assert!(receiver.is_woken());
    let error = assert_ready!(frame!(receiver))
        .expect("an error")
        .expect_err("it failed");
    assert!(error.is_incomplete_message());
}

// Contract 7.1-5.
#[test]
fn a_reader_that_goes_wakes_a_waiting_sender() {
    let (mut sender, receiver) = eager(BodyLength::Chunked);
    sender.send(Bytes::from_static(b"one"));
    assert_pending!(ready!(sender));
    drop(receiver);
    assert!(sender.is_woken());
    assert_ready_eq!(ready!(sender), Err(ReaderGone));
    assert_ready_eq!(
        sender.enter(|cx, mut sender| sender.poll_gone(cx)),
        ReaderGone
    );
    sender.send(Bytes::from_static(b"unread"));
    sender.into_inner().finish();
}

#[test]
fn a_reader_that_goes_is_noticed_while_there_is_room() {
    let (mut sender, receiver) = eager(BodyLength::Chunked);
    assert_ready_eq!(ready!(sender), Ok(()));
    assert_pending!(sender.enter(|cx, mut sender| sender.poll_gone(cx)));
    drop(receiver);
    assert!(sender.is_woken());
}

// Contracts 7.1-1 and 7.1-2.
#[test]
fn an_announced_length_counts_down_and_ends_the_body() {
    let (mut sender, mut receiver) = eager(BodyLength::Exact(5));
    assert_eq!(receiver.size_hint().exact(), Some(5));
    sender.send(Bytes::from_static(b"abc"));
    data!(receiver);
    assert_eq!(receiver.size_hint().exact(), Some(2));
    assert!(!receiver.is_end_stream());
    sender.send(Bytes::from_static(b"de"));
    data!(receiver);
    assert_eq!(receiver.size_hint().exact(), Some(0));
    assert!(receiver.is_end_stream());
    assert!(
        assert_ready!(frame!(receiver)).is_none(),
        "although the sender has not said so"
    );
}

// Contracts 7.1-1 and 7.1-2.
#[test]
fn a_body_of_unknown_length_never_says_that_it_is_over() {
    for length in [BodyLength::Chunked, BodyLength::CloseDelimited] {
        let (sender, mut receiver) = eager(length);
        assert_eq!(receiver.size_hint().exact(), None);
        sender.into_inner().finish();
        assert!(assert_ready!(frame!(receiver)).is_none());
        assert!(!receiver.is_end_stream());
    }
}
