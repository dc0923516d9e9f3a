//! What a connection hands over when it is upgraded.
//!
//! Invariant: the concrete type of a tunnel never reaches the caller, except the transport inside a
//! [`Transport`](crate::upgrade::transport::Transport).

use std::any::Any;

use crate::rt::{Read, Write};
use crate::upgrade::held::Held;

/// What [`Upgraded`](crate::upgrade::Upgraded) reads from and writes to.
pub(crate) trait Tunnel: Read + Write + Downcast + Send + Unpin + 'static {
    /// Called once, when the caller receives the `Upgraded`.
    ///
    /// A tunnel that is dropped before that was never wanted: nobody has read from it or written to
    /// it, so its stream should be given up, not ended as if it were complete.
    fn claimed(&mut self) {}

    /// Ends so that the peer does not take what it has for complete, if that is more than being dropped.
    fn abort(&mut self) {}

    /// The same once all that was accepted has left.
    fn end_with_error(&mut self) {}

    /// What tells how much is held here.
    fn held(&self) -> Held {
        Held::nothing()
    }
}

/// A way back to the concrete type. Holds for every sized type, so `dyn Tunnel` has only the
/// methods of its concrete type.
///
/// A `Box<dyn Tunnel>` is a sized type as well: call these on what is in the box, not on the box.
pub(crate) trait Downcast: 'static {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: 'static> Downcast for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
