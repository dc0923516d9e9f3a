//! The byte stream of a tunnel, and the fingerprint by which its two ends are compared.

use twox_hash::XxHash3_128;

/// Fills `buffer` with the bytes of stream `tunnel` from `position` on.
///
/// Every eight bytes are a function of their position, so bytes that are lost, doubled or swapped
/// show in the hash. `position` must be a multiple of 8.
pub fn fill(buffer: &mut [u8], tunnel: usize, position: u64) {
    debug_assert_eq!(position % 8, 0);
    let stream = (tunnel as u64) << 48;
    for (word, index) in buffer.chunks_mut(8).zip(position / 8..) {
        let bytes = scatter(stream ^ index).to_le_bytes();
        word.copy_from_slice(&bytes[..word.len()]);
    }
}

/// The finalizer of SplitMix64.
fn scatter(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Length and XXH3-128 of a byte stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    pub bytes: u64,
    pub hash: u128,
}

pub struct Digest {
    bytes: u64,
    hasher: XxHash3_128,
}

impl Digest {
    pub fn new() -> Digest {
        Digest {
            bytes: 0,
            hasher: XxHash3_128::new(),
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hasher.write(bytes);
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            bytes: self.bytes,
            hash: self.hasher.finish_128(),
        }
    }
}
