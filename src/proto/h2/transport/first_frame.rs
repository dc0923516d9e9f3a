//! Whether the peer has said anything yet.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Tells whether the peer's first frame is here, which is its SETTINGS (RFC 9113 §3.4).
#[derive(Clone, Default)]
pub(crate) struct FirstFrame(Arc<AtomicBool>);

/// The beginning of what was read, as far as it is needed to see the first frame's end.
#[derive(Default)]
pub(crate) struct Beginning {
    first_frame: FirstFrame,
    /// The length of the first frame's payload.
    length: [u8; 3],
    read: usize,
}

impl FirstFrame {
    pub(crate) fn has_arrived(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Beginning {
    pub(crate) fn first_frame(&self) -> FirstFrame {
        self.first_frame.clone()
    }

    /// Looks at `bytes`, which follow what was seen before, and says whether that is all it needs.
    pub(crate) fn is_over_with(&mut self, bytes: &[u8]) -> bool {
        let is_complete = self.is_complete_with(bytes);
        if is_complete {
            self.first_frame.0.store(true, Ordering::Release);
        }
        is_complete
    }

    fn is_complete_with(&mut self, bytes: &[u8]) -> bool {
        const HEADER: usize = 9;
        for (at, byte) in bytes.iter().enumerate() {
            match self.length.get_mut(self.read + at) {
                Some(place) => *place = *byte,
                None => break,
            }
        }
        self.read = self.read.saturating_add(bytes.len());
        let [high, middle, low] = self.length;
        let length = u32::from_be_bytes([0, high, middle, low]);
        self.read >= HEADER + length as usize
    }
}

#[cfg(test)]
mod tests;
