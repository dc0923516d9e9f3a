//! A connection's transport, held at arm's length from h2.
//!
//! h2 reads from and writes to a [`wire::Wire`], which is memory and never waits for anything but
//! room. A [`port::Port`] owns the transport and works both ends: it reads ahead for h2 in large
//! pieces, and writes what h2 has framed in large pieces, too. So the cost of a system call is
//! shared by many frames, h2 is instantiated once and not for each kind of transport, and it is
//! known to the byte what the socket has taken.
//!
//! What is on its way out stands in an [`outlet::Outlet`].

pub(crate) mod first_frame;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub(crate) mod outlet;
pub(crate) mod port;
pub(crate) mod sweeper;
pub(crate) mod wire;
