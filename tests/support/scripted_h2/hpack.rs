//! Field lines to header blocks and back (RFC 7541).
//!
//! Writing uses one representation only, a literal without indexing and without Huffman coding, so that a block is legal
//! whatever state the receiver's table is in. Reading is left to a crate, since hyper's `h2` uses all of HPACK.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

/// Literal header field without indexing, new name (RFC 7541, section 6.2.2).
const LITERAL_NEW_NAME: u8 = 0x00;
/// Largest value of a seven-bit prefix; from here on the length goes on in further bytes (section 5.1).
const PREFIX_MAX: usize = 0x7f;

/// Encodes field lines in the order given, pseudo-headers included.
pub fn encode(fields: &[(&str, &str)]) -> Bytes {
    let mut block = BytesMut::new();
    for (name, value) in fields {
        block.put_u8(LITERAL_NEW_NAME);
        put_string(&mut block, name);
        put_string(&mut block, value);
    }
    block.freeze()
}

fn put_string(block: &mut BytesMut, text: &str) {
    if text.len() < PREFIX_MAX {
        block.put_u8(text.len() as u8);
    } else {
        block.put_u8(PREFIX_MAX as u8);
        let mut rest = text.len() - PREFIX_MAX;
        while rest >= 0x80 {
            block.put_u8((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        block.put_u8(rest as u8);
    }
    block.put_slice(text.as_bytes());
}

/// Decodes the header blocks of one connection, in the order they came.
#[derive(Default)]
pub struct Decoder(loona_hpack::Decoder<'static>);

impl Decoder {
    /// # Panics
    ///
    /// If the block is malformed: what hyper sends must never be.
    pub fn decode(&mut self, block: &[u8]) -> Fields {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let lines = self
            .0
            .decode(block)
            .expect("hyper's header blocks are well-formed");
        Fields(
            lines
                .into_iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
        )
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoder")
    }
}

/// A decoded header block: names and values in the order received, pseudo-headers first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let line = self.0.iter().find(|(known, _)| known == name)?;
        Some(&line.1)
    }

    /// `:status`.
    ///
    /// # Panics
    ///
    /// If there is none: this is no response.
    pub fn status(&self) -> u16 {
        let status = self.get(":status").expect("a response has a status");
        status.parse().expect("a status is a number")
    }
}
