//! Who may use the proxy: Basic authentication (RFC 7617) in `Proxy-Authorization` (RFC 9110 section 11.7.2).
//!
//! Invariants:
//! - Passwords are not kept, only the SHA-256 of `user:password`.
//! - How long a check takes depends on how many credentials there are, not on what was guessed, nor on how much of it was right.

use std::fmt;
use std::sync::Arc;

use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use base64::{alphabet, Engine};
use hyper::header::PROXY_AUTHORIZATION;
use hyper::HeaderMap;
use ring::digest::{digest, SHA256, SHA256_OUTPUT_LEN};
use subtle::ConstantTimeEq;

#[cfg(test)]
mod tests;

/// Longest `user:password` that is looked at, in bytes.
const LONGEST: usize = 1024;

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Default)]
pub struct Credentials {
    known: Vec<Known>,
}

struct Known {
    user: Arc<str>,
    digest: [u8; SHA256_OUTPUT_LEN],
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody is asked.
    Anybody,
    User(Arc<str>),
}

impl Credentials {
    /// Adds `user:password`. The same user may be added with several passwords, to change one without an interruption.
    ///
    /// # Errors
    ///
    /// Text that RFC 7617 section 2 gives no meaning: without a colon or a user, with control characters, or too long.
    pub fn add(&mut self, text: &str) -> Result<(), &'static str> {
        let (user, _) = text.split_once(':').ok_or("must be USER:PASSWORD")?;
        if user.is_empty() {
            return Err("must have a user before the colon");
        }
        if text.chars().any(char::is_control) {
            return Err("must not have control characters");
        }
        if text.len() > LONGEST {
            return Err("must not be longer than 1024 bytes");
        }
        self.known.push(Known {
            user: user.into(),
            digest: hash(text.as_bytes()),
        });
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whose credentials a request carries; `None` where they are missing or wrong.
    pub fn check(&self, headers: &HeaderMap) -> Option<Who> {
        if self.is_empty() {
            return Some(Who::Anybody);
        }
        let mut values = headers.get_all(PROXY_AUTHORIZATION).iter();
        let (value, another) = (values.next()?, values.next());
        if another.is_some() {
            return None;
        }
        let given = hash(&decode(value.as_bytes())?);
        let mut found = None;
        for known in &self.known {
            if bool::from(known.digest.ct_eq(&given)) {
                found = Some(Who::User(Arc::clone(&known.user)));
            }
        }
        found
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.known.iter().map(|known| &known.user))
            .finish()
    }
}

impl Who {
    pub fn user(&self) -> Option<&str> {
        match self {
            Who::Anybody => None,
            Who::User(user) => Some(user),
        }
    }
}

/// `user:password` out of the field's value. Schemes are told apart without regard to case (RFC 9110 section 11.1).
fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, token) = value.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") || token.len() > LONGEST * 2 {
        return None;
    }
    BASE64.decode(token.trim_ascii()).ok()
}

fn hash(text: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let digest = digest(&SHA256, text);
    digest
        .as_ref()
        .try_into()
        .expect("SHA-256 has as many bytes as it has")
}
