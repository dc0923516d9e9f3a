//! Lines of heads that a client writes otherwise.

use http::Version;

use super::plans::sends;
use crate::differences::{find, Difference, How};
use crate::edit::Edit;
use crate::h1::scenario::ClientScenario;
use crate::h1::seen::{members, value, without_empty_coding};

pub const HEADS: &[Difference<ClientScenario>] = &[
    Difference {
        id: "§4.7-9",
        what: "an empty `transfer-encoding` leaves no empty member",
        how: How::Edits(|_, lines| without_empty_coding(lines)),
    },
    Difference {
        id: "§4.7-2",
        what: "several lines of `transfer-encoding` become one",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "transfer-encoding")?;
            match value(lines.ours, "transfer-encoding") {
                Some(ours) if members(ours).starts_with(&members(published)) => Some(Edit::Replace),
                None if find(&lines.head.to_ascii_lowercase(), b"transfer-encoding").is_some() => {
                    Some(Edit::Remove)
                }
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.16",
        what: "a length that is never sent is 0",
        how: How::Edits(|scenario, lines| {
            let is_absent = sends(scenario, |plan| plan.body.is_absent());
            let published = value(lines.published, "content-length")?;
            match value(lines.ours, "content-length") {
                Some(b"0") if is_absent => Some(Edit::Replace),
                None if is_absent && published != b"0" => Some(Edit::Remove),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.15 illegal",
        what: "a `content-length` that is none is not written, and one that is repeated once",
        how: How::Edits(|_, lines| {
            let published = value(lines.published, "content-length")?;
            let is_number = !published.is_empty() && published.iter().all(u8::is_ascii_digit);
            let ours = value(lines.ours, "content-length");
            let is_repeated = find(lines.head, lines.published).is_some();
            match ours {
                Some(_) if !is_number => Some(Edit::Replace),
                None if !is_number || is_repeated => Some(Edit::Remove),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§5.1-2",
        what: "the `keep-alive` that is added for a server of HTTP/1.0 stands behind the caller's fields",
        how: How::Edits(|_, lines| {
            let added = |line: &[u8]| line.eq_ignore_ascii_case(b"connection: keep-alive\r\n");
            let has_others = find(&lines.head.to_ascii_lowercase(), b"connection: ").is_some();
            let is_old = lines.start.ends_with(b" HTTP/1.0\r\n") && has_others;
            match (added(lines.ours), added(lines.published)) {
                (true, false) if is_old => Some(Edit::Insert),
                (false, true) if is_old => Some(Edit::Remove),
                _ => None,
            }
        }),
    },
    Difference {
        id: "§8.14 keep-alive",
        what: "a request of HTTP/2 is one of 1.1 also where the server is of 1.0, and its length is told",
        how: How::Edits(|scenario, lines| {
            let due = sends(scenario, |plan| plan.version > Version::HTTP_11);
            let is_ours = value(lines.ours, "connection") == Some(b"keep-alive")
                || value(lines.ours, "content-length").is_some()
                    && value(lines.published, "content-length").is_none();
            (due && is_ours).then_some(Edit::Insert)
        }),
    },
];
