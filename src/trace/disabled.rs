//! Nothing, in the shape of everything.

use http::Method;

use crate::error::Error;

#[derive(Clone)]
pub(crate) struct Connection;

pub(crate) struct Stream;

#[derive(Default)]
pub(crate) struct Tunnel {}

/// A count of bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {}

impl Connection {
    pub(crate) fn opened(_role: &'static str, _protocol: &'static str) -> Connection {
        Connection
    }

    pub(crate) fn exchange(&self, _method: &Method) {}

    pub(crate) fn stream(&self, _method: &Method) -> Stream {
        Stream
    }

    pub(crate) fn closed(&self, _error: Option<&Error>) {}
}

impl Stream {
    pub(crate) fn opened(self, _id: u32) -> Stream {
        self
    }

    pub(crate) fn tunnel(&self) -> Tunnel {
        Tunnel::default()
    }
}

impl Tunnel {
    pub(crate) fn wrote(&mut self, _bytes: usize) {}

    pub(crate) fn stalled(&mut self, _held: impl FnOnce() -> usize) {}

    pub(crate) fn failed(&mut self, _why: &impl std::fmt::Debug) {}

    pub(crate) fn dropped(&mut self, _received: Count) {}
}

impl Count {
    pub(crate) fn add(&mut self, _bytes: usize) {}
}
