//! The send pipe of a CONNECT tunnel, compiled for loom, and what drives it in a model.
//!
//! `body`, `error`, `proto`, `rt`, `trace` and `upgrade` are hyper's own files, not copies. They get their
//! locks and atomics from `loom_std`, which is named `std` here, and their h2 from `loom_h2`, which is
//! the h2 crate behind a lock of loom's. The rest is the model: a [`Tunnel`] whose parts run on
//! threads of loom, one each for its [`Handle`], its task, and the connection with its
//! [peer](Step).
//!
//! What loom does not see, the reference counts of `Arc` and this model's own books, decides
//! nothing.

#![deny(unsafe_code)]

extern crate loom_std as std;

// ===== hyper's files =====

#[path = "../../../../src/body"]
#[allow(dead_code)]
mod body {
    pub(crate) mod h2_stream;
}
#[path = "../../../../src/error/mod.rs"]
#[allow(dead_code)]
mod error;
#[path = "../../../../src/proto"]
#[allow(dead_code)]
mod proto {
    pub(crate) mod h2 {
        pub(crate) mod aside;
        pub(crate) mod failure;
        pub(crate) mod ledger;
        pub(crate) mod linger;
        pub(crate) mod piece;
        pub(crate) mod send_buf;
        pub(crate) mod transport;
        pub(crate) mod tunnel_reader;
        pub(crate) mod upgrade;
        pub(crate) mod waiting;
        pub(crate) mod waiting_writer;
        pub(crate) mod window;
        pub(crate) mod windowed_sender;
    }
    pub(crate) mod segments;
}
#[path = "../../../../src/rt/mod.rs"]
#[allow(dead_code, unused_imports)]
mod rt;
#[path = "../../../../src/trace/mod.rs"]
#[allow(dead_code, unused_imports, unexpected_cfgs)]
mod trace;
#[path = "../../../../src/upgrade"]
#[allow(dead_code)]
mod upgrade {
    pub(crate) mod held;
    pub(crate) mod tunnel;
}

use crate::error::{Error, Result};

// ===== the model =====

mod alarm;
mod frames;
mod handle;
mod interleavings;
mod peer;
mod side_channel;
mod socket;
mod threads;
mod tunnel;

pub use self::frames::Received;
pub use self::handle::Handle;
pub use self::interleavings::every_interleaving;
pub use self::peer::Step;
pub use self::threads::poll_once;
pub use self::tunnel::{Executor, Outcome, Tunnel};
pub use h2::Reason;
