//! Where an [`OnUpgrade`] is found: in the extensions of a message.

use http::{Extensions, Request, Response};

use crate::upgrade::pending::OnUpgrade;

/// Takes the pending upgrade of a message out of its extensions.
///
/// `msg` is a request or a response, owned or by `&mut`. A message that expects no upgrade, or
/// whose [`OnUpgrade`] was taken already, gives one that fails at once, with an error that
/// [`is_user`](crate::Error::is_user).
pub fn on<T: sealed::CanUpgrade>(msg: T) -> OnUpgrade {
    msg.take_upgrade()
}

fn take(extensions: &mut Extensions) -> OnUpgrade {
    extensions.remove().unwrap_or_else(OnUpgrade::none)
}

mod sealed {
    use super::OnUpgrade;

    pub trait CanUpgrade {
        fn take_upgrade(self) -> OnUpgrade;
    }
}

impl<B> sealed::CanUpgrade for Request<B> {
    fn take_upgrade(mut self) -> OnUpgrade {
        take(self.extensions_mut())
    }
}

impl<B> sealed::CanUpgrade for &mut Request<B> {
    fn take_upgrade(self) -> OnUpgrade {
        take(self.extensions_mut())
    }
}

impl<B> sealed::CanUpgrade for Response<B> {
    fn take_upgrade(mut self) -> OnUpgrade {
        take(self.extensions_mut())
    }
}

impl<B> sealed::CanUpgrade for &mut Response<B> {
    fn take_upgrade(self) -> OnUpgrade {
        take(self.extensions_mut())
    }
}
