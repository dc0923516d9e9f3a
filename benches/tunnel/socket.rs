//! How every socket is set up, in both processes.

use std::io;
use std::os::fd::AsFd;

/// For a listener: what its connections inherit. For a connection: all it needs.
///
/// No Nagle, as a proxy has it. And a congestion control that does not pace: where the system's own does, as
/// BBR, a row's speed on loopback depends for seconds on what the kernel happened to estimate at first.
pub fn prepare(socket: &impl AsFd) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};

    setsockopt(socket, sockopt::TcpNoDelay, &true)?;
    #[cfg(target_os = "linux")]
    setsockopt(socket, sockopt::TcpCongestion, &"reno".into())?;
    Ok(())
}
