//! What the user and the peer wait for of each other, past the tunnel.
//!
//! Whatever a user does with a handle may wake the tunnel's task, and whatever a peer does may wake
//! the tunnel: each may so make up for a wake-up that was lost. One that waits here does not.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Cloned, it is the same channel.
#[derive(Clone)]
pub(crate) struct SideChannel(Arc<Mutex<State>>);

struct State {
    /// Bytes that have reached the peer.
    arrived: usize,
    user: Option<Waker>,
    may_go_on: bool,
    peer: Option<Waker>,
}

impl SideChannel {
    pub(crate) fn new() -> SideChannel {
        SideChannel(Arc::new(Mutex::new(State {
            arrived: 0,
            user: None,
            may_go_on: false,
            peer: None,
        })))
    }

    // ===== the peer's end =====

    pub(crate) fn set_arrived(&self, arrived: usize) {
        let mut state = self.0.lock().unwrap();
        state.arrived = arrived;
        if let Some(user) = state.user.take() {
            user.wake();
        }
    }

    /// Ready once the user has asked the peer to go on.
    pub(crate) fn poll_go_on(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.0.lock().unwrap();
        if state.may_go_on {
            return Poll::Ready(());
        }
        state.peer = Some(cx.waker().clone());
        Poll::Pending
    }

    // ===== the user's end =====

    /// Ready once the peer has `bytes` bytes.
    pub(crate) async fn arrival_of(&self, bytes: usize) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if state.arrived >= bytes {
                return Poll::Ready(());
            }
            state.user = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn go_on(&self) {
        let mut state = self.0.lock().unwrap();
        state.may_go_on = true;
        if let Some(peer) = state.peer.take() {
            peer.wake();
        }
    }
}
