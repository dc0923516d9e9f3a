//! What a peer announces when the connection opens.

use super::setting;

/// Flow-control window of a connection, and of a stream without SETTINGS, in bytes (RFC 9113, section 6.9.2).
const SPEC_WINDOW: u32 = 65_535;

/// How a peer opens its connection. The default announces nothing: HTTP/2's own defaults hold.
#[derive(Clone, Copy, Debug)]
pub struct PeerSettings {
    /// Window hyper has for each new stream, in bytes; may be 0.
    pub stream_window: u32,
    /// Window hyper has for the whole connection, in bytes. HTTP/2 starts it at 65 535, it can only be raised; for less, let
    /// another stream use it up.
    pub connection_window: u32,
    /// Largest frame payload hyper may send, in bytes.
    pub max_frame_size: Option<u32>,
    /// Streams hyper may have open (as a client).
    pub max_concurrent_streams: Option<u32>,
    /// Whether, as a server, it takes extended CONNECT (RFC 8441).
    pub enable_connect_protocol: bool,
}

impl Default for PeerSettings {
    fn default() -> Self {
        PeerSettings {
            stream_window: SPEC_WINDOW,
            connection_window: SPEC_WINDOW,
            max_frame_size: None,
            max_concurrent_streams: None,
            enable_connect_protocol: false,
        }
    }
}

impl PeerSettings {
    /// The SETTINGS frame's entries.
    pub(super) fn entries(&self) -> Vec<(u16, u32)> {
        let mut entries = Vec::new();
        if self.stream_window != SPEC_WINDOW {
            entries.push((setting::INITIAL_WINDOW_SIZE, self.stream_window));
        }
        if let Some(size) = self.max_frame_size {
            entries.push((setting::MAX_FRAME_SIZE, size));
        }
        if let Some(streams) = self.max_concurrent_streams {
            entries.push((setting::MAX_CONCURRENT_STREAMS, streams));
        }
        if self.enable_connect_protocol {
            entries.push((setting::ENABLE_CONNECT_PROTOCOL, 1));
        }
        entries
    }

    /// What a WINDOW_UPDATE has to add to the connection's window.
    pub(super) fn connection_increment(&self) -> u32 {
        self.connection_window
            .checked_sub(SPEC_WINDOW)
            .expect("a connection's window starts at 65,535 bytes and cannot be lowered")
    }
}
