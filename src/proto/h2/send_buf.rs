//! The one send buffer type of every HTTP/2 connection.
//!
//! Invariant: of a buffer that was charged to a `Ledger`, each byte is discharged exactly once: when
//! the transport has taken it, or when h2 throws the rest of the buffer away with its stream.

use std::mem;
use std::sync::Arc;

use bytes::Buf;

use crate::proto::h2::aside::{Aside, Part};
use crate::proto::h2::ledger::Receipt;
use crate::proto::h2::piece::Piece;
use crate::proto::h2::transport::outlet::Outlet;

/// Bytes on their way through h2, with the receipt that says whose they are.
pub(crate) struct SendBuf(Aside<Charged>);

#[derive(Default)]
struct Charged {
    piece: Piece,
    owed: Option<Owed>,
}

/// What is owed for the piece, and who is told when it has left.
struct Owed {
    receipt: Receipt,
    outlet: Arc<Outlet>,
}

impl SendBuf {
    pub(crate) fn new(piece: Piece, receipt: Receipt, outlet: Arc<Outlet>) -> SendBuf {
        SendBuf(Aside::new(Charged {
            piece,
            owed: Some(Owed { receipt, outlet }),
        }))
    }
}

impl Buf for SendBuf {
    fn remaining(&self) -> usize {
        self.0.piece.len()
    }

    fn chunk(&self) -> &[u8] {
        self.0.piece.as_slice()
    }

    /// h2 has copied the next `count` bytes, or the connection's wire has told it that they are
    /// written.
    fn advance(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let Charged { piece, owed } = &mut *self.0;
        if count == piece.len() {
            if let Some(Owed { receipt, outlet }) = owed.take() {
                outlet.hand_over(mem::take(piece), receipt);
            }
        } else if let Some(Owed { receipt, outlet }) = owed {
            outlet.hand_over(piece.split_to(count), receipt.split(count));
        }
    }
}

impl Part for Charged {
    #[inline(never)]
    fn let_go(self) {
        match self.owed {
            // An empty frame: h2 has copied its head.
            Some(Owed { receipt, outlet }) if self.piece.is_empty() => outlet.copied(receipt),
            Some(Owed { receipt, .. }) => receipt.lose(),
            None => {}
        }
    }
}
