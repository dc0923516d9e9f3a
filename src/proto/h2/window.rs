//! Sizes that flow control turns on.

/// The window a stream and a connection begin with where no setting says otherwise
/// (RFC 9113 §6.9.2).
pub(crate) const SPEC_WINDOW_SIZE: u32 = 65_535;

/// The largest window there is (RFC 9113 §6.9.1).
pub(crate) const MAX_WINDOW_SIZE: u32 = (1 << 31) - 1;

/// Panics where a window is out of range: h2 would put it into SETTINGS unchecked, for the peer to
/// end the connection.
pub(crate) fn assert_in_range(windows: [u32; 2]) {
    assert!(
        windows.iter().all(|window| *window <= MAX_WINDOW_SIZE),
        "a window must not exceed 2^31 - 1"
    );
}

/// The largest DATA payload that every peer must accept (RFC 9113 §4.2), and therefore the most
/// that waits for window in one piece.
pub(crate) const FRAME_SIZE: usize = 16_384;

/// How much received but unread DATA may cost in framing overhead, a connection, before h2 calls
/// it an attack: enough for some ten thousand one-byte frames, at a few megabytes of memory.
pub(crate) const DATA_FRAME_BUDGET: usize = 4 << 20;
