//! The reason phrase of an HTTP/1 response.
//!
//! Invariant: a [`ReasonPhrase`] holds only bytes the grammar allows, so it can be written into a
//! status line as it is; there is no way to smuggle a line break into a head with it.

use std::fmt;

use bytes::Bytes;

/// The reason phrase in the status line of an HTTP/1 response (RFC 9112, section 4).
///
/// - A client finds it in the extensions of a response whose phrase is not the usual one for its
///   status code. An absent phrase is found as an empty one.
/// - A server writes it, if it is in the extensions of a response, in place of the usual one.
///
/// HTTP/2 has no reason phrases and ignores it. Clients are advised to ignore its content (RFC
/// 9112, section 4), which need not be UTF-8.
///
/// # Example
///
/// ```
/// use hyper::ext::ReasonPhrase;
///
/// const OUT_OF_TEA: ReasonPhrase = ReasonPhrase::from_static(b"Out Of Tea");
///
/// let phrase = ReasonPhrase::try_from("Out Of Tea".to_owned()).unwrap();
/// assert_eq!(phrase, OUT_OF_TEA);
/// assert!(ReasonPhrase::try_from(&b"two\r\nlines"[..]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReasonPhrase(Bytes);

impl ReasonPhrase {
    /// The phrase as it stands in the status line.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A phrase known at compile time.
    ///
    /// # Panics
    ///
    /// If a byte is not allowed. In a `const`, that is an error at compile time.
    pub const fn from_static(reason: &'static [u8]) -> Self {
        if first_invalid(reason).is_some() {
            panic!("invalid byte in static reason phrase");
        }
        ReasonPhrase(Bytes::from_static(reason))
    }
}

/// A byte that no reason phrase may contain.
#[derive(Debug)]
pub struct InvalidReasonPhrase {
    byte: u8,
}

impl fmt::Display for InvalidReasonPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid byte in reason phrase: {}", self.byte)
    }
}

impl std::error::Error for InvalidReasonPhrase {}

/// `HTAB / SP / VCHAR / obs-text` (RFC 9112, section 4).
const fn is_allowed(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ' | 0x21..=0x7E | 0x80..=0xFF)
}

const fn first_invalid(reason: &[u8]) -> Option<u8> {
    let mut i = 0;
    while i < reason.len() {
        if !is_allowed(reason[i]) {
            return Some(reason[i]);
        }
        i += 1;
    }
    None
}

fn validate(reason: &[u8]) -> Result<(), InvalidReasonPhrase> {
    match first_invalid(reason) {
        Some(byte) => Err(InvalidReasonPhrase { byte }),
        None => Ok(()),
    }
}

impl TryFrom<&[u8]> for ReasonPhrase {
    type Error = InvalidReasonPhrase;

    fn try_from(reason: &[u8]) -> Result<Self, Self::Error> {
        validate(reason)?;
        Ok(ReasonPhrase(Bytes::copy_from_slice(reason)))
    }
}

impl TryFrom<Vec<u8>> for ReasonPhrase {
    type Error = InvalidReasonPhrase;

    fn try_from(reason: Vec<u8>) -> Result<Self, Self::Error> {
        Bytes::from(reason).try_into()
    }
}

impl TryFrom<String> for ReasonPhrase {
    type Error = InvalidReasonPhrase;

    fn try_from(reason: String) -> Result<Self, Self::Error> {
        Bytes::from(reason).try_into()
    }
}

impl TryFrom<Bytes> for ReasonPhrase {
    type Error = InvalidReasonPhrase;

    fn try_from(reason: Bytes) -> Result<Self, Self::Error> {
        validate(&reason)?;
        Ok(ReasonPhrase(reason))
    }
}

impl From<ReasonPhrase> for Bytes {
    fn from(reason: ReasonPhrase) -> Self {
        reason.0
    }
}

impl AsRef<[u8]> for ReasonPhrase {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
