use std::error::Error as _;

use tokio_test::{assert_pending, assert_ready, task};

use super::channel;

fn source_of(error: &crate::Error) -> String {
    error.source().expect("has a cause").to_string()
}

#[test]
fn a_request_is_queued_when_it_is_sent_and_answered_once() {
    let (sender, mut requests) = channel::<&str, u32>();
    let mut answer = task::spawn(sender.send("one").unwrap());
    let envelope = assert_ready!(task::spawn(()).enter(|cx, _| requests.poll_next(cx))).unwrap();
    assert!(!envelope.is_abandoned());
    let (request, reply) = envelope.open();
    assert_eq!(request, "one");
    assert_pending!(answer.poll());
    reply.send(Ok(7));
    assert!(answer.is_woken());
    assert_eq!(assert_ready!(answer.poll()).unwrap(), 7);
}

#[test]
fn a_request_that_was_not_begun_comes_back() {
    let (sender, requests) = channel::<&str, u32>();
    let mut answer = task::spawn(sender.send("one").unwrap());
    drop(requests);
    let refused = assert_ready!(answer.poll()).unwrap_err();
    assert!(refused.error.is_canceled());
    assert_eq!(source_of(&refused.error), "connection closed");
    assert_eq!(refused.message, Some("one"));
    assert!(sender.is_closed());
    assert_eq!(sender.send("two").err(), Some("two"));
}

#[test]
fn a_request_that_was_begun_and_dropped_says_so() {
    let (sender, mut requests) = channel::<&str, u32>();
    let mut answer = task::spawn(sender.send("one").unwrap());
    let envelope = assert_ready!(task::spawn(()).enter(|cx, _| requests.poll_next(cx))).unwrap();
    drop(envelope.open());
    let refused = assert_ready!(answer.poll()).unwrap_err();
    assert!(refused.error.is_user());
    assert_eq!(
        source_of(&refused.error),
        "runtime dropped the dispatch task"
    );
    assert_eq!(refused.message, None);
}

#[test]
fn a_panic_is_told_apart() {
    let (sender, mut requests) = channel::<&str, u32>();
    let mut answer = task::spawn(sender.send("one").unwrap());
    let envelope = assert_ready!(task::spawn(()).enter(|cx, _| requests.poll_next(cx))).unwrap();
    let begun = envelope.open();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _begun = begun;
        std::panic::resume_unwind(Box::new("stop"));
    }));
    assert!(unwound.is_err());
    let refused = assert_ready!(answer.poll()).unwrap_err();
    assert_eq!(source_of(&refused.error), "user code panicked");
}

#[test]
fn dropping_the_answer_is_seen() {
    let (sender, mut requests) = channel::<&str, u32>();
    let waiting = sender.send("one").unwrap();
    let begun = sender.send("two").unwrap();
    drop(waiting);
    let mut next = || assert_ready!(task::spawn(()).enter(|cx, _| requests.poll_next(cx))).unwrap();
    assert!(next().is_abandoned());
    let (_, mut reply) = next().open();
    let mut watch = task::spawn(());
    assert_pending!(watch.enter(|cx, _| reply.poll_abandoned(cx)));
    drop(begun);
    assert!(watch.is_woken());
    assert_ready!(watch.enter(|cx, _| reply.poll_abandoned(cx)));
}

#[test]
fn the_queue_ends_with_the_last_handle() {
    let (sender, mut requests) = channel::<&str, u32>();
    let other = sender.clone();
    drop(sender);
    let mut watch = task::spawn(());
    assert_pending!(watch.enter(|cx, _| requests.poll_next(cx)).map(drop));
    drop(other);
    assert!(assert_ready!(watch.enter(|cx, _| requests.poll_next(cx))).is_none());
}
