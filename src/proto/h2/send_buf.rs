//! The one send buffer type of every HTTP/2 connection.
//!
//! Invariant: a buffer that was charged to a `Ledger` is
//! discharged exactly once: with its last byte, which h2 takes right before it flushes, or when
//! h2 throws the buffer away with its stream.

use bytes::{Buf, Bytes};

use crate::proto::h2::ledger::Receipt;

/// Bytes on their way through h2, with the receipt that says whose they are.
pub(crate) struct SendBuf {
    bytes: Bytes,
    receipt: Option<Receipt>,
}

impl SendBuf {
    pub(crate) fn new(bytes: Bytes, receipt: Receipt) -> SendBuf {
        SendBuf {
            bytes,
            receipt: Some(receipt),
        }
    }
}

impl Buf for SendBuf {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if count > 0 && self.bytes.is_empty() {
            // h2 keeps the empty buffer until it comes round to the next frame; its memory and
            // its charge need not wait for that.
            self.bytes = Bytes::new();
            self.receipt = None;
        }
    }
}

impl Drop for SendBuf {
    fn drop(&mut self) {
        if let (Some(receipt), false) = (&self.receipt, self.bytes.is_empty()) {
            receipt.lose();
        }
    }
}
