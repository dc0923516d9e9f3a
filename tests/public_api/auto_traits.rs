//! Contract 1.3: types without parameters, and those of `rt`.

use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::ext::{Protocol, ReasonPhrase};
use hyper::rt::{ReadBuf, ReadBufCursor, Sleep, Timer};
use hyper::upgrade::{OnUpgrade, Upgraded};

use crate::probes::{implements, Io, OnlySend, OnlySync, Pinned};

// Contract 1.3-1.
#[test]
fn messages_parts_are_send_sync_and_unpin() {
    assert!(implements!(hyper::Error: Send));
    assert!(implements!(hyper::Error: Sync));
    assert!(implements!(hyper::Error: Unpin));
    assert!(implements!(Incoming: Send));
    assert!(implements!(Incoming: Sync));
    assert!(implements!(Incoming: Unpin));
    assert!(implements!(OnUpgrade: Send));
    assert!(implements!(OnUpgrade: Sync));
    assert!(implements!(OnUpgrade: Unpin));
    assert!(implements!(Protocol: Send));
    assert!(implements!(Protocol: Sync));
    assert!(implements!(Protocol: Unpin));
    assert!(implements!(ReasonPhrase: Send));
    assert!(implements!(ReasonPhrase: Sync));
    assert!(implements!(ReasonPhrase: Unpin));
}

// Contract 1.3-1.
#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<hyper::Error>(), size_of::<*const ()>());
    assert_eq!(size_of::<hyper::Result<()>>(), size_of::<*const ()>());
}

// Contract 1.3-2.
#[test]
fn an_upgraded_is_send_but_not_sync() {
    assert!(implements!(Upgraded: Send));
    assert!(implements!(Upgraded: Unpin));
    assert!(!implements!(Upgraded: Sync));
}

// Contract 1.3-8.
#[test]
fn parts_follow_their_transport() {
    use hyper::upgrade::Parts;
    assert!(implements!(Parts<Io<()>>: Send));
    assert!(implements!(Parts<Io<()>>: Sync));
    assert!(implements!(Parts<Io<()>>: Unpin));
    assert!(!implements!(Parts<Io<OnlySync>>: Send));
    assert!(!implements!(Parts<Io<OnlySend>>: Sync));
    assert!(!implements!(Parts<Io<Pinned>>: Unpin));
}

// Contract 1.3-8.
#[test]
fn a_try_send_error_follows_its_message() {
    assert!(implements!(TrySendError<()>: Send));
    assert!(implements!(TrySendError<()>: Sync));
    assert!(implements!(TrySendError<()>: Unpin));
    assert!(!implements!(TrySendError<OnlySync>: Send));
    assert!(!implements!(TrySendError<OnlySend>: Sync));
    assert!(!implements!(TrySendError<Pinned>: Unpin));
}

// Contract 1.3-8.
#[test]
fn read_buffers_are_send_sync_and_unpin() {
    assert!(implements!(ReadBuf<'static>: Send));
    assert!(implements!(ReadBuf<'static>: Sync));
    assert!(implements!(ReadBuf<'static>: Unpin));
    assert!(implements!(ReadBufCursor<'static>: Send));
    assert!(implements!(ReadBufCursor<'static>: Sync));
    assert!(implements!(ReadBufCursor<'static>: Unpin));
}

// Contract 7.2-4: a sleep is shared with connections that are sent between threads.
#[test]
fn a_sleep_is_send_and_sync_and_a_timer_need_not_be() {
    assert!(implements!(dyn Sleep: Send));
    assert!(implements!(dyn Sleep: Sync));
    assert!(!implements!(dyn Timer: Send));
    assert!(!implements!(dyn Timer: Sync));
}
