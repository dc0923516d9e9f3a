//! Bytes that tell where they belong, so that a loss, a repeat or a swap shows.

/// Prime, so that neither frames nor buffers repeat it in step.
const PERIOD: usize = 65_521;

/// Most bytes [`bytes_at`] gives at once.
pub const MOST: usize = 64 * 1024;

static BLOCK: [u8; PERIOD + MOST] = block();

const fn block() -> [u8; PERIOD + MOST] {
    let mut block = [0; PERIOD + MOST];
    let mut state: u32 = 1;
    let mut at = 0;
    while at < block.len() {
        if at < PERIOD {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            block[at] = (state >> 24) as u8;
        } else {
            block[at] = block[at - PERIOD];
        }
        at += 1;
    }
    block
}

/// `len` bytes of the pattern from offset `at` on.
pub fn bytes_at(at: usize, len: usize) -> &'static [u8] {
    &BLOCK[at % PERIOD..][..len]
}

/// Checks what arrives against the pattern.
#[derive(Debug, Default)]
pub struct Arrived(usize);

impl Arrived {
    /// Takes the next bytes that arrived.
    ///
    /// # Panics
    ///
    /// If they are not the pattern's next.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(MOST) {
            assert!(
                piece == bytes_at(self.0, piece.len()),
                "a wrong byte within {} of offset {}",
                piece.len(),
                self.0
            );
            self.0 += piece.len();
        }
    }

    pub fn len(&self) -> usize {
        self.0
    }
}
