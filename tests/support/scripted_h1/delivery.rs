//! In what pieces bytes arrive.

/// How a message is cut into the pieces hyper gets to read, one at a time, each only when it has come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    Dripped,
    /// In two pieces, the first of so many bytes.
    SplitAt(usize),
}

impl Delivery {
    /// The two extremes: what holds for both seldom depends on the cut.
    pub const EXTREMES: [Delivery; 2] = [Delivery::Whole, Delivery::Dripped];

    /// Both extremes and every cut in two of a message of `len` bytes.
    pub fn all(len: usize) -> impl Iterator<Item = Delivery> {
        Self::EXTREMES
            .into_iter()
            .chain((1..len).map(Delivery::SplitAt))
    }

    pub(super) fn pieces(self, bytes: &[u8]) -> Vec<&[u8]> {
        match self {
            Delivery::Whole => vec![bytes],
            Delivery::Dripped => bytes.chunks(1).collect(),
            Delivery::SplitAt(at) => {
                let (first, second) = bytes.split_at(at);
                vec![first, second]
            }
        }
    }
}
