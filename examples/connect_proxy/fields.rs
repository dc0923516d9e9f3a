//! Fields that are about one connection, and what a proxy says about itself.

use hyper::header::{HeaderValue, COOKIE, VIA};
use hyper::{HeaderMap, Version};

use crate::hop_by_hop;

#[cfg(test)]
mod tests;

/// Removes what is not to be passed on.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    hop_by_hop::remove(headers);
    // Between a client and this proxy, too (RFC 9110 section 11.7.3).
    headers.remove("proxy-authentication-info");
}

/// Says that somebody stands between (RFC 9110 section 7.6.3).
pub fn add_via(received: Version, headers: &mut HeaderMap) {
    let via = match received {
        Version::HTTP_10 => "1.0 connect_proxy",
        Version::HTTP_2 => "2.0 connect_proxy",
        _ => "1.1 connect_proxy",
    };
    headers.append(VIA, HeaderValue::from_static(via));
}

/// Makes one field of the several that HTTP/2 may split cookies into (RFC 9113 section 8.2.3).
pub fn join_cookies(headers: &mut HeaderMap) {
    let mut parts = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let (Some(first), Some(second)) = (parts.next(), parts.next()) else {
        return;
    };
    let mut joined = first.to_vec();
    for part in [second].into_iter().chain(parts) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(part);
    }
    let joined = HeaderValue::from_bytes(&joined);
    headers.insert(
        COOKIE,
        joined.expect("values joined by a value's characters are one"),
    );
}
