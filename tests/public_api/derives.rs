//! Contract 1.2-10, 1.2-11: which traits the public types have, and which not.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use hyper::client::conn::TrySendError;
use hyper::ext::{Protocol, ReasonPhrase};
use hyper::upgrade::{OnUpgrade, Upgraded};

use crate::probes::{implements, Exec, Io};

// Contract 1.2-11.
#[test]
fn builders_are_clone_and_debug() {
    type Client = hyper::client::conn::http2::Builder<DebugExec>;
    type Server = hyper::server::conn::http2::Builder<DebugExec>;
    assert!(implements!(Client: Clone) && implements!(Client: Debug));
    assert!(implements!(Server: Clone) && implements!(Server: Debug));
    assert!(!implements!(Client: Default) && !implements!(Server: Default));
}

#[derive(Clone, Debug)]
struct DebugExec;

impl<F> hyper::rt::Executor<F> for DebugExec {
    fn execute(&self, _: F) {}
}

// Contract 1.2-11.
#[test]
fn a_builder_shows_its_type_when_debugged() {
    let client = hyper::client::conn::http2::Builder::new(DebugExec);
    assert!(format!("{client:?}").starts_with("Builder"));
    let server = hyper::server::conn::http2::Builder::new(DebugExec);
    assert!(format!("{server:?}").starts_with("Builder"));
}

// Contract 1.2-11.
#[test]
fn extension_types_compare_and_copy() {
    assert!(implements!(Protocol: Clone));
    assert!(implements!(Protocol: Eq));
    assert!(implements!(Protocol: Debug));
    assert!(implements!(ReasonPhrase: Clone));
    assert!(implements!(ReasonPhrase: Debug));
    assert!(implements!(ReasonPhrase: Eq));
    assert!(implements!(ReasonPhrase: Ord));
    assert!(implements!(ReasonPhrase: Hash));
}

// Contract 1.2-11.
#[test]
fn an_upgrade_can_be_cloned_before_it_happens_and_not_after() {
    assert!(implements!(OnUpgrade: Clone));
    assert!(!implements!(Upgraded: Clone));
}

// Contract 1.2-11.
#[test]
fn parts_are_debug() {
    assert!(implements!(hyper::upgrade::Parts<DebugExec>: Debug));
    assert!(!implements!(hyper::upgrade::Parts<Exec<()>>: Debug));
}

// Contract 1.2-10.
#[test]
fn a_try_send_error_is_debug_and_no_error() {
    assert!(implements!(TrySendError<()>: Debug));
    assert!(!implements!(TrySendError<Io<()>>: Debug));
    assert!(!implements!(TrySendError<()>: Display));
    assert!(!implements!(TrySendError<()>: std::error::Error));
}

// Contract 1.3-3, 1.2-11.
#[test]
fn errors_and_bodies_cannot_be_cloned() {
    assert!(!implements!(hyper::Error: Clone));
    assert!(!implements!(hyper::body::Incoming: Clone));
}
