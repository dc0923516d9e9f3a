//! Parts of a connection that are dropped by a call.
//!
//! What the drop of a type does is compiled anew for each generic type that it stands in, in each program that uses
//! those, and often several times. A part that does not depend on the user's types needs it once.

use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};

/// What may be put [`Aside`]. Its default has nothing to drop.
pub(crate) trait Part: Default {
    /// Drops it. Not generic, and not inlined, so that there is one of it in a program.
    fn let_go(self);
}

/// A part that is dropped by [`Part::let_go`].
#[derive(Default)]
pub(crate) struct Aside<P: Part>(ManuallyDrop<P>);

impl<P: Part> Aside<P> {
    pub(crate) fn new(part: P) -> Aside<P> {
        Aside(ManuallyDrop::new(part))
    }
}

impl<P: Part> Drop for Aside<P> {
    fn drop(&mut self) {
        ManuallyDrop::into_inner(mem::take(&mut self.0)).let_go();
    }
}

impl<P: Part> Deref for Aside<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

impl<P: Part> DerefMut for Aside<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.0
    }
}
