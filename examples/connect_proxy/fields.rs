//! Fields that are about one connection, and what a proxy says about itself.

use hyper::header::{HeaderName, HeaderValue, CONNECTION, COOKIE, VIA};
use hyper::{HeaderMap, Version};

#[cfg(test)]
mod tests;

/// Fields about the connection they came on, whether its `Connection` names them or not (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Removes what is not to be passed on.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<_> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    headers.remove(CONNECTION);
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
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
