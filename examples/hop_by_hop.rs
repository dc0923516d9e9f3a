//! What the proxies among the examples share: fields that are about one connection.

use hyper::header::{HeaderName, CONNECTION};
use hyper::HeaderMap;

/// Fields about the connection they came on, whether its `Connection` names them or not (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 7] = [
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Removes what is not to be passed on: `Connection`, what it names, and what goes without saying.
pub fn remove(headers: &mut HeaderMap) {
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
