//! The side of a role that hyper is built without. There is none, so that what has both roles need not ask for features.

use hyper::upgrade::OnUpgrade;
use tokio::task::JoinHandle;

use crate::support::gate::WireEnd;
use crate::support::shaped::Shaped;
use crate::support::tokio_rt::CountingExecutor;
use crate::support::tunnels::options::Options;

#[derive(Debug)]
pub(super) enum Absent {}

impl Absent {
    /// # Panics
    ///
    /// Always.
    pub async fn open(
        _: Shaped<WireEnd>,
        _: &Options,
        _: &CountingExecutor,
    ) -> (Self, JoinHandle<hyper::Result<()>>) {
        panic!("hyper is built without this role")
    }

    pub async fn connect(&mut self) -> OnUpgrade {
        match *self {}
    }

    pub async fn next_upgrade(&mut self) -> OnUpgrade {
        match *self {}
    }

    pub fn close(&mut self) {
        match *self {}
    }
}
