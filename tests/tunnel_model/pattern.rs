//! Bytes that tell which stream they belong to, and where in it.

use std::sync::LazyLock;

/// Most bytes [`bytes_at`] gives at once.
pub const MOST: usize = 1 << 20;

/// Prime, so that neither frames nor buffers repeat it in step.
const PERIOD: usize = 65_521;

static BLOCK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state: u32 = 1;
    let mut block: Vec<u8> = Vec::with_capacity(PERIOD + MOST);
    block.extend((0..PERIOD).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    while block.len() < PERIOD + MOST {
        let more = PERIOD.min(PERIOD + MOST - block.len());
        block.extend_from_within(..more);
    }
    block
});

/// Makes the pattern, so that its memory is nobody's cost.
pub fn prepare() {
    LazyLock::force(&BLOCK);
}

/// The `len` bytes from offset `at` on that a stream carries in one direction; `seed` tells streams and directions apart.
pub fn bytes_at(seed: u32, at: usize, len: usize) -> &'static [u8] {
    let start = (at + seed as usize * 7_919) % PERIOD;
    &BLOCK[start..][..len]
}

/// Seed of what hyper sends on `stream`.
pub fn from_hyper(stream: u32) -> u32 {
    2 * stream
}

/// Seed of what the peer sends on `stream`.
pub fn from_peer(stream: u32) -> u32 {
    2 * stream + 1
}
