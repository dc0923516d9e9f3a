//! How every socket is set up, in both processes.

use std::io;
use std::os::fd::AsFd;

use nix::sys::socket::{setsockopt, sockopt};

use crate::load::Pace;

/// What a slow reader lets the kernel hold for it: little, so that the proxy soon feels the reader's pace.
const SLOW_RECEIVE_BUFFER: usize = 128 << 10;

/// For a listener: what its connections inherit. For a connection: all it needs.
///
/// No Nagle, as a proxy has it. And a congestion control that does not pace: where the system's own does, as
/// BBR, a row's speed on loopback depends for seconds on what the kernel happened to estimate at first.
pub fn prepare(socket: &impl AsFd) -> io::Result<()> {
    setsockopt(socket, sockopt::TcpNoDelay, &true)?;
    #[cfg(target_os = "linux")]
    setsockopt(socket, sockopt::TcpCongestion, &"reno".into())?;
    Ok(())
}

/// For a client's connection, besides.
pub fn pace(socket: &impl AsFd, pace: Pace) -> io::Result<()> {
    match pace {
        Pace::Full => Ok(()),
        Pace::PerFrame(_) | Pace::PerChunk(_) => {
            Ok(setsockopt(socket, sockopt::RcvBuf, &SLOW_RECEIVE_BUFFER)?)
        }
    }
}
