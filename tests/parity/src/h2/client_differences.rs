//! What an HTTP/2 client does otherwise than hyper 1.12.0, on purpose.

use crate::differences::{Difference, How};

use super::scenario::ClientScenario;
use super::seen::{earlier_drops, ends_behind_trailers, plain_io_errors, same_credit, tunnel_errors};

pub const CLIENT: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§2.3-7",
        what: "an error of the transport may be another `io::Error` that says the same",
        how: How::Rewrites(|_, ours, published| plain_io_errors(ours) | plain_io_errors(published)),
    },
    Difference {
        id: "T46",
        what: "a body is let go of when it has given its last frame, though that waits for window",
        how: How::Rewrites(|_, ours, published| earlier_drops(ours, published)),
    },
    Difference {
        id: "T25",
        what: "the failure of a tunnel is repeated, with its kind, by write, flush and shutdown",
        how: How::Rewrites(|_, ours, published| tunnel_errors(ours, published)),
    },
    Difference {
        id: "§7.1-3",
        what: "behind trailers comes the end, whatever has become of the connection",
        how: How::Rewrites(|_, ours, published| ends_behind_trailers(ours, published)),
    },
    Difference {
        id: "§6.1-5",
        what: "credit is given back in one update or in two",
        how: How::Rewrites(|_, ours, published| same_credit(ours, published)),
    },
];
