//! The one send buffer type of every HTTP/2 connection.
//!
//! Invariant: of a buffer that was charged to a `Ledger`, each byte is discharged exactly once: when
//! the transport has taken it, or when h2 throws the rest of the buffer away with its stream. A buffer
//! of which nobody asks what became of it has no receipt.

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
    receipt: Option<Receipt>,
    /// Where the piece goes. None once it is there.
    outlet: Option<Arc<Outlet>>,
}

impl SendBuf {
    pub(crate) fn new(piece: Piece, receipt: Option<Receipt>, outlet: Arc<Outlet>) -> SendBuf {
        SendBuf(Aside::new(Charged {
            piece,
            receipt,
            outlet: Some(outlet),
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
        let Charged {
            piece,
            receipt,
            outlet,
        } = &mut *self.0;
        if count < piece.len() {
            let receipt = receipt.as_mut().map(|receipt| receipt.split(count));
            if let Some(outlet) = outlet {
                outlet.hand_over(piece.split_to(count), receipt);
            }
        } else if let Some(outlet) = outlet.take() {
            outlet.hand_over(mem::take(piece), receipt.take());
        }
    }
}

impl Part for Charged {
    #[inline(never)]
    fn let_go(self) {
        match (self.receipt, self.outlet) {
            // An empty frame: h2 has copied its head.
            (Some(receipt), Some(outlet)) if self.piece.is_empty() => outlet.copied(receipt),
            (Some(receipt), _) => receipt.lose(),
            (None, _) => {}
        }
    }
}
