//! Messages as bytes, written and read without hyper's help.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::script::{Content, Framing, Script};
use super::support::scripted_h1::Head;
use super::support::virtual_timer::run_until_idle;

/// `start` and the field that numbers the message, framing and body.
pub fn write(start: &str, number: usize, content: &Content, is_last: bool) -> Vec<u8> {
    let mut bytes = format!("{start}\r\nx-n: {number}\r\n").into_bytes();
    if is_last {
        bytes.extend_from_slice(b"connection: close\r\n");
    }
    match content.framing {
        Framing::Length => {
            let data = content.data();
            bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", data.len()).as_bytes());
            bytes.extend_from_slice(&data);
        }
        Framing::Chunked => {
            bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
            for piece in &content.pieces {
                bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                bytes.extend_from_slice(piece);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
    }
    bytes
}

/// Sends `bytes` in the pieces that the script asks for. Stops where nobody takes them.
pub async fn send<W: AsyncWrite + Unpin>(io: &mut W, bytes: &[u8], script: &Script) {
    let mut rest = bytes;
    for &(cut, comes_to_rest) in &script.cuts {
        let at = rest.len() * usize::from(cut) / usize::from(u16::MAX);
        let (piece, next) = rest.split_at(at);
        if io.write_all(piece).await.is_err() {
            return;
        }
        rest = next;
        if comes_to_rest {
            run_until_idle().await;
        }
    }
    let _ = io.write_all(rest).await;
}

/// Reads messages of hyper's.
pub struct Messages<R> {
    io: R,
    unread: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Messages<R> {
    pub fn new(io: R) -> Self {
        Messages {
            io,
            unread: Vec::new(),
        }
    }

    /// The next head; `None` where the connection ends in its place.
    pub async fn head(&mut self) -> Option<Head> {
        loop {
            let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let text: Vec<u8> = self.unread.drain(..end + 4).collect();
                let text = String::from_utf8(text).expect("heads are text");
                let (head, _) = Head::parse(&text).expect("its end was found");
                return Some(head);
            }
            if !self.more().await {
                assert!(self.unread.is_empty(), "cut short: {:?}", self.unread);
                return None;
            }
        }
    }

    /// The body behind `head`.
    pub async fn body(&mut self, head: &Head) -> Vec<u8> {
        if head.has_token("transfer-encoding", "chunked") {
            assert!(head.get("content-length").is_none());
            return self.chunks().await;
        }
        match head.get("content-length") {
            Some(length) => {
                let length = length.parse().expect("a length is a number");
                self.take(length).await
            }
            None => Vec::new(),
        }
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut data = Vec::new();
        loop {
            let line = self.line().await;
            let size = usize::from_str_radix(&line, 16).expect("a size is a number");
            if size == 0 {
                assert_eq!(self.line().await, "", "no trailers were sent");
                return data;
            }
            data.extend(self.take(size).await);
            assert_eq!(self.line().await, "");
        }
    }

    async fn line(&mut self) -> String {
        loop {
            let end = self.unread.windows(2).position(|two| two == b"\r\n");
            if let Some(end) = end {
                let line: Vec<u8> = self.unread.drain(..end + 2).collect();
                return String::from_utf8(line[..end].to_vec()).expect("lines are text");
            }
            assert!(self.more().await, "cut short: {:?}", self.unread);
        }
    }

    async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.more().await, "cut short: {:?}", self.unread);
        }
        self.unread.drain(..count).collect()
    }

    async fn more(&mut self) -> bool {
        matches!(self.io.read_buf(&mut self.unread).await, Ok(1..))
    }
}
