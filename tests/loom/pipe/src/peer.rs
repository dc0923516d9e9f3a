//! The peer, which acts on the connection's own thread: it does something, then the connection
//! is polled.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use h2::{Connection, Reason};

use crate::alarm::Alarm;
use crate::frames;
use crate::proto::h2::send_buf::SendBuf;
use crate::proto::h2::transport::port::Port;
use crate::proto::h2::transport::wire::Wire;
use crate::side_channel::SideChannel;
use crate::socket::{Socket, Writes};
use crate::threads::Signal;

/// What the peer does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// WINDOW_UPDATE for the stream.
    Grant(u32),
    /// RST_STREAM.
    Reset(Reason),
    /// Reads its socket, which it had left unread.
    ReadSocket,
    /// Is gone: writes to it fail.
    Break,
    /// Nothing, for as long as anybody has patience.
    LetTimePass,
    /// Nothing, until the user says so; see [`Handle::let_peer_go_on`](crate::Handle).
    AwaitUser,
}

/// The connection and its peer.
pub(crate) struct Peer {
    port: Port<Socket>,
    connection: Connection<Wire, SendBuf>,
    signal: Arc<Signal>,
    socket: Socket,
    side_channel: SideChannel,
    arrived: usize,
    alarm: Alarm,
    /// By the peer itself: it is told nothing more.
    is_reset: bool,
}

/// Whether anything is to be expected of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Open,
    Over,
}

impl Peer {
    pub(crate) fn new(
        port: Port<Socket>,
        connection: Connection<Wire, SendBuf>,
        socket: Socket,
        side_channel: SideChannel,
        alarm: Alarm,
    ) -> Peer {
        let mut peer = Peer {
            port,
            connection,
            signal: Signal::new(),
            socket,
            side_channel,
            arrived: 0,
            alarm,
            is_reset: false,
        };
        // So that h2 knows whom to wake.
        let _ = peer.poll();
        peer
    }

    /// Takes `steps`, then polls the connection whenever it was woken, until the stream is over.
    ///
    /// A peer that got END_STREAM sends its own.
    pub(crate) fn run(mut self, steps: &[Step]) {
        for step in steps {
            if self.take(*step) == Stream::Over {
                return;
            }
        }
        while !self.socket.is_over() {
            self.signal.wait();
            if self.poll() == Stream::Over {
                return;
            }
        }
        self.socket.deliver(frames::end_stream());
        let _ = self.poll();
    }

    fn take(&mut self, step: Step) -> Stream {
        match step {
            Step::Grant(bytes) => self.socket.deliver(frames::window_update(bytes)),
            Step::Reset(reason) => {
                self.is_reset = true;
                self.socket.deliver(frames::rst_stream(reason.into()));
            }
            Step::ReadSocket => self.socket.set_writes(Writes::Taken),
            Step::Break => self.socket.set_writes(Writes::Broken),
            Step::LetTimePass => self.alarm.ring(),
            Step::AwaitUser => return self.await_user(),
        }
        self.poll()
    }

    fn await_user(&mut self) -> Stream {
        let waker = Waker::from(Arc::clone(&self.signal));
        let cx = Context::from_waker(&waker);
        while self.side_channel.poll_go_on(&cx).is_pending() {
            self.signal.wait();
            if self.poll() == Stream::Over {
                return Stream::Over;
            }
        }
        Stream::Open
    }

    fn poll(&mut self) -> Stream {
        let waker = Waker::from(Arc::clone(&self.signal));
        let connection = &mut self.connection;
        let polled = self
            .port
            .poll_around(&mut Context::from_waker(&waker), |cx| connection.poll(cx));
        let arrived = self.socket.received().data.len();
        if arrived != self.arrived {
            self.arrived = arrived;
            self.side_channel.set_arrived(arrived);
        }
        match polled {
            Poll::Pending if !self.is_reset => Stream::Open,
            _ => Stream::Over,
        }
    }
}
