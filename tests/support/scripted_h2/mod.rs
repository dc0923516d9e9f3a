//! HTTP/2 peers that share no code with the crate under test.
//!
//! - [`RawPeer`] speaks in [`Frame`]s and does only what it is told: for all that depends on a single frame or an exact grant.
//! - [`H2Peer`] is the `h2` crate, as client and as server: for throughput and for ordinary manners.

mod expectations;
mod frame;
mod h2_peer;
mod hpack;
mod peer_settings;
mod raw_peer;

pub use self::frame::{setting, Frame, PREFACE};
pub use self::h2_peer::{receive, receive_to_end, send_all, H2Peer, H2Stream};
pub use self::hpack::{encode, Decoder, Fields};
pub use self::peer_settings::PeerSettings;
pub use self::raw_peer::RawPeer;
