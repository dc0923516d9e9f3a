//! The user's end of the tunnel, as its futures.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;

use crate::proto::h2::upgrade::H2Upgraded;
use crate::rt::Write;
use crate::side_channel::SideChannel;
use crate::socket::Socket;

/// What a user has of a tunnel. Its futures are cancel safe: each is one poll function.
pub struct Handle {
    pub(crate) inner: H2Upgraded,
    pub(crate) books: Books,
    pub(crate) side_channel: SideChannel,
}

/// What was accepted, against what has left.
#[derive(Clone)]
pub(crate) struct Books {
    pub(crate) limit: usize,
    pub(crate) accepted: Rc<Cell<usize>>,
    pub(crate) socket: Socket,
}

impl Handle {
    /// Returns how much of `bytes` was accepted.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = poll_fn(|cx| Pin::new(&mut self.inner).poll_write(cx, bytes));
        let accepted = write.await?;
        self.books.enter(accepted, bytes.len());
        Ok(accepted)
    }

    pub async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let accepted = self.write(bytes).await?;
            bytes = &bytes[accepted..];
        }
        Ok(())
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut self.inner).poll_flush(cx)).await
    }

    pub async fn shutdown(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut self.inner).poll_shutdown(cx)).await
    }

    /// Waits until the peer has `bytes` bytes, without a call of the tunnel.
    pub async fn arrival_of(&self, bytes: usize) {
        self.side_channel.arrival_of(bytes).await;
    }

    /// Ends the peer's [`AwaitUser`](crate::Step::AwaitUser), without a call of the tunnel.
    pub fn let_peer_go_on(&self) {
        self.side_channel.go_on();
    }
}

impl Books {
    fn enter(&self, accepted: usize, offered: usize) {
        assert!(accepted > 0, "a write of {offered} bytes accepted none");
        assert!(accepted <= offered, "more was accepted than offered");
        self.accepted.set(self.accepted.get() + accepted);
        let held = self.accepted.get() - self.socket.received().data.len();
        assert!(
            held <= self.limit,
            "{held} bytes are held, beyond the limit of {}",
            self.limit
        );
    }
}
