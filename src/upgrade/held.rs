//! [`Held`]: how much of what was written is still here.

use std::fmt;
use std::sync::Weak;

/// What knows how many bytes a tunnel holds.
pub(crate) trait Holder: Send + Sync {
    /// Bytes that were accepted and that the transport has not taken.
    fn held(&self) -> usize;
}

/// Tells how many bytes a tunnel holds, from anywhere: while something else reads and writes the
/// [`Upgraded`](crate::upgrade::Upgraded), and after that was dropped.
///
/// It keeps no memory of the tunnel alive and does not disturb it. Clones tell of the same tunnel.
#[derive(Clone)]
pub struct Held {
    /// `None` where nothing is ever held.
    holder: Option<Weak<dyn Holder>>,
}

impl Held {
    pub(crate) fn nothing() -> Held {
        Held { holder: None }
    }

    pub(crate) fn by(holder: Weak<dyn Holder>) -> Held {
        Held {
            holder: Some(holder),
        }
    }

    /// Bytes that writes have accepted and that the transport has not taken and flushed yet.
    ///
    /// Over HTTP/2 these wait for window, or for the connection's turn to write. There are never more
    /// than the `max_send_buf_size` of the connection's builder, and at most 16 KiB while the peer
    /// grants no window at all. An end of the stream that has not left counts as one byte. After
    /// the stream is over, or was [given up](crate::upgrade::Upgraded::abort), there are none.
    ///
    /// Over HTTP/1 always 0, as writes go straight to the transport.
    pub fn bytes(&self) -> usize {
        let holder = self.holder.as_ref().and_then(Weak::upgrade);
        holder.map_or(0, |holder| holder.held())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&self.bytes()).finish()
    }
}
