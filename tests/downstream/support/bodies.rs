//! Bodies of one type, and what to do with those that come.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub type Body = BoxBody<Bytes, BoxError>;

/// A body of known length.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

/// All data of `body`. Panics where it fails.
pub async fn collect<B>(body: B) -> Bytes
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    body.collect().await.expect("a body to its end").to_bytes()
}

/// All data of `body`, which is UTF-8.
pub async fn text<B>(body: B) -> String
where
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    String::from_utf8(collect(body).await.to_vec()).expect("text")
}

/// `length` bytes which differ from one place to the next, also between places 2^8 and 2^16 apart.
pub fn pattern(length: usize) -> Bytes {
    (0..length)
        .map(|place| (place ^ place >> 8 ^ place >> 16) as u8)
        .collect()
}
