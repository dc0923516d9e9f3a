//! One life of a tunnel, on three threads.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use h2::Connection;

use crate::alarm::Alarm;
use crate::frames::{self, Received};
use crate::handle::{Books, Handle};
use crate::peer::{Peer, Step};
use crate::proto::h2::linger::Patience;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::port::Port;
use crate::proto::h2::upgrade::{tunnel, UpgradedSendStreamTask};
use crate::proto::h2::windowed_sender::WindowedSender;
use crate::rt::clock::Clock;
use crate::side_channel::SideChannel;
use crate::socket::{Socket, Writes};
use crate::threads::{block_on, poll_once};
use crate::upgrade::tunnel::Tunnel as _;

/// How a tunnel begins.
#[derive(Clone, Copy, Debug)]
pub struct Tunnel {
    /// Bytes that it may hold until the socket takes them.
    pub limit: usize,
    /// Bytes that the peer has granted.
    pub window: u32,
    /// Whether the peer leaves its socket unread.
    pub is_unread: bool,
    /// Whether the user ever received the handle.
    pub is_claimed: bool,
    pub executor: Executor,
}

/// What becomes of the tunnel's task.
#[derive(Clone, Copy, Debug)]
pub enum Executor {
    /// It is polled to its end.
    Stays,
    /// After one poll it is polled on elsewhere, for another waker.
    Moves,
    /// After one poll it is dropped.
    ShutsDown,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What the user's future returned.
    pub result: io::Result<()>,
    /// Bytes that the tunnel accepted.
    pub accepted: usize,
    pub received: Received,
}

impl Tunnel {
    /// Nothing is granted, and the socket takes everything. The least limit: a byte here, and one
    /// with h2.
    pub const SHUT: Tunnel = Tunnel {
        limit: 2,
        window: 0,
        is_unread: false,
        is_claimed: true,
        executor: Executor::Stays,
    };

    /// Everything is granted, and the peer leaves its socket unread.
    pub const UNREAD: Tunnel = Tunnel {
        window: 100,
        is_unread: true,
        ..Tunnel::SHUT
    };

    /// Runs the user's future, the tunnel's task and the peer's steps to their ends.
    pub fn run<U, F>(self, steps: &[Step], user: U) -> Outcome
    where
        U: FnOnce(Handle) -> F + 'static,
        F: Future<Output = io::Result<()>>,
    {
        let executor = self.executor;
        let (handle, task, peer) = self.open();
        let books = handle.books.clone();
        let steps = steps.to_vec();
        let peer = loom::thread::spawn(move || peer.run(&steps));
        let task = loom::thread::spawn(move || executor.run(task));
        let result = block_on(user(handle));
        peer.join().expect("loom fails a model whose thread panics");
        task.join().expect("loom fails a model whose thread panics");
        let received = books.socket.received().clone();
        Outcome {
            result,
            accepted: books.accepted.get(),
            received,
        }
    }

    fn open(self) -> (Handle, UpgradedSendStreamTask, Peer) {
        let socket = Socket::default();
        socket.deliver(frames::opening(self.window));
        let (mut port, wire) = Port::new(socket.clone(), Clock::default());
        let outlet = Arc::clone(port.outlet());
        exchange(&mut port);
        let (connection, send, recv) = Connection::<_, SendBuf>::accept_tunnel(wire);
        exchange(&mut port);
        if self.is_unread {
            socket.set_writes(Writes::Blocked);
        }

        let alarm = Alarm::new();
        let patience = Patience::new(Clock::new(alarm.clone()), Duration::ZERO);
        let sender = WindowedSender::new(send, outlet, self.limit);
        let (mut inner, task) = tunnel(sender, recv, None, patience, Default::default());
        if self.is_claimed {
            inner.claimed();
        }

        let side_channel = SideChannel::new();
        let handle = Handle {
            inner,
            books: Books {
                limit: self.limit,
                accepted: Rc::new(Cell::new(0)),
                socket: socket.clone(),
            },
            side_channel: side_channel.clone(),
        };
        let peer = Peer::new(port, connection, socket, side_channel, alarm);
        (handle, task, peer)
    }
}

/// Reads what the peer has said, and writes what h2 has.
fn exchange(port: &mut Port<Socket>) {
    let mut cx = Context::from_waker(Waker::noop());
    let _ = port.poll_around(&mut cx, |_| Poll::<()>::Pending);
}

impl Executor {
    fn run(self, mut task: UpgradedSendStreamTask) {
        let is_over = match self {
            Executor::Stays => false,
            Executor::Moves | Executor::ShutsDown => poll_once(&mut task).is_ready(),
        };
        match self {
            Executor::Stays | Executor::Moves if !is_over => block_on(task),
            _ => drop(task),
        }
    }
}

impl Outcome {
    /// Asserts that all went well, and that the peer got what was accepted of `bytes`, and the
    /// stream's end.
    #[track_caller]
    pub fn assert_complete(&self, bytes: &[u8]) {
        assert!(self.result.is_ok(), "{self:?}");
        assert_eq!(self.received.data, bytes[..self.accepted], "{self:?}");
        assert!(self.received.is_ended, "{self:?}");
        assert_eq!(self.received.reset, None);
    }

    /// Asserts that the peer got nothing but the beginning of what was accepted of `bytes`.
    #[track_caller]
    pub fn assert_cut_short(&self, bytes: &[u8]) {
        let accepted = &bytes[..self.accepted];
        assert!(accepted.starts_with(&self.received.data), "{self:?}");
        let is_whole = self.received.data.len() == accepted.len();
        assert!(is_whole || !self.received.is_ended, "{self:?}");
    }
}
