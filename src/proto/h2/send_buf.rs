//! The one send buffer type of every HTTP/2 connection.
//!
//! Invariant: of a buffer that was charged to a `Ledger`, each byte is discharged exactly once: when
//! the transport has taken it, or when h2 throws the rest of the buffer away with its stream.

use std::sync::Arc;

use bytes::Buf;

use crate::proto::h2::ledger::Receipt;
use crate::proto::h2::piece::Piece;
use crate::proto::h2::transport::outlet::Outlet;

/// Bytes on their way through h2, with the receipt that says whose they are.
pub(crate) struct SendBuf {
    piece: Piece,
    receipt: Option<Receipt>,
    outlet: Arc<Outlet>,
}

impl SendBuf {
    pub(crate) fn new(piece: Piece, receipt: Receipt, outlet: Arc<Outlet>) -> SendBuf {
        SendBuf {
            piece,
            receipt: Some(receipt),
            outlet,
        }
    }
}

impl Buf for SendBuf {
    fn remaining(&self) -> usize {
        self.piece.len()
    }

    fn chunk(&self) -> &[u8] {
        self.piece.as_slice()
    }

    /// h2 has copied the next `count` bytes, or the connection's wire has told it that they are
    /// written.
    fn advance(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let is_rest = count == self.piece.len();
        let piece = self.piece.split_to(count);
        let receipt = match &mut self.receipt {
            Some(receipt) if !is_rest => Some(receipt.split(count)),
            receipt => receipt.take(),
        };
        if let Some(receipt) = receipt {
            self.outlet.hand_over(piece, receipt);
        }
    }
}

impl Drop for SendBuf {
    fn drop(&mut self) {
        match self.receipt.take() {
            // An empty frame: h2 has copied its head.
            Some(receipt) if self.piece.is_empty() => self.outlet.copied(receipt),
            Some(receipt) => receipt.lose(),
            None => {}
        }
    }
}
