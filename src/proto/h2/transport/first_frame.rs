//! Whether the peer has said anything yet.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// Tells whether the peer's first frame is in force, which is its SETTINGS (RFC 9113 §3.4).
#[derive(Clone, Default)]
pub(crate) struct FirstFrame(Arc<AtomicBool>);

/// The beginning of what h2 has read, as far as it is needed to see the first frame's end.
#[derive(Default)]
pub(crate) struct Beginning {
    first_frame: FirstFrame,
    /// The length of the first frame's payload.
    length: [u8; 3],
    read: usize,
}

#[cfg(feature = "client")]
impl FirstFrame {
    pub(crate) fn has_arrived(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Beginning {
    #[cfg(feature = "client")]
    pub(crate) fn first_frame(&self) -> FirstFrame {
        self.first_frame.clone()
    }

    /// Has the frame count as here if it was seen to its end, and says whether it was.
    pub(crate) fn conclude(&self) -> bool {
        let is_complete = self.is_complete();
        if is_complete {
            self.first_frame.0.store(true, Ordering::Release);
        }
        is_complete
    }

    /// Looks at `bytes`, which follow what was seen before.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        for (at, byte) in bytes.iter().enumerate() {
            match self.length.get_mut(self.read + at) {
                Some(place) => *place = *byte,
                None => break,
            }
        }
        self.read = self.read.saturating_add(bytes.len());
    }

    fn is_complete(&self) -> bool {
        const HEADER: usize = 9;
        let [high, middle, low] = self.length;
        let length = u32::from_be_bytes([0, high, middle, low]);
        self.read >= HEADER + length as usize
    }
}

#[cfg(test)]
mod tests;
