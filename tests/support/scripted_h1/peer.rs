//! A peer that sends and expects bytes.

use std::io::ErrorKind;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::delivery::Delivery;
use super::head::Head;
use crate::support::gate::{Flow, WireEnd};
use crate::support::virtual_timer::{expect_soon, run_until_idle};

/// Stands for the value of a `date` field in expected texts.
const DATE: &str = "<date>";

/// One end of an HTTP/1 connection, played byte by byte.
///
/// It reads nothing unless told to, so hyper's writes pend once the socket's buffer is full. Under a paused clock an
/// `expect_*` whose bytes can no longer come panics at once.
#[derive(Debug)]
pub struct Peer {
    io: WireEnd,
    unread: BytesMut,
    ended: bool,
}

impl Peer {
    pub fn new(io: WireEnd) -> Self {
        Peer {
            io,
            unread: BytesMut::new(),
            ended: false,
        }
    }

    // ----- sending -----

    /// Sends bytes; returns when the socket has taken them all.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.io.write_all(bytes.as_ref());
        let sent = expect_soon("room for the peer's bytes", sent).await;
        sent.expect("the transport takes the peer's bytes");
    }

    /// Sends bytes in pieces, and lets hyper come to rest after each. Stops where hyper closes the connection.
    pub async fn deliver(&mut self, how: Delivery, bytes: impl AsRef<[u8]>) {
        for piece in how.pieces(bytes.as_ref()) {
            if self.io.write_all(piece).await.is_err() {
                return;
            }
            run_until_idle().await;
        }
    }

    /// Closes this direction of the transport; reading goes on.
    pub async fn eof(&mut self) {
        self.io.shutdown().await.expect("the transport shuts down");
    }

    /// From now on hyper's reads and writes fail as after a RST.
    pub fn reset(&self) {
        self.to_hyper().fail_reads(ErrorKind::ConnectionReset);
        self.from_hyper().fail_writes(ErrorKind::BrokenPipe);
    }

    // ----- the transport -----

    /// The direction hyper reads.
    pub fn to_hyper(&self) -> Flow {
        self.io.outgoing()
    }

    /// The direction hyper writes.
    #[allow(
        clippy::wrong_self_convention,
        reason = "it is where bytes come from, not what it is made of"
    )]
    pub fn from_hyper(&self) -> Flow {
        self.io.incoming()
    }

    // ----- receiving -----

    /// Reads what there is, without waiting.
    fn take_what_came(&mut self) {
        while !self.ended {
            match self.io.read_buf(&mut self.unread).now_or_never() {
                Some(Ok(0) | Err(_)) => self.ended = true,
                Some(Ok(_)) => {}
                None => return,
            }
        }
    }

    /// Lets everything that can happen happen, and returns the bytes it brought.
    pub async fn settled_bytes(&mut self) -> Bytes {
        loop {
            let before = self.unread.len();
            run_until_idle().await;
            self.take_what_came();
            if self.unread.len() == before {
                return self.unread.split().freeze();
            }
        }
    }

    /// Like [`settled_bytes`](Self::settled_bytes), as text, with each `date` checked and its value replaced by `<date>`.
    pub async fn settled_text(&mut self) -> String {
        let bytes = self.settled_bytes().await;
        undated(&String::from_utf8_lossy(&bytes))
    }

    /// Lets everything that can happen happen; `text` is all that it brings, and no end. See [`settled_text`](Self::settled_text).
    pub async fn expect_text(&mut self, text: &str) {
        let came = self.settled_text().await;
        assert_eq!(came, text);
        assert!(!self.ended, "hyper closed the connection after {came:?}");
    }

    /// Like [`expect_text`](Self::expect_text), but then hyper closes its direction.
    pub async fn expect_last_text(&mut self, text: &str) {
        let came = self.settled_text().await;
        assert_eq!(came, text);
        assert!(self.ended, "hyper left the connection open after {came:?}");
    }

    /// Lets everything that can happen happen; it brings neither a byte nor the end.
    pub async fn expect_nothing(&mut self) {
        self.expect_text("").await;
    }

    /// No byte comes, but the end does.
    pub async fn expect_eof(&mut self) {
        self.expect_last_text("").await;
    }

    /// Whether the end has been read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next `count` bytes, whatever comes after them.
    pub async fn expect_count(&mut self, count: usize) -> Bytes {
        while self.unread.len() < count {
            self.read_more("bytes").await;
        }
        self.unread.split_to(count).freeze()
    }

    /// The next bytes are these, whatever comes after them.
    pub async fn expect_bytes(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let came = self.expect_count(bytes.len()).await;
        assert_eq!(came, bytes);
    }

    /// The next head, whatever comes after it.
    pub async fn expect_head(&mut self) -> Head {
        loop {
            let text = String::from_utf8_lossy(&self.unread).into_owned();
            if let Some((head, _)) = Head::parse(&text) {
                let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
                drop(self.unread.split_to(end.expect("the head has an end") + 4));
                return head;
            }
            self.read_more("a head").await;
        }
    }

    /// Everything up to the end, however long it takes.
    pub async fn read_to_end(&mut self) -> Bytes {
        while !self.ended {
            let read = self.io.read_buf(&mut self.unread);
            let read = expect_soon("the end of what hyper sends", read).await;
            self.ended = matches!(read, Ok(0) | Err(_));
        }
        self.unread.split().freeze()
    }

    async fn read_more(&mut self, awaited: &str) {
        let read = self.io.read_buf(&mut self.unread);
        let read = expect_soon(awaited, read).await;
        let came = read.expect("hyper's bytes can be read");
        assert_ne!(came, 0, "{awaited}, not EOF after {:?}", self.unread);
    }
}

/// `text` with the value of every `date` field line replaced by [`DATE`].
///
/// # Panics
///
/// If a value is not an IMF-fixdate (RFC 9110, section 5.6.7).
fn undated(text: &str) -> String {
    let lines = text.split("\r\n").map(|line| match line.split_once(": ") {
        Some((name, value)) if name.eq_ignore_ascii_case("date") => {
            assert_fixdate(value);
            format!("{name}: {DATE}")
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

fn assert_fixdate(value: &str) {
    let pattern = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    let fits = |(is, wanted): (char, char)| match wanted {
        '0' => is.is_ascii_digit(),
        'A' => is.is_ascii_uppercase(),
        'a' => is.is_ascii_lowercase(),
        _ => is == wanted,
    };
    let same_length = value.len() == pattern.len();
    assert!(
        same_length && value.chars().zip(pattern.chars()).all(fits),
        "no IMF-fixdate: {value:?}"
    );
}
